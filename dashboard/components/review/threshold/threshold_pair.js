/** Threshold pair: images beyond the first are accepted, images between the two are reviewed. No DOM.
 *
 * At a bin edge of the histogram the counts are sums of its bins; one image apart from there they are the steps that the
 * server has sent, the possible thresholds around the current one. */

import { errorEstimate, thresholdCounter } from "./statistics.js";

/** @typedef {{value:number, kept:number, open:number, right:number, wrong:number, per_class:number[]}} Step */

/** The rule that keeps what a threshold on each score keeps, and its parameter. */
const RULES = { confidence: ["fixed_threshold", "threshold"], entropy: ["entropy_at_most", "entropy"], margin: ["margin_at_least", "margin"] };

export class ThresholdPair {
  constructor() {
    this.data = null;
    this.bin = 950;
    /** A value between bin edges; null while the threshold is at an edge. @type {number|null} */
    this.exact = null;
    /** @type {Step[]} from loose to strict */
    this.steps = [];
    this.step = -1;
    /** Bin edge of the second threshold. */
    this.reviewBin = 0;
  }

  /** @param {object} data response of the histogram route @param {number} value of the threshold
   * @param {number|null} reviewValue of the second threshold, null where it leaves nothing out */
  show(data, value, reviewValue) {
    this.data = data;
    this.countsAt = thresholdCounter(data);
    this.steps = [];
    this.step = -1;
    this.moveToValue(value);
    this.reviewBin = reviewValue === null ? (this.isBelow ? data.bins : 0) : this._bin(reviewValue, 0);
    this._limitReview();
  }

  /** Whether low values are kept (entropy). */
  get isBelow() {
    return this.data.score === "entropy";
  }

  get value() {
    return this.step >= 0 ? this.steps[this.step].value : this.exact ?? this.valueAt(this.bin);
  }

  /** The value as the number box and the URL show it. */
  get text() {
    return this.exact === null ? this.value.toFixed(3) : String(Number(this.value.toPrecision(9)));
  }

  get reviewValue() {
    return this.valueAt(this.reviewBin);
  }

  /** Position of the threshold along the axis, [0, 1]. */
  get position() {
    return (this.value - this.data.low) / (this.data.high - this.data.low);
  }

  /** Whether the second threshold leaves anything out. */
  get hasReview() {
    return this.isBelow ? this.reviewBin < this.data.bins : this.reviewBin > 0;
  }

  /** Counts of the images that the threshold keeps, and their estimated error. */
  get counts() {
    if (this.step < 0) return this.countsAt(this.bin);
    const { kept, open, right, wrong, per_class } = this.steps[this.step];
    return { kept, open, perClass: per_class, ...errorEstimate(wrong, right), coverage: kept / Math.max(1, this.data.total) };
  }

  /** Open images between the thresholds, and images left out by both. */
  get between() {
    const outer = this.countsAt(this.reviewBin);
    return { open: Math.max(0, outer.open - this.counts.open), left: this.data.total - outer.kept };
  }

  /** The rule that keeps the same images. @returns {{rule: string, params: Record<string, number>}} */
  get rule() {
    const [rule, name] = RULES[this.data.score];
    return { rule, params: { [name]: this.value } };
  }

  /** The images between the thresholds as a condition of a queue. */
  get range() {
    const [low, high] = [this.reviewValue, this.value].sort((one, other) => one - other);
    return `${this.data.score},${low},${high}`;
  }

  /** Move the threshold to a bin edge of the histogram. */
  moveToBin(bin) {
    this.bin = Math.max(1, Math.min(this.data.bins - 1, Math.round(bin)));
    this.exact = null;
    this.step = -1;
    this._limitReview();
  }

  /** Move the threshold to any value; counts are those of the nearest edge until the server has sent the steps there. */
  moveToValue(value) {
    const bin = this._bin(value, 1);
    const inside = Math.max(this.data.low, Math.min(this.data.high, value));
    this.moveToBin(bin);
    if (Math.abs(this.valueAt(bin) - inside) > 1e-7) this.exact = inside;
    this.step = this.steps.findIndex((step) => Math.abs(step.value - inside) < 1e-9);
  }

  /** Move the second threshold to a bin edge; it never passes the first. */
  moveReview(bin) {
    const [least, most] = this.isBelow ? [this.bin, this.data.bins] : [0, this.bin];
    this.reviewBin = Math.max(least, Math.min(most, Math.round(bin)));
  }

  /** Set the steps around a value; returns false where the threshold has moved on. @param {Step[]} steps @param {number} here */
  setSteps(steps, here) {
    if (Math.abs(steps[here].value - this.value) > 1e-6) return false;
    this.steps = steps;
    this.step = here;
    return true;
  }

  /** Move the threshold by one image along the axis; returns whether the next step is known. @param {1|-1} direction */
  nudge(direction) {
    const next = this.step + (this.isBelow ? -direction : direction);
    if (this.step < 0 || !this.steps[next]) return false;
    this.step = next;
    this.exact = this.steps[next].value;
    this.bin = this._bin(this.exact, 1);
    this._limitReview();
    return true;
  }

  /** Number of known steps on the shorter side. */
  get numStepsAhead() {
    return this.step < 0 ? 0 : Math.min(this.step, this.steps.length - 1 - this.step);
  }

  valueAt(bin) {
    return this.data.low + (bin * (this.data.high - this.data.low)) / this.data.bins;
  }

  _bin(value, least) {
    const { low, high, bins } = this.data;
    return Math.max(least, Math.min(bins - least, Math.round(((value - low) / (high - low)) * bins)));
  }

  _limitReview() {
    this.moveReview(this.reviewBin);
  }
}
