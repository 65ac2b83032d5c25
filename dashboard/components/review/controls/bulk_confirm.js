/** Bulk confirmation: dialogs that show the number of images before one decision about all of them. */

import { stateSentence } from "../state/pool_state.js";
import { correctionText, isGivenRun } from "../images/given_labels.js";
import { describe, toFilter } from "../state/query.js";
import { openDialog } from "./dialogs.js";
import { formatNumber, formatPercent, make } from "./dom.js";

/** Largest share of a class under the cap, as a multiple of its share of the labeled images. */
const CLASS_CAP = 2;
const VERBS = { accept: "Accept", reject: "Reject", none: "Mark as none of the classes:", skip: "Skip", unsure: "Mark as unsure:" };
const ONE_DECISION = "This is one decision; one undo takes it back.";

export class BulkConfirm {
  /** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, classes: string[],
   *   cardPage: import("../state/card_page.js").CardPage, commands: import("../sync/commands.js").Commands,
   *   threshold: import("../threshold/threshold_panel.js").ThresholdPanel}} parts */
  constructor({ root, api, classes, cardPage, commands, threshold }) {
    this.root = root;
    this.api = api;
    this.classes = classes;
    this.cardPage = cardPage;
    this.commands = commands;
    this.threshold = threshold;
  }

  /** Ask before accepting everything that the threshold keeps; with a cap on classes the server counts again. */
  async bulkAccept() {
    await this.commands.outbox.flush();
    await this.threshold.load();
    const { pair } = this.threshold;
    const { rule, params } = pair.rule;
    let counted = await this.api.count({ rule, ...params });
    const [{ bulk_note: note }, check] = await Promise.all([this.api.live(), this.api.poolCheck()]);
    const problem = make("p.problem", { role: "alert", hidden: true });
    const cap = make("input", { type: "checkbox", onchange: () => countAgain() });
    const withCap = () => (cap.checked ? { ...params, class_cap: CLASS_CAP } : params);
    const accept = make("button.primary", { autofocus: true, onclick: () => { box.close(); this.commands.bulkAccept(rule, withCap(), counted.count); this.threshold.toggle(false); } });
    const warning = correctionWarning();
    const show = () => {
      const { count } = counted;
      warning.show("accept", counted);
      box.querySelector("h2").textContent = `Accept ${formatNumber(count)} images?`;
      box.setAttribute("aria-label", `Accept ${formatNumber(count)} images?`);
      accept.textContent = `Accept ${formatNumber(count)}`;
      accept.disabled = !count;
    };
    const countAgain = async () => {
      accept.disabled = true; // nothing is accepted without its number
      accept.textContent = "Counting …";
      const isCapped = cap.checked;
      try {
        const found = await this.api.count({ rule, ...withCap() });
        if (isCapped !== cap.checked) return;
        counted = found;
        problem.hidden = true;
        show();
      } catch (error) {
        Object.assign(problem, { hidden: false, textContent: error.message });
      }
    };
    const box = openDialog(this.root, "", [
      make("p", {}, `Every undecided image with ${keptText(pair)} takes the label that the model suggests. ${ONE_DECISION}`),
      make("p", {}, "Estimated error: ", make("b", {}, errorText(pair.counts)), ". This is an estimate at this threshold, not a guarantee."),
      warning.element, make("p", {}, make("b", {}, stateSentence(check))),
      ...(note ? [make("p", {}, note)] : []),
      make("label.check", {}, cap, "Cap each class at twice its share of the labeled images: its least confident images stay undecided."), problem,
    ], (close) => [make("button", { onclick: close }, "Cancel"), accept]);
    show();
  }

