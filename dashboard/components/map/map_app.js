/** Map of a run's images: colored points, a legend that isolates values, a selection that leads to the review page. */

import { formatNumber, make, makeMenu } from "../review/controls/dom.js";
import { writeUrlState } from "../review/state/url.js";
import { Gestures } from "./gestures.js";
import { HoverCard } from "./hover_card.js";
import { MapApi } from "./map_api.js";
import { Pace, REST, sampleOrder } from "./pace.js";
import { COLORINGS, COLUMN, bytesOf, legendOf, pointColors, setChosenColors, valueOf } from "./point_colors.js";
import { PointIndex } from "./point_index.js";
import { Scatter } from "./scatter.js";
import { Viewport } from "./viewport.js";

/** CSS pixels around the pointer in which a point is found. */
const REACH = 10;
const MODES = [["pan", "move"], ["lasso", "lasso"], ["box", "box"]];

export class MapApp {
  constructor(component) {
    const { data, parentElement } = component;
    this.component = component;
    this.data = data;
    this.root = parentElement;
    setChosenColors(data.colors);
    const asked = new URLSearchParams(window.location.search).get("color");
    this.colorings = [...COLORINGS, ...data.columns.map((name) => [`${COLUMN}${name}`, name])];
    this.coloring = this.colorings.some(([name]) => name === asked) ? asked : "prediction";
    /** The value of the legend that is shown alone. @type {number|null} */
    this.isolated = null;
    this.hasLabeled = true;
    /** @type {Set<number>} indexes of the selected points */
    this.selected = new Set();
    this.pace = new Pace();
    this.ending = new AbortController();
    this.api = new MapApi(data);
    this.canvas = make("canvas.points");
    this.overlay = make("canvas.overlay");
    this.hover = new HoverCard(this.api, data.classes, Math.max(data.height, data.width) <= 64);
    this.stage = make("div.stage", { tabindex: "0", role: "application", "aria-label": "Map of the images: arrow keys move, + and - zoom, 0 shows all, Escape clears the selection" },
      this.canvas, this.overlay, this.hover.element);
    this.legend = make("div.map-legend", { role: "group", "aria-label": "Legend: a click shows one value alone" });
    this.summary = make("span.map-summary", { role: "status" });
    this.review = make("button.primary", { hidden: true, onclick: () => this._review() });
    this.clear = make("button", { hidden: true, onclick: () => this._select([]) }, "clear");
    const selection = make("div.selection", {}, this.summary, this.clear, this.review); // above the map, so that nothing moves
    this.element = make("div.map-app", {}, this._controls(), make("div.map-body", {}, make("div.frame", {}, this.stage, selection), this.legend));
    this.root.append(this.element);
    this._load();
  }

  matches({ project, run, method, seed }) {
    return [project, run, method, seed].join() === [this.data.project, this.data.run, this.data.method, this.data.seed].join();
  }

  /** Draw again after Streamlit has changed the theme. */
  refresh(component) {
    this.component = component;
    writeUrlState({ color: this.coloring }); // Streamlit removes parameters that it does not know when it writes the URL
    this._recolor();
  }

  close() {
    this.ending.abort();
    this.resizing?.disconnect();
    clearTimeout(this.resting);
    this.element.remove();
  }

  _controls() {
    this.modes = MODES.map(([mode, text]) => make("button", { "aria-pressed": String(mode === "pan"), onclick: () => this._setMode(mode) }, text));
    const labeled = make("input", { type: "checkbox", checked: true, onchange: () => { this.hasLabeled = labeled.checked; this._select([]); } });
    return make("div.map-controls", {}, makeMenu("Color by", this.colorings, this.coloring, (name) => this._color(name)),
      make("div.modes", { role: "group", "aria-label": "Drag" }, ...this.modes), make("label.check", {}, labeled, "labeled images (with a ring)"));
  }

  async _load() {
    try {
      const points = await this.api.points(this.data.method, this.data.seed);
      this.order = sampleOrder(points.labeled);
      this.columns = reordered(points, this.order);
      await this._loadColumn();
    } catch (error) {
      this.summary.textContent = error.message;
      return;
    }
    if (this.ending.signal.aborted) return;
    const { x, y, labeled } = this.columns;
    this.index = new PointIndex(x, y);
    this.viewport = new Viewport(x, y);
    this.scatter = new Scatter(this.canvas);
    this.scatter.setPoints(x, y, labeled);
    this.gestures = new Gestures(this.stage, this.viewport, {
      onMove: () => this._draw(true), onHover: (left, top) => this._hover(left, top), onLeave: () => this.hover.hide(),
      onClear: () => this._select([]), onDraw: (outline) => this._outline(outline),
      onOutline: (outline, isAdding) => this._choose(outline, isAdding),
    }, this.ending.signal);
    this.resizing = new ResizeObserver(() => { this.viewport.resize(this.stage.clientWidth, this.stage.clientHeight); this._draw(); });
    this.resizing.observe(this.stage);
    this._recolor();
    this.element.dataset.points = String(this.columns.num);
  }

  get scheme() {
    return getComputedStyle(this.root.host ?? document.body).colorScheme.includes("dark") ? "dark" : "light";
  }

  /** Whether a point is drawn and can be selected or hovered. */
  _isShown(index) {
    if (!this.hasLabeled && this.columns.labeled[index]) return false;
    return this.isolated === null || valueOf(this.columns, this.coloring, index) === this.isolated;
  }

