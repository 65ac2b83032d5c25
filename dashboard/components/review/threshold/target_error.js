/** Target error: a slider that sets the threshold with a guarantee; moving the threshold ends it. */

import { formatNumber, formatPercent, make, makeMenu } from "../controls/dom.js";
import { calibrationLink, classMixSentences, isClassMix, targetSentences } from "../state/pool_state.js";

/** @typedef {{num_calibration: number, state: string, reason: string, cuts: {target: number, threshold: number|null}[]}} Targets */

const HOW = "Sets the threshold so that at most this share of the accepted images is wrong, on average over draws.";
const STALE = "The undecided images have changed. Set the target error again for a guarantee.";
const GUARANTEES = [["conformal", "on average"], ["class-mix", "by class mix, approximate"]];
const OTHER_SCORE = "The target error sets a threshold on confidence. Choose that score first.";

export class TargetError {
  /** @param {{api: import("../sync/api.js").Api, onMove: (value: number) => void, onRelease: () => void}} options */
  constructor(options) {
    this.options = options;
    this.guarantee = "conformal";
    const load = () => {
      this._targets().catch(() => {});
      this.options.api.poolCheck().then((check) => this._offer(check));
    };
    this.kind = makeMenu("It holds", GUARANTEES, this.guarantee, (guarantee) => this._hold(guarantee));
    this.kind.hidden = true;
    this.input = make("input", {
      type: "range", min: "0.5", max: "20", step: "0.5", value: "5", "aria-label": "Target error, percent",
      onpointerenter: load, onfocus: load, oninput: () => this._slide(), onchange: () => this._slide(true),
    });
    this.number = make("output", {}, "–");
    this.text = make("p", {}, HOW);
    this.element = make("div.target-error", {},
      make("label.menu", {}, make("span", {}, "Target error"), this.input), this.number, this.kind, this.text);
  }

  /** Say which target error the threshold began with. @param {number} target share of wrong labels @param {number} threshold on confidence */
  begin(target, threshold) {
    const text = formatPercent(target);
    this.threshold = threshold;
    this.input.value = String(100 * target);
    this.input.setAttribute("aria-valuetext", text);
    this._say(text);
    this.options.api.poolCheck().then((check) => {
      this._offer(check);
      if (this.threshold !== threshold || this.number.textContent !== text) return; // it was moved while the server answered
      const [meaning, limit] = targetSentences(check, text);
      this._say(text, make("b", {}, meaning), ` ${limit} `, ...calibrationLink(check));
    });
  }

  /** Remove the guarantee, because the threshold or the open images have changed. @param {boolean} isStale ask the server again */
  clear(isStale = false) {
    if (isStale) this.targets = null;
    if (this.threshold === undefined) return;
    this.threshold = undefined;
    this._say("–", isStale ? STALE : HOW);
  }

  /** Follow the threshold to another value. @param {string} score @param {number} value */
  thresholdMoved(score, value) {
    const isOther = score !== "confidence";
    if (isOther !== this.input.disabled) {
      this.input.disabled = isOther;
      this.threshold = undefined;
      this._say("–", isOther ? OTHER_SCORE : HOW);
    }
    if (this.threshold && Math.abs(value - this.threshold) >= 1e-6) this.clear();
  }

  /** Offer weights by class mix where the mix alone explains the difference. */
  _offer(check) {
    this.kind.hidden = !isClassMix(check) && this.guarantee === "conformal";
    this.element.classList.toggle("by-mix", !this.kind.hidden);
  }

  _hold(guarantee) {
    this.guarantee = guarantee;
    this.targets = null;
    this._slide(true);
  }

  async _slide(isLast = false) {
    const request = this._targets();
    const targets = await request.catch(() => null);
    const check = await this.options.api.poolCheck();
    if (request !== this.targets) return; // the open images have changed while the server answered
    const found = targets?.cuts.find(({ target }) => Math.abs(100 * target - Number(this.input.value)) < 1e-6);
    if (!found) return;
    this._offer(check);
    this._show(found, targets, check);
    if (isLast && found.threshold !== null) this.options.onRelease();
  }

  _show({ target, threshold }, targets, check) {
    this.threshold = threshold;
    const text = formatPercent(target);
    this.input.setAttribute("aria-valuetext", text);
    if (threshold === null) {
      this._say(text, `No threshold guarantees this with ${formatNumber(targets.num_calibration)} calibration items. Set a larger target error, or audit a selection.`);
      return;
    }
    this.options.onMove(threshold);
    const isWeighted = this.guarantee === "class-mix";
    const [meaning, limit] = isWeighted ? classMixSentences(targets, text) : targetSentences(check, text);
    this._say(text, make("b", {}, meaning), ` ${limit} `, ...calibrationLink(check));
  }

  /** @returns {Promise<Targets>} */
  _targets() {
    this.targets ??= this.options.api.targets(this.guarantee).catch((error) => { this.targets = null; this._say("–", error.message); throw error; });
    return this.targets;
  }

  _say(value, ...text) {
    this.number.textContent = value;
    this.text.replaceChildren(...text);
  }
}