  /** Ask before accepting everything above the threshold of its class. @param {any} params of the rule */
  async bulkAcceptPerClass(params) {
    await this.commands.outbox.flush();
    const counted = await this.api.count({ rule: "per_class_threshold", ...params }), { count } = counted;
    const numOwn = formatNumber(Object.keys(params.thresholds).length);
    const check = await this.api.poolCheck();
    openDialog(this.root, `Accept ${formatNumber(count)} images?`, [
      make("p", {}, `Every undecided image at or above the threshold of its suggested class (${numOwn} of their own, ${params.threshold.toFixed(3)} for the others). ${ONE_DECISION}`),
      correctionWarning("accept", counted).element, make("p", {}, make("b", {}, stateSentence(check))),
    ], (close) => [
      make("button", { onclick: close }, "Cancel"),
      make("button.primary", { autofocus: true, disabled: !count, onclick: () => { close(); this.commands.bulkAccept("per_class_threshold", params, count); this.threshold.toggle(false); } },
        `Accept ${formatNumber(count)}`),
    ]);
  }

  /** Count the given labels that one class for what the filter matches would change. @param {number | undefined} label @param {boolean} isOpenOnly */
  async _corrections(label, isOpenOnly) {
    if (!isGivenRun()) return { count: 0, corrected: 0 };
    return this.api.count({ filter: toFilter(this.cardPage.query), only_open: isOpenOnly, ...(label === undefined ? {} : { label }) });
  }

  /** Ask before one verdict on everything that the filter matches. @param {string} verdict @param {number} [label] */
  async decideFilter(verdict, label) {
    if (verdict === "relabel" && (label === undefined || label >= this.classes.length)) return;
    await this.commands.outbox.flush();
    await this.cardPage.recount();
    const { matching, open, query } = this.cardPage;
    const verb = verdict === "relabel" ? `Label as ${this.classes[label]}:` : VERBS[verdict];
    const decided = matching - open;
    const overruled = decided ? [make("p", {}, make("b", {}, formatNumber(decided)), " of them are already decided; a verdict on all overrules these decisions.")] : [];
    const button = (count, isOpenOnly, text, isFirst) => (close) =>
      make(isFirst ? "button.primary" : "button", { autofocus: isFirst, onclick: () => { close(); this.commands.decideFilter(verdict, label, count, isOpenOnly); } }, text);
    const buttons = [
      ...(decided ? [button(matching, false, `All ${formatNumber(matching)}`, !open)] : []),
      ...(open ? [button(open, true, decided ? `Only the ${formatNumber(open)} undecided` : `${verb} ${formatNumber(open)}`, true)] : []),
    ];
    openDialog(this.root, `${verb} ${formatNumber(matching)} images?`, [
      make("p", {}, "All images that the filter matches, on all pages: ", make("b", {}, describe(query, this.classes)), "."), ...overruled,
      correctionWarning(verdict, await this._corrections(label, open > 0)).element,
      make("p", {}, ONE_DECISION),
    ], (close) => [make("button", { onclick: close }, "Cancel"), ...buttons.map((made) => made(close))]);
  }
}

/** A sentence about given labels that a bulk decision would change; hidden where it changes none.
 * @param {string} [verdict] @param {{count: number, corrected: number}} [counted] */
function correctionWarning(verdict, counted) {
  const text = make("b"), element = make("p.correction-warning", { hidden: true }, text);
  const show = (what, found) => {
    text.textContent = correctionText(what, found);
    element.hidden = !text.textContent;
  };
  if (verdict && counted) show(verdict, counted);
  return { element, show };
}

/** What the threshold keeps. @param {import("../threshold/threshold_pair.js").ThresholdPair} pair */
function keptText({ data, value, isBelow }) {
  return `${data.score} ${isBelow ? "at most" : "at least"} ${value.toFixed(3)}`;
}

/** @param {{error: number, low: number, high: number, n: number}} counts of the calibration items that are kept */
function errorText({ error, low, high, n }) {
  return n ? `${formatPercent(error)} [${formatPercent(low)}, ${formatPercent(high)}], from ${formatNumber(n)} calibration items`
    : "unknown: no calibration item is kept";
}