  async _color(name) {
    Object.assign(this, { coloring: name, isolated: null });
    writeUrlState({ color: name });
    try {
      await this._loadColumn();
    } catch (error) {
      this.summary.textContent = error.message;
      return;
    }
    if (this.coloring === name && !this.ending.signal.aborted) this._select([]);
  }

  /** Ask for the groups of the metadata column that colors the points; nothing for another coloring. */
  async _loadColumn() {
    if (!this.coloring.startsWith(COLUMN)) return;
    const { names, isOrdered, values } = await this.api.metadata(this.coloring.slice(COLUMN.length));
    Object.assign(this.columns, { groups: { names, isOrdered }, metadata: Uint8Array.from(this.order, (index) => values[index]) });
  }

  _setMode(mode) {
    this.gestures.mode = mode;
    this.modes.forEach((button, place) => button.setAttribute("aria-pressed", String(MODES[place][0] === mode)));
    this.stage.dataset.mode = mode;
  }

  _recolor() {
    if (!this.columns) return;
    const { columns, coloring, data: { classes }, scheme, selected } = this;
    this.element.dataset.scheme = scheme;
    this.scatter.setColors(pointColors(columns, coloring, classes, scheme, (index) => this._isShown(index), selected));
    this._showLegend();
    this._draw();
  }

  _showLegend() {
    const counts = new Map();
    for (let index = 0; index < this.columns.num; index++) {
      const value = valueOf(this.columns, this.coloring, index);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    const entries = legendOf(this.coloring, this.data.classes, this.scheme, this.columns.groups).filter(({ value }) => counts.has(value));
    this.legend.replaceChildren(...entries.map(({ value, text, color }) => {
      const swatch = make("i");
      swatch.style.background = color;
      const isolate = () => { this.isolated = this.isolated === value ? null : value; this._select([]); };
      return make("button", { "aria-pressed": String(this.isolated === value), title: "Show these alone", onclick: isolate },
        swatch, make("span", {}, text), make("small", {}, formatNumber(counts.get(value))));
    }));
  }

  /** Draw in the next frame. @param {boolean} isMoving draws fewer points where frames are slow, and all of them after a rest */
  _draw(isMoving = false) {
    clearTimeout(this.resting);
    if (isMoving) this.resting = setTimeout(() => this._draw(), REST);
    this.isWhole = !isMoving;
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame((now) => {
      this.isDrawing = false;
      if (this.ending.signal.aborted) return;
      const share = this.isWhole ? 1 : this.pace.moving(now);
      this.element.dataset.share = share.toFixed(3);
      const size = Math.min(12, Math.min(9, Math.max(3, 400 / Math.sqrt(this.columns.num))) * Math.max(1, this.viewport.zoom ** 0.4));
      const [red, green, blue] = bytesOf(this.scheme === "dark" ? "#ffffff" : "#10141a");
      this.scatter.draw(this.viewport, size, [red / 255, green / 255, blue / 255], share);
    });
  }

  _hover(left, top) {
    const [x, y] = this.viewport.toPlane(left, top);
    const index = this.index.nearest(x, y, REACH / this.viewport.scale, (one) => this._isShown(one));
    if (index < 0) this.hover.hide();
    else this.hover.show(this.columns, index, left, top, this.viewport);
  }

  /** Draw the outline of a lasso or a box. @param {[number, number][]} outline in CSS pixels; an empty one clears it */
  _outline(outline) {
    const { overlay, viewport: { width, height } } = this;
    Object.assign(overlay, { width, height });
    if (!outline.length) return;
    const context = overlay.getContext("2d"), style = getComputedStyle(this.element);
    context.beginPath();
    outline.forEach(([left, top]) => context.lineTo(left, top));
    context.closePath();
    context.lineWidth = 1.5;
    context.strokeStyle = style.getPropertyValue("--accent");
    context.stroke();
    context.globalAlpha = 0.12;
    context.fillStyle = style.getPropertyValue("--accent");
    context.fill();
  }

  /** Select the pool images inside an outline. @param {[number, number][]|null} outline @param {boolean} isAdding to those before */
  _choose(outline, isAdding) {
    this._outline([]);
    if (!outline) return;
    const inside = this.index.inside(outline.map(([left, top]) => this.viewport.toPlane(left, top)),
      (index) => !this.columns.labeled[index] && this._isShown(index));
    this._select(isAdding ? [...this.selected, ...inside] : inside);
  }

  /** @param {number[]} indexes */
  _select(indexes) {
    this.selected = new Set(indexes);
    const num = this.selected.size;
    this.review.hidden = this.clear.hidden = !num;
    this.review.textContent = `Review ${num === 1 ? "this image" : `these ${formatNumber(num)} images`}`;
    this.summary.textContent = num ? `${formatNumber(num)} selected` : "";
    this._recolor();
  }

  async _review() {
    this.review.disabled = true;
    try {
      const ids = [...this.selected].map((index) => this.columns.id[index]);
      this.component.setTriggerValue("review", await this.api.saveSet(ids));
    } catch (error) {
      this.summary.textContent = error.message;
    } finally {
      this.review.disabled = false;
    }
  }
}

/** The columns with their rows in another order. @param {any} columns @param {Uint32Array|number[]} order @returns {any} */
function reordered(columns, order) {
  const ordered = (values) => values.constructor.from(order, (index) => values[index]);
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, name === "num" ? values : ordered(values)]));
}
