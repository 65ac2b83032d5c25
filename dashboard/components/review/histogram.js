/** The histogram that is the threshold control: drag the line, or nudge it with the arrow keys. Counts follow every
 * frame from sums made once; the server is not asked. */

import { addRows, counter } from "./stats.js";
import { make, menu, number, percent } from "./dom.js";

const HEIGHT = 148;
const BARS = 125;
const LABELS = { confidence: "confidence", entropy: "entropy, bits", margin: "margin" };

export class Histogram {
  /** @param {{classes: string[], onGrab: () => void, onRelease: (value: number) => void, onScore: (score: string) => void,
   *   onAccept: () => void}} options */
  constructor(options) {
    this.options = options;
    this.isLog = true;
    this.cut = 950;
    this.data = null;
    this._build();
    new ResizeObserver(() => this._draw()).observe(this.canvas);
  }

  /** @param {object} data answer of the histogram route @param {number} value where the line stands, in the score's unit */
  show(data, value) {
    const isOther = data.score !== this.data?.score;
    this.data = data;
    this.count = counter(data);
    this.bars = grouped(addRows(data.counts), BARS);
    this.wrongBars = grouped(data.wrong, BARS);
    this.score.querySelector("select").value = data.score;
    if (isOther || value !== undefined) this.cut = this._bin(value ?? this._value(this.cut));
    this._frame();
  }

  /** Draw again, in the colors of the theme as it is now. */
  repaint() {
    this._draw();
  }

  get value() {
    return this._value(this.cut);
  }

  _build() {
    this.canvas = make("canvas", { height: HEIGHT });
    this.line = make("div.line", {
      role: "slider", tabindex: "0", "aria-label": "Threshold", "aria-orientation": "horizontal",
      onkeydown: (event) => this._nudge(event),
    }, make("span.grip"));
    this.plot = make("div.plot", { onpointerdown: (event) => this._drag(event) }, this.canvas, this.line);
    this.axis = make("div.axis", { "aria-hidden": "true" });
    this.input = make("input.exact", {
      type: "number", step: "0.001", "aria-label": "Threshold as a number", onchange: () => this._type(),
    });
    const scores = Object.entries(LABELS).map(([key, text]) => [key, text]);
    this.score = menu("Score", scores, "confidence", (score) => this.options.onScore(score));
    const log = make("input", { type: "checkbox", checked: true, onchange: () => this._setLog(log.checked) });
    const head = make("div.head", {}, this.score, make("label.menu", {}, make("span", {}, "Threshold"), this.input),
      make("label.check", {}, log, "log scale"));
    this.words = make("div.words");
    this.error = make("div.words.error");
    this.mix = make("div.mix", { role: "img" });
    this.accept = make("button.primary", { onclick: () => this.options.onAccept() });
    const side = make("div.readout", {}, this.words, this.error, this.mix, this.accept);
    this.element = make("section.histogram", { "aria-label": "Threshold" },
      make("div.left", {}, head, this.plot, this.axis), side);
  }

  _frame() {
    const { data } = this;
    if (!data) return;
    const facts = this.count(this.cut);
    const share = this.cut / data.bins;
    this.line.style.left = `${100 * share}%`;
    const text = this.value.toFixed(3);
    this.line.setAttribute("aria-valuemin", String(data.low));
    this.line.setAttribute("aria-valuemax", data.high.toFixed(3));
    this.line.setAttribute("aria-valuenow", text);
    this.line.setAttribute("aria-valuetext", `${text}: keeps ${number(facts.kept)} of ${number(data.total)}`);
    this.input.value = text;
    this._say(facts, text);
    this._showMix(facts);
    this._draw();
  }

  _say(facts, text) {
    const { data } = this;
    const side = data.score === "entropy" ? "at most" : "at least";
    this.words.replaceChildren(make("b", {}, number(facts.kept)),
      ` of ${number(data.total)} (${percent(facts.coverage)}) have ${data.score} ${side} ${text}`);
    const interval = `[${percent(facts.low)}, ${percent(facts.high)}]`;
    const basis = facts.n ? [` ${interval} · `, make("i.mark"), ` ${number(facts.wrong)} wrong of ${number(facts.n)} calibration items`]
      : [" no calibration item is kept"];
    this.error.replaceChildren("estimated error ", make("b", {}, percent(facts.error)), ...basis);
    const hasRule = data.score !== "margin";
    this.accept.disabled = !hasRule || !facts.open;
    this.accept.textContent = hasRule ? `Accept all ${number(facts.open)} undecided` : "Accept by confidence or entropy";
  }

