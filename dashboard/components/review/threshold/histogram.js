/** The histogram that is the threshold control: drag a line, or nudge it with the arrow keys. Counts follow every frame
 * from sums made once; the server is asked when the line is let go. */

import { Cut } from "./threshold_pair.js";
import { make, menu, number } from "../controls/dom.js";
import { Plot } from "./histogram_plot.js";
import { Readout } from "./selection_summary.js";
import { Target } from "./target_error.js";

const SCORES = [["confidence", "confidence"], ["entropy", "entropy, bits"], ["margin", "margin"]];
/** The rule that keeps what a line on each score keeps, and the name of its number. */
const RULES = { confidence: ["fixed_threshold", "threshold"], entropy: ["entropy_at_most", "entropy"], margin: ["margin_at_least", "margin"] };
const STACKS = [["plain", "one color"], ["verdict", "by verdict"], ["class", "by class"]];
const REACH = 8;

export class Histogram {
  /** @param {{classes: string[], onGrab: () => void, onRelease: (value: number) => void, onScore: (score: string) => void,
   *   onAccept: () => void, onBetween: (range: string) => void, onSteps: (score: string, value: number) => Promise<object>,
   *   onTargets: () => Promise<import("./target_error.js").Targets>}} options */
  constructor(options) {
    this.options = options;
    this.cut = new Cut();
    this.plot = new Plot(options.classes);
    this._build();
    new ResizeObserver(() => this.plot.repaint()).observe(this.plot.canvas);
  }

  get data() {
    return this.cut.data;
  }

  get value() {
    return this.cut.value;
  }

  /** @param {object} data answer of the histogram route @param {number} value where the line stands, in the score's unit
   * @param {number|null} floor where the second line stands */
  show(data, value, floor) {
    this.target.clear(true);
    this.cut.show(data, value, floor);
    this.score.querySelector("select").value = data.score;
    this.plot.show(data);
    const ends = [data.low, (data.low + data.high) / 2, data.high].map((end) => make("span", {}, end.toFixed(1)));
    this.axis.replaceChildren(...ends);
    this._frame();
  }

  /** What the server knows of the cuts around the line. @param {{steps: object[], here: number}} border */
  anchor({ steps, here }) {
    if (this.cut.anchor(steps, here)) this._frame();
  }

  /** Draw again, in the colors of the theme as it is now. */
  repaint() {
    this.plot.repaint();
  }

  /** The rule at the line, and what it keeps. */
  get facts() {
    const [rule, name] = RULES[this.data.score];
    return { rule, params: { [name]: this.value }, score: this.data.score, ...this.cut.facts };
  }

  /** What stands between the lines, as a condition of a queue. */
  get range() {
    const [low, high] = [this.cut.floorValue, this.value].sort((one, other) => one - other);
    return `${this.data.score},${low},${high}`;
  }

  /** The line's value as it stands in the box and in the address. */
  get text() {
    return this.cut.exact === null ? this.value.toFixed(3) : String(Number(this.value.toPrecision(9)));
  }

  _build() {
    const slider = (name, label) => make(`div.${name}`, {
      role: "slider", tabindex: "0", "aria-label": label, "aria-orientation": "horizontal", onkeydown: (event) => this._key(event),
    }, make("span.grip"));
    this.line = slider("line", "Threshold");
    this.floor = slider("line.floor", "Leave below");
    this.box = make("div.plot", { onpointerdown: (event) => this._drag(event) }, this.plot.canvas, this.floor, this.line);
    this.axis = make("div.axis", { "aria-hidden": "true" });
    this.input = make("input.exact", { type: "number", step: "any", "aria-label": "Threshold as a number", onchange: () => this._type() });
    this.score = menu("Score", SCORES, "confidence", (score) => this.options.onScore(score));
    const stack = menu("Color", STACKS, "plain", (kind) => this._paint({ stack: kind }));
    const log = make("input", { type: "checkbox", checked: true, onchange: () => this._paint({ isLog: log.checked }) });
    const head = make("div.head", {}, this.score, make("label.menu", {}, make("span", {}, "Threshold"), this.input), stack,
      make("label.check", {}, log, "log scale"));
    this.readout = new Readout({ classes: this.options.classes, onAccept: () => this.options.onAccept(), onBetween: () => this.options.onBetween(this.range) });
    this.target = new Target({
      load: () => this.options.onTargets(), onRelease: () => this.options.onRelease(this.value),
      onMove: (value) => { this.options.onGrab(); this.cut.toValue(value); this._frame(); },
    });
    this.element = make("section.histogram", { "aria-label": "Threshold" },
      make("div.left", {}, head, this.box, this.axis, this.plot.key, this.target.element), this.readout.element);
  }

