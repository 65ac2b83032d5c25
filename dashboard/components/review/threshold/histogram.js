/** Histogram as the threshold control: two handles, moved with a pointer or the arrow keys.
 *
 * Counts follow every frame from sums computed once; the server is asked when a handle is released. */

import { formatNumber, make, makeMenu } from "../controls/dom.js";
import { HistogramPlot } from "./histogram_plot.js";
import { arrowDirection, followPointer, makeHandle } from "./slider.js";
import { TargetError } from "./target_error.js";

const SCORES = [["confidence", "confidence"], ["entropy", "entropy, bits"], ["margin", "margin"]];
const STACKS = [["plain", "one color"], ["verdict", "by verdict"], ["class", "by class"]];
/** Known steps below which the server is asked for more. */
const MIN_STEPS_AHEAD = 8;

export class Histogram {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], pair: import("./threshold_pair.js").ThresholdPair,
   *   summary: import("./selection_summary.js").SelectionSummary, onGrab: () => void, onRelease: () => void,
   *   onScore: (score: string) => void}} options */
  constructor(options) {
    this.options = options;
    this.pair = options.pair;
    this.plot = new HistogramPlot(options.classes);
    this._build();
    new ResizeObserver(() => this.plot.repaint()).observe(this.plot.canvas);
  }

  /** @param {object} data response of the histogram route @param {number} value of the threshold, in the score's unit
   * @param {number|null} reviewValue of the second threshold */
  show(data, value, reviewValue) {
    this.targetError.clear(true);
    this.pair.show(data, value, reviewValue);
    this.score.querySelector("select").value = data.score;
    this.plot.show(data);
    const ends = [data.low, (data.low + data.high) / 2, data.high].map((end) => make("span", {}, end.toFixed(1)));
    this.axis.replaceChildren(...ends);
    this._draw();
  }

  /** The steps around the threshold. @param {{steps: object[], here: number}} border response of the border route */
  setSteps({ steps, here }) {
    if (this.pair.setSteps(steps, here)) this._draw();
  }

  _build() {
    const { api, classes, summary, onGrab, onRelease, onScore } = this.options;
    const onkeydown = (event) => this._key(event);
    this.handle = makeHandle("div.threshold-handle", "Threshold", { onkeydown });
    this.reviewHandle = makeHandle("div.threshold-handle.review", "Review threshold", { onkeydown });
    this.box = make("div.plot", { onpointerdown: (event) => this._drag(event) }, this.plot.canvas, this.reviewHandle, this.handle);
    this.axis = make("div.axis", { "aria-hidden": "true" });
    this.input = make("input.exact", { type: "number", step: "any", "aria-label": "Threshold as a number", onchange: () => this._type() });
    this.score = makeMenu("Score", SCORES, "confidence", onScore);
    const stack = makeMenu("Color", STACKS, "plain", (kind) => this._restyle({ stack: kind }));
    const log = make("input", { type: "checkbox", checked: true, onchange: () => this._restyle({ isLog: log.checked }) });
    const head = make("div.head", {}, this.score, make("label.menu", {}, make("span", {}, "Threshold"), this.input), stack,
      make("label.check", {}, log, "log scale"));
    this.targetError = new TargetError({
      api, onRelease, onMove: (value) => { onGrab(); this.pair.moveToValue(value); this._draw(); },
    });
    this.element = make("section.histogram", { "aria-label": "Threshold" },
      make("div.left", {}, this.box, this.axis, this.plot.legend, head, this.targetError.element), summary.element);
  }

  _draw() {
    const { pair } = this;
    const { data } = pair;
    if (!data) return;
    const [position, review] = [pair.position, pair.reviewBin / data.bins];
    this.handle.style.left = `${100 * position}%`;
    this.reviewHandle.style.left = `${100 * review}%`;
    const describe = (handle, value, text) => {
      handle.setAttribute("aria-valuemin", String(data.low));
      handle.setAttribute("aria-valuemax", data.high.toFixed(3));
      handle.setAttribute("aria-valuenow", value);
      handle.setAttribute("aria-valuetext", text);
    };
    const reviewText = pair.reviewValue.toFixed(3);
    describe(this.handle, pair.text, `${pair.text}: keeps ${formatNumber(pair.counts.kept)} of ${formatNumber(data.total)}`);
    describe(this.reviewHandle, reviewText, `${reviewText}: leaves out ${formatNumber(pair.between.left)}`);
    this.input.value = pair.text;
    this.options.summary.show(pair);
    this.targetError.thresholdMoved(data.score, pair.value);
    this.plot.shade({ threshold: position, review, isBelow: pair.isBelow });
  }

  _drawSoon() {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this._draw());
  }

  _drag(event) {
    if (!this.pair.data) return;
    event.preventDefault();
    this.options.onGrab();
    const isReview = event.composedPath().includes(this.reviewHandle);
    (isReview ? this.reviewHandle : this.handle).focus({ preventScroll: true });
    followPointer(this.box, event, (share) => {
      const bin = share * this.pair.data.bins;
      if (isReview) this.pair.moveReview(bin);
      else this.pair.moveToBin(bin);
      this._drawSoon();
    }, this.options.onRelease);
  }

  _key(event) {
    const { pair } = this;
    const direction = pair.data && arrowDirection(event);
    if (!direction) return;
    const percent = event.shiftKey ? pair.data.bins / 100 : 1;
    if (event.currentTarget === this.reviewHandle) pair.moveReview(pair.reviewBin + direction * percent);
    else if (event.shiftKey) pair.moveToBin(pair.bin + direction * percent);
    else this._nudge(direction);
    this._drawSoon();
    clearTimeout(this.releasing);
    this.releasing = setTimeout(this.options.onRelease, 300);
  }

  /** Move by one image; where the next step is not known yet the server is asked for it first. */
  async _nudge(direction) {
    const { pair } = this;
    if (pair.nudge(direction) && pair.numStepsAhead >= MIN_STEPS_AHEAD) return;
    if (this.isAsking) return;
    this.isAsking = true;
    const isWaiting = pair.numStepsAhead === 0;
    try {
      this.setSteps(await this.options.api.border(pair.data.score, pair.value));
      if (isWaiting) pair.nudge(direction);
    } catch {
      pair.moveToBin(pair.bin + direction); // without the server the threshold moves by a thousandth
    } finally {
      this.isAsking = false;
    }
    this._drawSoon();
  }

  _type() {
    if (!this.pair.data) return;
    const typed = this.input.value.trim() === "" ? NaN : Number(this.input.value);
    if (Number.isFinite(typed)) this.pair.moveToValue(typed);
    this._draw();
    this.options.onRelease();
  }

  _restyle(part) {
    Object.assign(this.plot, part);
    this.plot.repaint();
  }
}
