/** Per-class thresholds: one small histogram for each class, each with a line of its own to drag. */

import { errorOf, grouped, suffixSums } from "./statistics.js";
import { make, number, percent } from "../controls/dom.js";

const BARS = 50;
const HEIGHT = 46;
const MOST = 24;

/** What a class's own line keeps. @param {{counts: number[], open: number[], right: number[], wrong: number[]}} row
 * @returns {(bin: number) => {kept: number, open: number, error: number, n: number, wrong: number, low: number, high: number}} */
export function classCounter(row) {
  const [kept, open, right, wrong] = [row.counts, row.open, row.right, row.wrong].map(suffixSums);
  return (bin) => ({ kept: kept[bin], open: open[bin], ...errorOf(wrong[bin], right[bin]) });
}

export class Multiples {
  /** @param {{classes: string[], load: (labels: number[]) => Promise<object>, onAccept: (params: object) => void}} options */
  constructor(options) {
    this.options = options;
    /** Lines that were moved, by class, in bins. @type {Map<number, number>} */
    this.lines = new Map();
    this.first = 0;
    this.grid = make("div.multiples", { role: "group", "aria-label": "Threshold of each class" });
    this.said = make("span.words");
    this.accept = make("button.primary", { onclick: () => this._accept() });
    const turn = (way) => () => { this.first += way * MOST; this.load(); };
    this.turns = make("span", { hidden: options.classes.length <= MOST },
      make("button", { onclick: turn(-1), "aria-label": "Classes before" }, "‹"), make("button", { onclick: turn(1), "aria-label": "Next classes" }, "›"));
    this.element = make("details.per-class", { ontoggle: () => this.element.open && this.load() }, make("summary", {}, "Threshold of each class"),
      this.grid, make("div.row", {}, this.turns, this.said, make("span.grow"), this.accept));
  }

  /** The classes in view as they are now; threshold is the line for classes without their own. */
  async load(threshold = this.threshold) {
    this.threshold = threshold;
    if (!this.element.open) return;
    const total = this.options.classes.length;
    this.first = Math.max(0, Math.min(this.first, total - 1 - ((total - 1) % MOST)));
    const labels = Array.from({ length: Math.min(MOST, total - this.first) }, (_, place) => this.first + place);
    const data = await this.options.load(labels);
    this.bins = data.bins;
    this.rows = data.classes.map((label, place) => this._row(label, { counts: data.counts[place], open: data.open[place], right: data.right[place], wrong: data.wrong[place] }));
    this.grid.replaceChildren(...this.rows.map((row) => row.element));
    this.rows.forEach((row) => this._paint(row));
    this._sum();
  }

  _row(label, data) {
    const name = this.options.classes[label];
    const canvas = make("canvas", { height: HEIGHT, "aria-hidden": "true" });
    const line = make("div.line", { role: "slider", tabindex: "0", "aria-label": `Threshold of ${name}`, "aria-valuemin": "0", "aria-valuemax": "1" }, make("span.grip"));
    const plot = make("div.plot.small", {}, canvas, line);
    const words = make("small");
    const row = { label, name, canvas, line, words, count: classCounter(data), bars: grouped(data.counts, BARS), element: make("div.multiple", {}, make("b", {}, name), plot, words) };
    plot.addEventListener("pointerdown", (event) => this._drag(row, plot, event));
    line.addEventListener("keydown", (event) => this._key(row, event));
    return row;
  }

  _bin(row) {
    return this.lines.get(row.label) ?? Math.round(this.threshold * this.bins);
  }

  _move(row, bin) {
    this.lines.set(row.label, Math.max(1, Math.min(this.bins - 1, Math.round(bin))));
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => { this._paint(row); this._sum(); });
  }

  _drag(row, plot, event) {
    event.preventDefault();
    plot.setPointerCapture(event.pointerId);
    row.line.focus({ preventScroll: true });
    const box = plot.getBoundingClientRect();
    const ending = new AbortController();
    const move = (moved) => this._move(row, ((moved.clientX - box.left) / box.width) * this.bins);
    plot.addEventListener("pointermove", move, { signal: ending.signal });
    for (const name of ["pointerup", "pointercancel"]) plot.addEventListener(name, () => ending.abort(), { signal: ending.signal });
    move(event);
  }

  _key(row, event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    this._move(row, this._bin(row) + way * (event.shiftKey ? 10 : 1));
  }

  _paint(row) {
    const bin = this._bin(row);
    const facts = row.count(bin);
    const value = (bin / this.bins).toFixed(3);
    row.line.style.left = `${(100 * bin) / this.bins}%`;
    row.line.setAttribute("aria-valuenow", value);
    row.line.setAttribute("aria-valuetext", `${value}: keeps ${number(facts.kept)}`);
    row.words.textContent = `${value} keeps ${number(facts.kept)} · error ${percent(facts.error)} (n ${facts.n})`;
    row.element.classList.toggle("own", this.lines.has(row.label));
    const width = row.canvas.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    row.canvas.width = Math.round(width * ratio);
    row.canvas.height = HEIGHT * ratio;
    const context = row.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(row.canvas);
    const top = Math.log1p(Math.max(1, ...row.bars));
    row.bars.forEach((count, bar) => {
      const height = (Math.log1p(count) / top) * (HEIGHT - 2);
      context.fillStyle = style.getPropertyValue((bar + 1) / BARS > bin / this.bins ? "--kept" : "--left");
      context.fillRect((bar * width) / BARS, HEIGHT - height, width / BARS - 1, height);
    });
  }

  /** Together: what the button would accept. Classes that are not in view are counted when it is pressed. */
  _sum() {
    const open = this.rows.reduce((sum, row) => sum + row.count(this._bin(row)).open, 0);
    const all = this.rows.length === this.options.classes.length;
    this.said.textContent = `${this.lines.size} of ${number(this.options.classes.length)} classes have a line of their own`;
    this.accept.textContent = all ? `Accept all ${number(open)} undecided` : "Accept all above their lines …";
    this.accept.disabled = all && !open;
  }

  _accept() {
    const thresholds = Object.fromEntries([...this.lines].map(([label, bin]) => [label, bin / this.bins]));
    this.options.onAccept({ threshold: Math.round(this.threshold * this.bins) / this.bins, thresholds });
  }
}
