/** The two lines on the histogram: accept on one side of the first, leave on the other side of the second, review
 * between them. On an edge of the histogram counts come from its sums, one image apart from the cuts that the server
 * knows around the line. No DOM. */

import { counter, errorOf } from "./statistics.js";

/** @typedef {{value:number, kept:number, open:number, right:number, wrong:number, per_class:number[]}} Step */

export class Cut {
  constructor() {
    this.data = null;
    this.bin = 950;
    /** A value off every edge; null while the line stands on one. @type {number|null} */
    this.exact = null;
    /** @type {Step[]} from loose to strict */
    this.steps = [];
    this.at = -1;
    this.floor = 0;
  }

  /** @param {object} data answer of the histogram route @param {number} value where the line stands
   * @param {number|null} floor where the second line stands, null where it leaves nothing */
  show(data, value, floor) {
    this.data = data;
    this.count = counter(data);
    this.steps = [];
    this.at = -1;
    this.toValue(value);
    this.floor = floor === null ? (this.isBelow ? data.bins : 0) : this._bin(floor, 0);
    this._order();
  }

  /** Whether low values are kept (entropy). */
  get isBelow() {
    return this.data.score === "entropy";
  }

  get value() {
    return this.at >= 0 ? this.steps[this.at].value : this.exact ?? this.valueAt(this.bin);
  }

  get floorValue() {
    return this.valueAt(this.floor);
  }

  /** Where the line stands along the axis, [0, 1]. */
  get share() {
    return (this.value - this.data.low) / (this.data.high - this.data.low);
  }

  /** Whether the second line leaves anything out. */
  get hasFloor() {
    return this.isBelow ? this.floor < this.data.bins : this.floor > 0;
  }

  /** What the first line keeps. */
  get facts() {
    if (this.at < 0) return this.count(this.bin);
    const { kept, open, right, wrong, per_class } = this.steps[this.at];
    return { kept, open, perClass: per_class, ...errorOf(wrong, right), coverage: kept / Math.max(1, this.data.total) };
  }

  /** Images between the lines that wait for a decision, and those that are left. */
  get between() {
    const outer = this.count(this.floor);
    return { open: Math.max(0, outer.open - this.facts.open), left: this.data.total - outer.kept };
  }

  /** The line to an edge of the histogram. */
  toBin(bin) {
    this.bin = Math.max(1, Math.min(this.data.bins - 1, Math.round(bin)));
    this.exact = null;
    this.at = -1;
    this._order();
  }

  /** The line to any value; counts are those of the nearest edge until the server has said what lies there. */
  toValue(value) {
    const bin = this._bin(value, 1);
    const inside = Math.max(this.data.low, Math.min(this.data.high, value));
    this.toBin(bin);
    if (Math.abs(this.valueAt(bin) - inside) > 1e-7) this.exact = inside;
    this.at = this.steps.findIndex((step) => Math.abs(step.value - inside) < 1e-9);
  }

  /** The second line to an edge; it never passes the first. */
  toFloor(bin) {
    const end = this.isBelow ? [this.bin, this.data.bins] : [0, this.bin];
    this.floor = Math.max(end[0], Math.min(end[1], Math.round(bin)));
  }

  /** What the server knows around a value; ignored where the line has moved on. @param {Step[]} steps @param {number} here */
  anchor(steps, here) {
    if (Math.abs(steps[here].value - this.value) > 1e-6) return false;
    this.steps = steps;
    this.at = here;
    return true;
  }

  /** One image up or down the axis; answers whether the next cut is known. @param {1|-1} way */
  nudge(way) {
    const next = this.at + (this.isBelow ? -way : way);
    if (this.at < 0 || !this.steps[next]) return false;
    this.at = next;
    this.exact = this.steps[next].value;
    this.bin = this._bin(this.exact, 1);
    this._order();
    return true;
  }

  /** How many more cuts are known on the shorter side. */
  get reach() {
    return this.at < 0 ? 0 : Math.min(this.at, this.steps.length - 1 - this.at);
  }

  valueAt(bin) {
    return this.data.low + (bin * (this.data.high - this.data.low)) / this.data.bins;
  }

  _bin(value, least) {
    const { low, high, bins } = this.data;
    return Math.max(least, Math.min(bins - least, Math.round(((value - low) / (high - low)) * bins)));
  }

  _order() {
    this.toFloor(this.floor);
  }
}