  _showMix(facts) {
    const { classes } = this.options;
    const rows = classes.length <= 20 ? classes.map((name, label) => [name, label]) : [];
    const most = Math.max(0.001, ...rows.flatMap(([, c]) => [facts.perClass[c] / Math.max(1, facts.kept), this.data.prior[c]]));
    const bars = rows.map(([name, label]) => {
      const share = facts.perClass[label] / Math.max(1, facts.kept);
      const title = `${name}: ${number(facts.perClass[label])} kept (${percent(share)}); labeled ${percent(this.data.prior[label])}`;
      const bar = make("i", { title }, make("small", { "aria-hidden": "true" }, rows.length <= 10 ? String((label + 1) % 10) : ""));
      bar.style.setProperty("--share", `${(100 * share) / most}%`);
      bar.style.setProperty("--prior", `${(100 * this.data.prior[label]) / most}%`);
      return bar;
    });
    this.mix.replaceChildren(...bars);
    this.mix.setAttribute("aria-label", `Class mix of what is kept, with the labeled mix as a line: ${rows
      .map(([name, label]) => `${name} ${number(facts.perClass[label])}`).join(", ")}`);
  }

  _draw() {
    const { canvas, data } = this;
    const width = canvas.clientWidth;
    if (!data || !width) return;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== HEIGHT * ratio) canvas.height = HEIGHT * ratio;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, HEIGHT);
    const style = getComputedStyle(this.element);
    const [kept, left, mark] = ["--kept", "--left", "--wrong"].map((name) => style.getPropertyValue(name).trim());
    const scale = this.isLog ? (count) => Math.log1p(count) : (count) => count;
    const top = scale(Math.max(1, ...this.bars));
    const step = width / BARS;
    const cut = (this.cut / data.bins) * BARS;
    for (let bar = 0; bar < BARS; bar++) {
      const height = (scale(this.bars[bar]) / top) * (HEIGHT - 14);
      const isKept = data.score === "entropy" ? bar < cut : bar + 1 > cut;
      context.fillStyle = isKept ? kept : left;
      context.fillRect(bar * step + 0.5, HEIGHT - 8 - height, Math.max(1, step - 1), height);
      if (!this.wrongBars[bar]) continue;
      context.fillStyle = mark;
      context.fillRect(bar * step + 0.5, HEIGHT - 6, Math.max(2, step - 1), 5);
    }
    const ends = [data.low, (data.low + data.high) / 2, data.high].map((value) => make("span", {}, value.toFixed(1)));
    this.axis.replaceChildren(...ends);
  }

  _drag(event) {
    if (!this.data) return;
    event.preventDefault();
    this.options.onGrab();
    this.plot.setPointerCapture(event.pointerId);
    this.line.focus({ preventScroll: true });
    const move = (moved) => {
      const box = this.canvas.getBoundingClientRect();
      this._moveTo(Math.round(((moved.clientX - box.left) / box.width) * this.data.bins));
    };
    const stop = () => {
      for (const [name, listener] of listeners) this.plot.removeEventListener(name, listener);
      this.options.onRelease(this.value);
    };
    const listeners = [["pointermove", move], ["pointerup", stop], ["pointercancel", stop]];
    for (const [name, listener] of listeners) this.plot.addEventListener(name, listener);
    move(event);
  }

  _nudge(event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way || !this.data) return;
    event.preventDefault();
    event.stopPropagation();
    this._moveTo(this.cut + way * (event.shiftKey ? this.data.bins / 100 : 1));
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.options.onRelease(this.value), 300);
  }

  _type() {
    if (!this.data) return;
    const typed = this.input.value.trim() === "" ? NaN : Number(this.input.value);
    if (Number.isFinite(typed)) this._moveTo(this._bin(typed));
    else this._frame();
    this.options.onRelease(this.value);
  }

  _moveTo(cut) {
    this.cut = Math.max(1, Math.min(this.data.bins - 1, Math.round(cut)));
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this._frame());
  }

  _setLog(isLog) {
    this.isLog = isLog;
    this._draw();
  }

  /** The rule at the line, and what it keeps. */
  get facts() {
    const rule = this.data.score === "entropy" ? "entropy_at_most" : "fixed_threshold";
    const name = this.data.score === "entropy" ? "entropy" : "threshold";
    return { rule, params: { [name]: this.value }, score: this.data.score, ...this.count(this.cut) };
  }

  _value(cut) {
    return this.data.low + (cut * (this.data.high - this.data.low)) / this.data.bins;
  }

  _bin(value) {
    const { low, high, bins } = this.data;
    return Math.max(1, Math.min(bins - 1, Math.round(((value - low) / (high - low)) * bins)));
  }
}

function grouped(counts, groups) {
  const sums = new Array(groups).fill(0);
  counts.forEach((count, bin) => {
    sums[Math.floor((bin * groups) / counts.length)] += count;
  });
  return sums;
}
