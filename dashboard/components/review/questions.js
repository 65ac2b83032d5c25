/** Questions before a decision about many images: each spells out the number as it is once everything so far is saved. */

import { describe } from "./filters.js";
import { askAll, askBulk, askClasses } from "./panel.js";

export class Questions {
  /** @param {{root: ShadowRoot, classes: string[], deck: import("./deck.js").Deck, hand: import("./hand.js").Hand,
   *   line: import("./line.js").Line}} options */
  constructor(options) {
    Object.assign(this, options);
  }

  /** Everything that the line keeps. */
  async rule() {
    await this.hand.outbox.flush();
    await this.line.load();
    const { facts } = this.line.histogram;
    askBulk(this.root, facts, (isCapped) => (isCapped
      ? this.hand.decideRule(facts.rule, { ...facts.params, class_cap: 2 }, null) // only the server knows the number then
      : this.hand.decideRule(facts.rule, facts.params, facts.open)));
  }

  /** Everything above the line of its class. @param {object} params of the rule @param {number|null} count */
  async perClass(params, count) {
    await this.hand.outbox.flush();
    askClasses(this.root, params, count, () => this.hand.decideRule("per_class_threshold", params, count));
  }

  /** Everything that the filter matches. @param {string} verdict @param {number} [label] */
  async all(verdict, label) {
    if (verdict === "relabel" && (label === undefined || label >= this.classes.length)) return;
    await this.hand.outbox.flush();
    await this.deck.recount();
    const { matching, open, query } = this.deck;
    askAll(this.root, { verdict, name: this.classes[label], matching, open, filter: describe(query, this.classes) },
      (count, isOpenOnly) => this.hand.decideFilter(verdict, label, count, isOpenOnly));
  }
}
