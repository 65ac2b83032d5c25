/** Gestures on the map: drag to move, wheel to zoom, draw a lasso or a box, keys. */

/** CSS pixels below which a drag is a click. */
const CLICK = 4;
const STEP = 60;
const ZOOM_STEP = 1.25;

/** @typedef {"pan"|"lasso"|"box"} Mode */
/** @typedef {{onMove: () => void, onHover: (left: number, top: number) => void, onLeave: () => void, onClear: () => void,
 *   onOutline: (outline: [number, number][] | null, isAdding: boolean) => void,
 *   onDraw: (outline: [number, number][]) => void}} Handlers */

export class Gestures {
  /** @param {HTMLElement} element @param {import("./viewport.js").Viewport} viewport @param {Handlers} handlers
   * @param {AbortSignal} signal */
  constructor(element, viewport, handlers, signal) {
    this.element = element;
    this.viewport = viewport;
    this.handlers = handlers;
    /** @type {Mode} */
    this.mode = "pan";
    /** @type {{mode: Mode, from: [number, number], last: [number, number], outline: [number, number][], isAdding: boolean}|null} */
    this.drag = null;
    const listen = (name, act, options = {}) => element.addEventListener(name, act, { signal, ...options });
    listen("pointerdown", (event) => this._begin(event));
    listen("pointermove", (event) => this._move(event));
    listen("pointerup", (event) => this._end(event));
    listen("pointercancel", () => this.cancel());
    listen("pointerleave", () => handlers.onLeave());
    listen("wheel", (event) => this._wheel(event), { passive: false });
    listen("dblclick", () => { viewport.reset(); handlers.onMove(); });
    listen("keydown", (event) => this._key(event));
  }

  cancel() {
    if (!this.drag) return false;
    this.drag = null;
    this.handlers.onOutline(null, false);
    return true;
  }

  /** @returns {[number, number]} place in CSS pixels of the element */
  _place(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  _begin(event) {
    if (event.button !== 0) return;
    const place = this._place(event);
    const mode = event.shiftKey && this.mode === "pan" ? "lasso" : this.mode;
    this.drag = { mode, from: place, last: place, outline: [place], isAdding: event.ctrlKey || event.metaKey };
    this.element.setPointerCapture(event.pointerId);
    this.handlers.onLeave();
  }

  _move(event) {
    const place = this._place(event), { drag } = this;
    if (!drag) return this.handlers.onHover(...place);
    if (drag.mode === "pan") {
      this.viewport.pan(place[0] - drag.last[0], place[1] - drag.last[1]);
      this.handlers.onMove();
    } else {
      drag.outline = drag.mode === "box" ? corners(drag.from, place) : [...drag.outline, place];
      this.handlers.onDraw(drag.outline);
    }
    drag.last = place;
  }

  _end(event) {
    const { drag } = this;
    if (!drag) return;
    this.drag = null;
    if (drag.mode === "pan") return;
    const [left, top] = this._place(event);
    const isClick = Math.hypot(left - drag.from[0], top - drag.from[1]) < CLICK && drag.outline.length < 4;
    this.handlers.onOutline(isClick ? null : drag.outline, drag.isAdding);
  }

  _wheel(event) {
    event.preventDefault();
    this.viewport.zoomAt(ZOOM_STEP ** (-event.deltaY / 100), ...this._place(event));
    this.handlers.onMove();
  }

  _key(event) {
    const { viewport } = this, moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const [left, top] = [viewport.width / 2, viewport.height / 2];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) viewport.pan(...moves[event.key]);
    else if (event.key === "+") viewport.zoomAt(ZOOM_STEP, left, top);
    else if (event.key === "-") viewport.zoomAt(1 / ZOOM_STEP, left, top);
    else if (event.key === "0") viewport.reset();
    else if (event.key === "Escape") { if (!this.cancel()) this.handlers.onClear(); } else return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
    this.handlers.onMove();
  }
}

/** The corners of a box. @param {[number, number]} one @param {[number, number]} other @returns {[number, number][]} */
export function corners([left, top], [right, bottom]) {
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}