  _frame() {
    const { cut, data } = this;
    if (!data) return;
    const [share, floor] = [cut.share, cut.floor / data.bins];
    this.line.style.left = `${100 * share}%`;
    this.floor.style.left = `${100 * floor}%`;
    const says = (line, value, text) => {
      line.setAttribute("aria-valuemin", String(data.low));
      line.setAttribute("aria-valuemax", data.high.toFixed(3));
      line.setAttribute("aria-valuenow", value);
      line.setAttribute("aria-valuetext", text);
    };
    says(this.line, this.text, `${this.text}: keeps ${number(cut.facts.kept)} of ${number(data.total)}`);
    says(this.floor, cut.floorValue.toFixed(3), `${cut.floorValue.toFixed(3)}: leaves ${number(cut.between.left)}`);
    this.input.value = this.text;
    this.readout.show(cut, this.text);
    this.target.stands(data.score, this.value);
    this.plot.shade({ cut: share, floor, isBelow: cut.isBelow });
  }

  _soon() {
    cancelAnimationFrame(this.drawing);
    this.drawing = requestAnimationFrame(() => this._frame());
  }

  _drag(event) {
    if (!this.data) return;
    event.preventDefault();
    this.options.onGrab();
    this.box.setPointerCapture(event.pointerId);
    const isFloor = event.composedPath().includes(this.floor);
    (isFloor ? this.floor : this.line).focus({ preventScroll: true });
    const left = this.box.getBoundingClientRect();
    const move = (moved) => {
      const bin = ((moved.clientX - left.left) / left.width) * this.data.bins;
      if (isFloor) this.cut.toFloor(bin);
      else this.cut.toBin(bin);
      this._soon();
    };
    const ending = new AbortController();
    const stop = () => { ending.abort(); this.options.onRelease(this.value); };
    this.box.addEventListener("pointermove", move, { signal: ending.signal });
    for (const name of ["pointerup", "pointercancel"]) this.box.addEventListener(name, stop, { signal: ending.signal });
    move(event);
  }

  _key(event) {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way || !this.data) return;
    event.preventDefault();
    event.stopPropagation();
    const { cut } = this;
    const percent = event.shiftKey ? this.data.bins / 100 : 1;
    if (event.currentTarget === this.floor) cut.toFloor(cut.floor + way * percent);
    else if (event.shiftKey) cut.toBin(cut.bin + way * percent);
    else this._nudge(way);
    this._soon();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.options.onRelease(this.value), 300);
  }

  /** One image on; where the next cut is not known yet the server is asked for it first. */
  async _nudge(way) {
    if (this.cut.nudge(way) && this.cut.reach >= REACH) return;
    if (this.isAsking) return;
    this.isAsking = true;
    const isWaiting = this.cut.reach === 0;
    try {
      this.anchor(await this.options.onSteps(this.data.score, this.value));
      if (isWaiting) this.cut.nudge(way);
    } catch {
      this.cut.toBin(this.cut.bin + way); // without the server the line moves by a thousandth
    } finally {
      this.isAsking = false;
    }
    this._soon();
  }

  _type() {
    if (!this.data) return;
    const typed = this.input.value.trim() === "" ? NaN : Number(this.input.value);
    if (Number.isFinite(typed)) this.cut.toValue(typed);
    this._frame();
    this.options.onRelease(this.value);
  }

  _paint(part) {
    Object.assign(this.plot, part);
    this.plot.repaint();
  }
}
