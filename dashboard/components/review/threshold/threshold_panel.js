/** Threshold panel: histogram, boundary strip and class thresholds; the threshold is stored in the URL.
 *
 * It is a slim band above the images; while it is used it opens over them, and a person can keep it open. */

import { make } from "../controls/dom.js";
import { Debounce } from "../state/debounce.js";
import { Histogram } from "./histogram.js";
import { ThresholdPair } from "./threshold_pair.js";

/** Where the browser keeps whether the panel stays open. */
const STORED = "winnow-review-threshold";
const SCORES = ["confidence", "entropy", "margin"];
/** Milliseconds until Streamlit has sent a new threshold: it waits about 20, and a click on a link does not. */
const SENDING = 60;

export class ThresholdPanel {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], urlState: Record<string, string>, threshold: number, target: number|null,
   *   summary: import("./selection_summary.js").SelectionSummary, strip: import("./boundary_strip.js").BoundaryStrip,
   *   classThresholds: import("./class_thresholds.js").ClassThresholds, attempt: (work: () => Promise<void>) => void,
   *   onRelease: () => Promise<void>, onShown: () => void, onShare: (threshold: number) => void, storage: Storage}} options */
  constructor(options) {
    const { urlState } = options;
    this.options = options;
    this.score = SCORES.includes(urlState.score) ? urlState.score : "confidence";
    this.values = { confidence: options.threshold };
    this.reviewValues = { [this.score]: urlState.floor ? Number(urlState.floor) : null };
    this.isReleased = false;
    /** Target error that the threshold began with, until it is shown. @type {number|null} */
    this.target = options.target;
    this.lastShared = -Infinity; // as performance.now() counts
    this.sharing = new Debounce(1000, () => { // with the other pages
      this.lastShared = performance.now();
      options.onShare(this.values.confidence);
    });
    this.pair = new ThresholdPair();
    this.histogram = new Histogram({
      api: options.api, classes: options.classes, pair: this.pair, summary: options.summary,
      onGrab: () => this.sharing.pause(), onRelease: () => this._released(),
      onScore: (score) => options.attempt(() => this.load(score)),
    });
    this.keep = make("input", { type: "checkbox", checked: isStored(options.storage), onchange: () => this._keepOpen() });
    this.fold = make("button.fold", { "aria-expanded": "false", "aria-label": "Threshold: open or close", title: "Threshold, target error, class thresholds", onclick: () => this.toggle() });
    options.summary.element.append(this.fold);
    this.sheet = make("div.sheet", {}, this.histogram.element, options.strip.element, options.classThresholds.element);
    this.histogram.element.querySelector(".head").append(make("label.check.keep", {}, this.keep, "keep this panel open"));
    this.sheet.addEventListener("focusin", (event) => event.target === this.fold || event.target === options.summary.accept || this.toggle(true));
    this.element = make("div.threshold", {}, this.sheet);
    this.toggle(this.keep.checked);
  }

  /** Open the panel over the images, or close it to the slim band; a kept one stays open. */
  toggle(isOpen = !this.isOpen) {
    this.isOpen = isOpen || this.keep.checked;
    this.element.classList.toggle("open", this.isOpen);
    this.element.classList.toggle("kept", this.keep.checked);
    this.fold.setAttribute("aria-expanded", String(this.isOpen));
    this.histogram.plot.repaint();
  }

  _keepOpen() {
    try { this.options.storage.setItem(STORED, this.keep.checked ? "open" : ""); } catch { /* private windows keep nothing */ }
    this.toggle(true);
  }

  /** Load the histogram of a score; the threshold keeps its value. */
  async load(score = this.score) {
    const request = (this.request = Symbol("histogram"));
    const data = await this.options.api.histogram(score);
    if (request !== this.request) return;
    if (score === this.score) this._remember();
    this.score = score;
    this.values[score] ??= (data.low + data.high) * (score === "entropy" ? 0.15 : 0.9);
    this.histogram.show(data, this.values[score], this.reviewValues[score] ?? null);
    if (this.target) this.histogram.targetError.begin(this.target, this.values.confidence);
    this.target = null;
    this.options.onShown();
    this.options.api.poolCheck().then((check) => this.options.summary.showState(check));
    await this._loadBoundary();
  }

  /** The parameters of the panel in the URL. @returns {Record<string, string|null>} */
  get urlState() {
    const { score, pair } = this;
    const floor = pair.data && pair.hasReview ? pair.reviewValue.toFixed(3) : null;
    return { score: score === "confidence" ? null : score, floor, ...(this.isReleased ? { threshold: this.text } : {}) };
  }

  _remember() {
    const { pair } = this;
    if (!pair.data) return;
    this.values[this.score] = pair.value;
    this.reviewValues[this.score] = pair.hasReview ? pair.reviewValue : null;
    if (this.score === "confidence") this.text = pair.text;
  }

  _released() {
    this._remember();
    if (this.score === "confidence") {
      this.isReleased = true;
      this.sharing.schedule();
    }
    this.options.attempt(async () => {
      await this.options.onRelease(); // the grid first: the strip's images would delay it
      await this._loadBoundary();
    });
  }

  /** Load the images at the threshold and the steps around it. */
  async _loadBoundary() {
    const { api, strip, classThresholds } = this.options;
    const request = (this.boundaryRequest = Symbol("border"));
    const border = await api.border(this.score, this.pair.value);
    if (request !== this.boundaryRequest) return;
    this.histogram.setSteps(border);
    await classThresholds.load(this.values.confidence);
    strip.show(border, this.score === "entropy");
  }
}

function isStored(storage) {
  try {
    return storage.getItem(STORED) === "open";
  } catch {
    return false;
  }
}

/** Share a new threshold with the other pages before the reviewer leaves for one of them.
 *
 * A threshold that reaches Streamlit after the click leads the browser back to this page, so the click waits until it has
 * been sent. @param {HTMLElement} element @param {ThresholdPanel} panel @param {AbortSignal} signal ends it */
export function shareThresholdOnLeave(element, panel, signal) {
  element.addEventListener("pointerleave", () => panel.sharing.flush());
  element.addEventListener("focusout", ({ relatedTarget }) => element.contains(/** @type {Node} */ (relatedTarget)) || panel.sharing.flush());
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    panel.sharing.flush(); // neither pointer nor focus need have left
    const wait = panel.lastShared + SENDING - performance.now();
    if (wait <= 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => link.click(), wait);
  }, { capture: true, signal });
}
