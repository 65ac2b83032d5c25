/** The error one can live with: slide it and the line moves to where the promise holds; moved by hand, none is made. */

import { make, number, percent } from "../controls/dom.js";

/** @typedef {{num_calibration: number, cuts: {target: number, threshold: number|null, kept: number}[]}} Targets */

const OFFER = "Slide it: the line moves to where at most that share of what it accepts is wrong, on average over draws.";
const STALE = "What is open has changed since: slide again for a promise.";
const OTHER = "It moves the line of confidence: choose that score to slide.";
const LIMIT = "Over draws, not for each one: only an audit certifies this one.";

export class Target {
  /** @param {{load: () => Promise<Targets>, onMove: (value: number) => void, onRelease: () => void}} options */
  constructor(options) {
    this.options = options;
    this.input = make("input", {
      type: "range", min: "0.5", max: "20", step: "0.5", value: "5", "aria-label": "Error you can live with, percent",
      onpointerenter: () => this._known().catch(() => {}), onfocus: () => this._known().catch(() => {}),
      oninput: () => this._slide(), onchange: () => this._slide(true),
    });
    this.number = make("output", {}, "–");
    this.text = make("p", {}, OFFER);
    this.element = make("div.target", {},
      make("label.menu", {}, make("span", {}, "Error you can live with"), this.input), this.number, this.text);
  }

  /** Nothing is promised any more: the line or what it could accept has changed. @param {boolean} isStale ask the server again */
  clear(isStale = false) {
    if (isStale) this.asked = null;
    if (this.threshold === undefined) return;
    this.threshold = undefined;
    this._say("–", isStale ? STALE : OFFER);
  }

  /** The line stands at a value. @param {string} score @param {number} value */
  stands(score, value) {
    const isOther = score !== "confidence";
    if (isOther !== this.input.disabled) {
      this.input.disabled = isOther;
      this.threshold = undefined;
      this._say("–", isOther ? OTHER : OFFER);
    }
    if (this.threshold && Math.abs(value - this.threshold) >= 1e-6) this.clear();
  }

  async _slide(isLast = false) {
    const asked = this._known();
    const known = await asked.catch(() => null);
    if (asked !== this.asked) return; // what is open has changed while the server answered
    const cut = known?.cuts.find(({ target }) => Math.abs(100 * target - Number(this.input.value)) < 1e-6);
    if (!cut) return;
    this._show(cut, number(known.num_calibration));
    if (isLast && cut.threshold !== null) this.options.onRelease();
  }

  _show({ target, threshold, kept }, count) {
    this.threshold = threshold;
    const words = percent(target);
    this.input.setAttribute("aria-valuetext", words);
    if (threshold === null) {
      this._say(words, `No line can promise this with ${count} calibration items: take a larger error, or audit what you accept.`);
      return;
    }
    this.options.onMove(threshold);
    this._say(words, make("b", {}, `Of the ${number(kept)} open images it accepts, at most ${words} are wrong, on average.`), ` ${LIMIT}`);
  }

  _known() {
    this.asked ??= this.options.load().catch((error) => { this.asked = null; this._say("–", error.message); throw error; });
    return this.asked;
  }

  _say(words, ...text) {
    this.number.textContent = words;
    this.text.replaceChildren(...text);
  }
}
