/** Threshold panel: histogram, boundary strip and class thresholds; the threshold is stored in the URL. */

import { Histogram } from "./histogram.js";
import { Later } from "../state/debounce.js";
import { make } from "../controls/dom.js";
import { Multiples } from "./class_thresholds.js";
import { Strip } from "./boundary_strip.js";

const SENDING = 60; // ms; Streamlit sends what a component says some 20 ms later, and a click on a link at once

export class Line {
  /** @param {{api: import("../sync/api.js").Api, run: string, classes: string[], place: Record<string, string>, threshold: number,
   *   attempt: (work: () => Promise<void>) => void, onRelease: () => Promise<void>, onShown: () => void, onTell: (value: number) => void,
   *   onAccept: () => void, onBetween: (range: string) => void, onPick: (card: object) => void,
   *   onAcceptClasses: (params: object) => void}} options */
  constructor(options) {
    this.options = options;
    this.score = ["confidence", "entropy", "margin"].includes(options.place.score) ? options.place.score : "confidence";
    this.values = { confidence: Number(options.threshold) };
    this.floors = { [this.score]: options.place.floor ? Number(options.place.floor) : null };
    this.isReleased = false;
    this.told = -Infinity; // when, as performance.now() has it
    this.telling = new Later(1000, () => { // other pages take it
      this.told = performance.now();
      options.onTell(this.values.confidence);
    });
    this.histogram = new Histogram({
      classes: options.classes, onGrab: () => this.telling.hold(), onRelease: () => this._released(),
      onScore: (score) => options.attempt(() => this.load(score)), onAccept: options.onAccept, onBetween: options.onBetween,
      onSteps: (score, value) => options.api.border(options.run, score, value), onTargets: () => options.api.targets(options.run),
    });
    this.strip = new Strip({ api: options.api, classes: options.classes, onPick: options.onPick });
    this.multiples = new Multiples({
      classes: options.classes, load: (labels) => options.api.perClass(options.run, labels), onAccept: options.onAcceptClasses,
    });
    this.multiples.threshold = this.values.confidence;
    this.element = make("div.threshold", {}, this.histogram.element, this.strip.element, this.multiples.element);
  }

  /** The histogram of a score as it is now; the line stays where it stands. */
  async load(score = this.score) {
    const asked = (this.asked = Symbol("histogram"));
    const data = await this.options.api.histogram(this.options.run, score);
    if (asked !== this.asked) return;
    if (score === this.score) this._remember();
    this.score = score;
    this.values[score] ??= (data.low + data.high) * (score === "entropy" ? 0.15 : 0.9);
    this.histogram.show(data, this.values[score], this.floors[score] ?? null);
    this.options.onShown();
    await this._look();
  }

  /** What of the line stands in the address. */
  get words() {
    const { score } = this;
    const floor = this.histogram.data && this.histogram.cut.hasFloor ? this.histogram.cut.floorValue.toFixed(3) : null;
    return { score: score === "confidence" ? null : score, floor, ...(this.isReleased ? { threshold: this.text } : {}) };
  }

  close() {
    this.telling.drop();
  }

  _remember() {
    if (!this.histogram.data) return;
    this.values[this.score] = this.histogram.value;
    this.floors[this.score] = this.histogram.cut.hasFloor ? this.histogram.cut.floorValue : null;
    if (this.score === "confidence") this.text = this.histogram.text;
  }

  _released() {
    this._remember();
    if (this.score === "confidence") {
      this.isReleased = true;
      this.telling.soon();
    }
    this.options.attempt(async () => {
      await this.options.onRelease(); // the grid first: the strip's pictures would stand in its way
      await this._look();
    });
  }

  /** The images at the cut, and the cuts around it. */
  async _look() {
    const { api, run } = this.options;
    const asked = (this.looked = Symbol("border"));
    const border = await api.border(run, this.score, this.histogram.value);
    if (asked !== this.looked) return;
    this.histogram.anchor(border);
    await this.multiples.load(this.values.confidence);
    this.strip.show(border, this.score === "entropy");
  }
}

/** What Streamlit hears of this page after the click on a link to another takes whoever clicked back here, so that such a
 * click waits until the threshold is on its way.
 * @param {HTMLElement} element @param {Line} line @param {AbortSignal} signal the desk has ended */
export function leaving(element, line, signal) {
  element.addEventListener("pointerleave", () => line.telling.now());
  element.addEventListener("focusout", ({ relatedTarget }) => element.contains(/** @type {Node} */ (relatedTarget)) || line.telling.now());
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    line.telling.now(); // neither pointer nor focus need have left
    const rest = line.told + SENDING - performance.now();
    if (rest <= 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => link.click(), rest);
  }, { capture: true, signal });
}
