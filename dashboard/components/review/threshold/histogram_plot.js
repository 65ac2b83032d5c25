/** Histogram plot: stacked bars, drawn once, and shading by threshold, drawn on every frame. */

import { make, resizeCanvas } from "../controls/dom.js";
import { classColor } from "../classes/class_colors.js";
import { MARKS } from "../images/tile.js";
import { rebinned, sumRows } from "./statistics.js";

const NUM_BARS = 125;
/** Pixels below the bars, for right and wrong calibration items: in the open panel and in the slim band. */
const CALIBRATION_HEIGHTS = [16, 9];
/** Height in pixels below which the plot is a slim band. */
const SLIM = 90;
const VERDICT_ORDER = ["accept", "bulk_accept", "relabel", "reject", "none", "unsure", "skip", "undecided"];
const VERDICT_TEXTS = { accept: "accepted", bulk_accept: "bulk-accepted", relabel: "relabeled", reject: "rejected", none: "none",
  unsure: "unsure", skip: "skipped", undecided: "undecided" };

export class HistogramPlot {
  /** @param {string[]} classes */
  constructor(classes) {
    this.classes = classes;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.legend = make("div.legend", { "aria-hidden": "true" });
    this.bars = document.createElement("canvas");
    this.isLog = true;
    this.stack = "plain";
  }

  /** @param {object} data response of the histogram route */
  show(data) {
    this.data = data;
    this.total = rebinned(sumRows(data.counts), NUM_BARS);
    this.parentRun = data.ghost && rebinned(data.ghost, NUM_BARS);
    this.calibration = [rebinned(data.right, NUM_BARS), rebinned(data.wrong, NUM_BARS)];
    this.repaint();
  }

  /** Draw everything again: for other data, another size or another theme. */
  repaint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.data || !width) return;
    this.height = height;
    this.foot = height - CALIBRATION_HEIGHTS[Number(height < SLIM)]; // where the bars stand
    for (const canvas of [this.canvas, this.bars]) resizeCanvas(canvas, width, height);
    const style = getComputedStyle(this.canvas);
    this.colors = (name) => style.getPropertyValue(`--${name}`).trim();
    this._paintBars(this.bars.getContext("2d"), width);
    this._fillLegend();
    this.shade(this.thresholds);
  }

  /** Draw kept bars at full strength, the others paler.
   * @param {{threshold: number, review: number, isBelow: boolean}|undefined} thresholds positions in [0, 1] */
  shade(thresholds) {
    this.thresholds = thresholds;
    const width = this.canvas.clientWidth;
    if (!this.data || !width || !this.bars.width || !thresholds) return;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, width, this.height);
    context.drawImage(this.bars, 0, 0, width, this.height);
    context.fillStyle = this.colors("ground");
    const [threshold, review] = [thresholds.threshold * width, thresholds.review * width];
    const veil = (from, to, strength) => {
      context.globalAlpha = strength;
      context.fillRect(from, 0, to - from, this.foot);
    };
    if (thresholds.isBelow) { veil(threshold, review, 0.62); veil(review, width, 0.86); }
    else { veil(review, threshold, 0.62); veil(0, review, 0.86); }
    context.globalAlpha = 1;
    this._paintParentRun(context, width);
  }

  /** @returns {[string, string, number[], string?][]} name, color, bars and mark of each layer, from the bottom up */
  _layers() {
    const { data } = this;
    if (this.stack === "verdict") {
      return VERDICT_ORDER.filter((name) => data.verdicts[name])
        .map((name) => [VERDICT_TEXTS[name], this.colors(`v-${name}`), rebinned(data.verdicts[name], NUM_BARS), MARKS[name]?.[0]]);
    }
    if (this.stack === "class") {
      return data.counts.map((row, index) => [this.classes[data.classes[index]] ?? "other classes",
        data.classes[index] < 0 ? this.colors("left") : classColor(data.classes[index]), rebinned(row, NUM_BARS)]);
    }
    return [["all", this.colors("kept"), this.total]];
  }

  _scale() {
    const scale = this.isLog ? Math.log1p : (count) => count;
    const top = scale(Math.max(1, ...this.total));
    return (count) => (scale(count) / top) * (this.foot - (this.height < SLIM ? 3 : 6));
  }

  _paintBars(context, width) {
    const scale = this._scale();
    const step = width / NUM_BARS;
    const layers = this._layers();
    context.clearRect(0, 0, width, this.height);
    for (let bar = 0; bar < NUM_BARS; bar++) {
      let { foot } = this;
      const whole = scale(this.total[bar]);
      for (const [, color, counts] of layers) {
        const height = this.total[bar] ? (whole * counts[bar]) / this.total[bar] : 0;
        context.fillStyle = color;
        context.fillRect(bar * step + 0.5, foot - height, Math.max(1, step - 1), height);
        foot -= height;
      }
    }
    this._paintCalibration(context, step);
  }

  /** Right items as a thin mark, wrong ones as a tall mark below it: shape and position differ as well as color. */
  _paintCalibration(context, step) {
    const most = Math.max(1, ...this.calibration.flat());
    const [thin, tall] = this.height < SLIM ? [2, 4] : [3, 6];
    [["good", thin, this.foot + thin], ["wrong", tall, this.height - tall - 1]].forEach(([color, height, top], row) => {
      context.fillStyle = this.colors(color);
      this.calibration[row].forEach((count, bar) => {
        if (!count) return;
        context.globalAlpha = 0.4 + 0.6 * Math.sqrt(count / most);
        context.fillRect(bar * step + 0.5, top, Math.max(2, step - 1), height);
      });
    });
    context.globalAlpha = 1;
  }

  _paintParentRun(context, width) {
    if (!this.parentRun) return;
    const scale = this._scale();
    const step = width / NUM_BARS;
    context.strokeStyle = this.colors("text");
    context.lineWidth = 1;
    context.setLineDash([3, 2]);
    context.beginPath();
    this.parentRun.forEach((count, bar) => {
      const y = this.foot - Math.min(this.foot - 2, scale(count));
      context.lineTo(bar * step, y);
      context.lineTo((bar + 1) * step, y);
    });
    context.stroke();
    context.setLineDash([]);
  }

  /** Say what the colors mean. */
  _fillLegend() {
    const layers = this.stack === "plain" ? [] : this._layers();
    this.legend.dataset.kind = this.stack;
    const entries = layers.map(([name, color, , shape]) => {
      const mark = shape ? make("i.swatch.shape", {}, shape) : make("i.swatch"); // the same shapes as on the tiles
      mark.style.background = color;
      return make("span", {}, mark, name);
    });
    if (this.parentRun) entries.push(make("span", {}, make("i.parent-run"), "parent run"));
    const entry = (kind, text) => make("span", {}, make(`i.${kind}`), text);
    this.legend.replaceChildren(...entries, entry("right-mark", "right"), entry("mark", "wrong (calibration items)"));
  }
}
