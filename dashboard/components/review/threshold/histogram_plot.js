/** The histogram's picture: bars stacked once, shaded anew on every frame by where the lines stand. */

import { MARKS } from "../images/tile.js";
import { addRows, grouped } from "./statistics.js";
import { make } from "../controls/dom.js";

export const BARS = 125;
const HEIGHT = 132;
const FOOT = 16; // right and wrong calibration items below the bars
/** Classes have no fixed color: these repeat, told apart by the key below and by their order in the stack. */
const CLASS_COLORS = ["#3d7dd8", "#d9682a", "#1f9e7a", "#b06ab3", "#b88a00", "#2c93b5", "#c4577a", "#7a8b2f", "#7c74d6", "#8b7365"];
const VERDICT_ORDER = ["accept", "bulk_accept", "relabel", "reject", "none", "unsure", "skip", "undecided"];
const VERDICT_WORDS = { accept: "accepted", bulk_accept: "bulk", relabel: "relabeled", reject: "rejected", none: "none of them",
  unsure: "can't tell", skip: "skipped", undecided: "undecided" };

export class Plot {
  /** @param {string[]} classes */
  constructor(classes) {
    this.classes = classes;
    this.canvas = make("canvas", { height: HEIGHT, "aria-hidden": "true" });
    this.key = make("div.key", { "aria-hidden": "true" });
    this.bars = document.createElement("canvas");
    this.isLog = true;
    this.stack = "plain";
  }

  /** @param {object} data answer of the histogram route */
  show(data) {
    this.data = data;
    this.total = grouped(addRows(data.counts), BARS);
    this.ghost = data.ghost && grouped(data.ghost, BARS);
    this.known = [grouped(data.right, BARS), grouped(data.wrong, BARS)];
    this.repaint();
  }

  /** Everything anew: other data, another size, another theme. */
  repaint() {
    const width = this.canvas.clientWidth;
    if (!this.data || !width) return;
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.bars]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = HEIGHT * ratio;
    }
    const style = getComputedStyle(this.canvas);
    this.colors = (name) => style.getPropertyValue(`--${name}`).trim();
    this._paintBars(this._context(this.bars), width);
    this._explain();
    this.shade(this.lines);
  }

  /** Bars on the kept side as they are, the others paler. @param {{cut: number, floor: number, isBelow: boolean}|undefined} lines in [0, 1] */
  shade(lines) {
    this.lines = lines;
    const width = this.canvas.clientWidth;
    if (!this.data || !width || !this.bars.width || !lines) return;
    const context = this._context(this.canvas);
    context.clearRect(0, 0, width, HEIGHT);
    context.drawImage(this.bars, 0, 0, width, HEIGHT);
    context.fillStyle = this.colors("ground");
    const [cut, floor] = [lines.cut * width, lines.floor * width];
    const veil = (from, to, strength) => {
      context.globalAlpha = strength;
      context.fillRect(from, 0, to - from, HEIGHT - FOOT);
    };
    if (lines.isBelow) { veil(cut, floor, 0.62); veil(floor, width, 0.86); }
    else { veil(floor, cut, 0.62); veil(0, floor, 0.86); }
    context.globalAlpha = 1;
    this._paintGhost(context, width);
  }

  _context(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  /** @returns {[string, string, number[], string?][]} name, color, bars and mark of each layer, the lowest first */
  _layers() {
    const { data } = this;
    if (this.stack === "verdict") {
      return VERDICT_ORDER.filter((name) => data.verdicts[name])
        .map((name) => [VERDICT_WORDS[name], this.colors(`v-${name}`), grouped(data.verdicts[name], BARS), MARKS[name]?.[0]]);
    }
    if (this.stack === "class") {
      return data.counts.map((row, place) => [this.classes[data.classes[place]] ?? "the others",
        data.classes[place] < 0 ? this.colors("left") : CLASS_COLORS[place % CLASS_COLORS.length], grouped(row, BARS)]);
    }
    return [["all", this.colors("kept"), this.total]];
  }

  _scale() {
    const scale = this.isLog ? Math.log1p : (count) => count;
    const top = scale(Math.max(1, ...this.total));
    return (count) => (scale(count) / top) * (HEIGHT - FOOT - 6);
  }

  _paintBars(context, width) {
    const scale = this._scale();
    const step = width / BARS;
    const layers = this._layers();
    context.clearRect(0, 0, width, HEIGHT);
    for (let bar = 0; bar < BARS; bar++) {
      let foot = HEIGHT - FOOT;
      const whole = scale(this.total[bar]);
      for (const [, color, counts] of layers) {
        const height = this.total[bar] ? (whole * counts[bar]) / this.total[bar] : 0;
        context.fillStyle = color;
        context.fillRect(bar * step + 0.5, foot - height, Math.max(1, step - 1), height);
        foot -= height;
      }
    }
    this._paintKnown(context, step);
  }

  /** Right ones as a thin mark, wrong ones as a tall one below it: shape and place tell them apart as well as color. */
  _paintKnown(context, step) {
    const most = Math.max(1, ...this.known.flat());
    [["good", 3, HEIGHT - FOOT + 3], ["wrong", 6, HEIGHT - 7]].forEach(([color, height, top], row) => {
      context.fillStyle = this.colors(color);
      this.known[row].forEach((count, bar) => {
        if (!count) return;
        context.globalAlpha = 0.4 + 0.6 * Math.sqrt(count / most);
        context.fillRect(bar * step + 0.5, top, Math.max(2, step - 1), height);
      });
    });
    context.globalAlpha = 1;
  }

  _paintGhost(context, width) {
    if (!this.ghost) return;
    const scale = this._scale();
    const step = width / BARS;
    context.strokeStyle = this.colors("text");
    context.lineWidth = 1;
    context.setLineDash([3, 2]);
    context.beginPath();
    this.ghost.forEach((count, bar) => {
      const y = HEIGHT - FOOT - Math.min(HEIGHT - FOOT - 2, scale(count));
      context.lineTo(bar * step, y);
      context.lineTo((bar + 1) * step, y);
    });
    context.stroke();
    context.setLineDash([]);
  }

  /** What the colors mean. */
  _explain() {
    const layers = this.stack === "plain" ? [] : this._layers();
    this.key.dataset.kind = this.stack;
    const entries = layers.map(([name, color, , shape]) => {
      const mark = shape ? make("i.swatch.shape", {}, shape) : make("i.swatch"); // the same shapes as on the tiles
      mark.style.background = color;
      return make("span", {}, mark, name);
    });
    if (this.ghost) entries.push(make("span", {}, make("i.ghost"), "parent run"));
    const known = (kind, text) => make("span", {}, make(`i.${kind}`), text);
    this.key.replaceChildren(...entries, known("right-mark", "right"), known("mark", "wrong (calibration)"));
  }
}
