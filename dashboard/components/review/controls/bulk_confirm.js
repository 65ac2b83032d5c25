/** Questions before a decision about many images: each spells out the number as it is once everything so far is saved. */

import { describe } from "../state/query.js";
import { askAll, askBulk, askClasses } from "./dialogs.js";
import { showHistory } from "./history_dialog.js";

const CAP = 2;
/** Decisions that the history lists; the oldest of a long log are found by filter or on the command line. */
const LISTED = 1000;

export class Questions {
  /** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, run: string, classes: string[], deck: import("../state/card_page.js").Deck,
   *   hand: import("../sync/commands.js").Hand, line: import("../threshold/threshold_panel.js").Line, reviewer: import("../state/reviewer.js").Reviewer}} options */
  constructor({ root, api, run, classes, deck, hand, line, reviewer }) {
    this.root = root;
    this.api = api;
    this.run = run;
    this.classes = classes;
    this.deck = deck;
    this.hand = hand;
    this.line = line;
    this.reviewer = reviewer;
  }

  /** Everything that the line keeps; with a cap on each class the server is asked for the number. */
  async rule() {
    await this.hand.outbox.flush();
    await this.line.load();
    const { facts } = this.line.histogram;
    const params = (isCapped) => (isCapped ? { ...facts.params, class_cap: CAP } : facts.params);
    const count = (isCapped) => this.api.count(this.run, facts.rule, params(isCapped));
    askBulk(this.root, facts, await count(false), count, (isCapped, number) => this.hand.decideRule(facts.rule, params(isCapped), number));
  }

  /** Everything above the line of its class. @param {object} params of the rule */
  async perClass(params) {
    await this.hand.outbox.flush();
    const count = await this.api.count(this.run, "per_class_threshold", params);
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

  /** Every line of the log, each with a way to take it back. */
  async history() {
    await this.hand.outbox.flush();
    const { decisions } = await this.api.history(LISTED);
    showHistory(this.root, decisions, { classes: this.classes, reviewer: this.reviewer.name, onTakeBack: (decision) => this.hand.takeBack(decision) });
  }
}
