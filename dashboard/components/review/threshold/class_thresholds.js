/** Class thresholds: a small histogram of each class with its own threshold. */

import { formatNumber, formatPercent, make, resizeCanvas } from "../controls/dom.js";
import { arrowDirection, followPointer, makeHandle } from "./slider.js";
import { errorEstimate, rebinned, suffixSums } from "./statistics.js";

const NUM_BARS = 50;
const HEIGHT = 46;
/** Number of classes shown at once. */
const NUM_SHOWN = 24;

/** Counts of what one class's threshold keeps. @param {{counts: number[], open: number[], right: number[], wrong: number[]}} row
 * @returns {(bin: number) => {kept: number, open: number, error: number, n: number, wrong: number, low: number, high: number}} */
export function classCounter(row) {
  const [kept, open, right, wrong] = [row.counts, row.open, row.right, row.wrong].map(suffixSums);
  return (bin) => ({ kept: kept[bin], open: open[bin], ...errorEstimate(wrong[bin], right[bin]) });
}

export class ClassThresholds {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], threshold: number, onBulkAccept: (params: object) => void}} options
   *   threshold: of classes without their own */
  constructor(options) {
    this.options = options;
    this.threshold = options.threshold;
    /** Own thresholds by class, as bin edges. @type {Map<number, number>} */
    this.own = new Map();
    this.first = 0;
    this.grid = make("div.class-thresholds", { role: "group", "aria-label": "Class thresholds" });
    this.text = make("span.summary-line");
    this.accept = make("button.primary", { onclick: () => options.onBulkAccept(this.params) });
    const turn = (direction) => () => { this.first += direction * NUM_SHOWN; this.load(); };
    this.turns = make("span", { hidden: options.classes.length <= NUM_SHOWN },
      make("button", { onclick: turn(-1), "aria-label": "Previous classes" }, "‹"), make("button", { onclick: turn(1), "aria-label": "Next classes" }, "›"));
    this.element = make("details.per-class", { ontoggle: () => this.element.open && this.load() }, make("summary", {}, "Class thresholds"),
      this.grid, make("div.row", {}, this.turns, this.text, make("span.grow"), this.accept));
  }

  /** Load the histograms of the classes in view. @param {number} threshold of classes without their own */
  async load(threshold = this.threshold) {
    this.threshold = threshold;
    if (!this.element.open) return;
    const total = this.options.classes.length;
    this.first = Math.max(0, Math.min(this.first, total - 1 - ((total - 1) % NUM_SHOWN)));
    const labels = Array.from({ length: Math.min(NUM_SHOWN, total - this.first) }, (_, index) => this.first + index);
    const data = await this.options.api.perClass(labels);
    this.bins = data.bins;
    this.rows = data.classes.map((label, index) => this._row(label, { counts: data.counts[index], open: data.open[index], right: data.right[index], wrong: data.wrong[index] }));
    this.grid.replaceChildren(...this.rows.map((row) => row.element));
    this.rows.forEach((row) => this._paint(row));
    this._showTotal();
  }

  /** Parameters of the rule per_class_threshold. */
  get params() {
    const thresholds = Object.fromEntries([...this.own].map(([label, bin]) => [label, bin / this.bins]));
    return { threshold: Math.round(this.threshold * this.bins) / this.bins, thresholds };
  }

  _row(label, data) {
    const name = this.options.classes[label];
    const canvas = make("canvas", { height: HEIGHT, "aria-hidden": "true" });
    const handle = makeHandle("div.threshold-handle", `Threshold of ${name}`, { "aria-valuemin": "0", "aria-valuemax": "1" });
    const plot = make("div.plot.small", {}, canvas, handle);
    const text = make("small");
    const element = make("div.class-threshold", {}, make("b", {}, name), plot, text);
    const row = { label, canvas, handle, text, element, countsAt: classCounter(data), bars: rebinned(data.counts, NUM_BARS) };
    plot.addEventListener("pointerdown", (event) => this._drag(row, plot, event));
    handle.addEventListener("keydown", (event) => this._key(row, event));
    return row;
  }

  _bin(row) {
    return this.own.get(row.label) ?? Math.round(this.threshold * this.bins);
  }

  _move(row, bin) {
    this.own.set(row.label, Math.max(1, Math.min(this.bins - 1, Math.round(bin))));
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => { this._paint(row); this._showTotal(); });
  }

  _drag(row, plot, event) {
    event.preventDefault();
    row.handle.focus({ preventScroll: true });
    followPointer(plot, event, (share) => this._move(row, share * this.bins), () => {});
  }

  _key(row, event) {
    const direction = arrowDirection(event);
    if (direction) this._move(row, this._bin(row) + direction * (event.shiftKey ? 10 : 1));
  }

  _paint(row) {
    const bin = this._bin(row);
    const counts = row.countsAt(bin);
    const value = (bin / this.bins).toFixed(3);
    row.handle.style.left = `${(100 * bin) / this.bins}%`;
    row.handle.setAttribute("aria-valuenow", value);
    row.handle.setAttribute("aria-valuetext", `${value}: keeps ${formatNumber(counts.kept)}`);
    row.text.textContent = `${value} keeps ${formatNumber(counts.kept)} · error ${formatPercent(counts.error)} (n ${counts.n})`;
    row.element.classList.toggle("own", this.own.has(row.label));
    const width = row.canvas.clientWidth;
    const context = resizeCanvas(row.canvas, width, HEIGHT);
    const style = getComputedStyle(row.canvas);
    const top = Math.log1p(Math.max(1, ...row.bars));
    row.bars.forEach((count, bar) => {
      const height = (Math.log1p(count) / top) * (HEIGHT - 2);
      context.fillStyle = style.getPropertyValue((bar + 1) / NUM_BARS > bin / this.bins ? "--kept" : "--left");
      context.fillRect((bar * width) / NUM_BARS, HEIGHT - height, width / NUM_BARS - 1, height);
    });
  }

  /** Show what the button would accept. Classes that are not in view are counted when it is pressed. */
  _showTotal() {
    const open = this.rows.reduce((sum, row) => sum + row.countsAt(this._bin(row)).open, 0);
    const isAll = this.rows.length === this.options.classes.length;
    this.text.textContent = `${this.own.size} of ${formatNumber(this.options.classes.length)} classes have their own threshold`;
    this.accept.textContent = isAll ? `Accept all ${formatNumber(open)} undecided` : "Accept all above their thresholds …";
    this.accept.disabled = isAll && !open;
  }
}
