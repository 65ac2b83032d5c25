/** Target error: a slider that moves the threshold to where the guarantee holds. A threshold moved otherwise has none. */

import { make, number, percent } from "../controls/dom.js";

/** @typedef {{num_calibration: number, cuts: {target: number, threshold: number|null, kept: number}[]}} Targets */

const HOW = "Slide it: the threshold moves to where at most this share of the accepted images is wrong, on average over draws.";
const STALE = "The undecided images have changed since: slide again for a guarantee.";
const OTHER_SCORE = "It moves the threshold on confidence: choose that score to slide.";
const LIMIT = "Over draws, not for each one: only an audit certifies this one.";

export class TargetError {
  /** @param {{api: import("../sync/api.js").Api, onMove: (value: number) => void, onRelease: () => void}} options */
  constructor(options) {
    this.options = options;
    const load = () => this._targets().catch(() => {});
    this.input = make("input", {
      type: "range", min: "0.5", max: "20", step: "0.5", value: "5", "aria-label": "Target error, percent",
      onpointerenter: load, onfocus: load, oninput: () => this._slide(), onchange: () => this._slide(true),
    });
    this.number = make("output", {}, "–");
    this.text = make("p", {}, HOW);
    this.element = make("div.target-error", {},
      make("label.menu", {}, make("span", {}, "Target error"), this.input), this.number, this.text);
  }

  /** The guarantee no longer holds: the threshold or the open images have changed. @param {boolean} isStale ask the server again */
  clear(isStale = false) {
    if (isStale) this.targets = null;
    if (this.threshold === undefined) return;
    this.threshold = undefined;
    this._say("–", isStale ? STALE : HOW);
  }

  /** The threshold is at another value. @param {string} score @param {number} value */
  thresholdMoved(score, value) {
    const isOther = score !== "confidence";
    if (isOther !== this.input.disabled) {
      this.input.disabled = isOther;
      this.threshold = undefined;
      this._say("–", isOther ? OTHER_SCORE : HOW);
    }
    if (this.threshold && Math.abs(value - this.threshold) >= 1e-6) this.clear();
  }

  async _slide(isLast = false) {
    const request = this._targets();
    const targets = await request.catch(() => null);
    if (request !== this.targets) return; // the open images have changed while the server answered
    const found = targets?.cuts.find(({ target }) => Math.abs(100 * target - Number(this.input.value)) < 1e-6);
    if (!found) return;
    this._show(found, number(targets.num_calibration));
    if (isLast && found.threshold !== null) this.options.onRelease();
  }

  _show({ target, threshold, kept }, count) {
    this.threshold = threshold;
    const text = percent(target);
    this.input.setAttribute("aria-valuetext", text);
    if (threshold === null) {
      this._say(text, `No threshold guarantees this with ${count} calibration items: take a larger error, or audit what you accept.`);
      return;
    }
    this.options.onMove(threshold);
    this._say(text, make("b", {}, `Of the ${number(kept)} open images it accepts, at most ${text} are wrong, on average.`), ` ${LIMIT}`);
  }

  /** @returns {Promise<Targets>} */
  _targets() {
    this.targets ??= this.options.api.targets().catch((error) => { this.targets = null; this._say("–", error.message); throw error; });
    return this.targets;
  }

  _say(value, ...text) {
    this.number.textContent = value;
    this.text.replaceChildren(...text);
  }
}
