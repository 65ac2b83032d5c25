/** Drag over the grid with a mouse or a pen: a band, and the tiles that it touches. Held in the content's own places, so
 * that it goes on while the page scrolls; near an edge of what can be seen the page scrolls by itself. */

import { make } from "../controls/dom.js";

/** Pixels that a press may wander and still be a click. */
const SLACK = 5;
/** Pixels from an edge at which the page begins to scroll, and pixels a frame at which it does. */
const EDGE = 28;
const SPEED = 14;

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** Which boxes a band touches. @param {Box} band @param {Box[]} boxes @returns {number[]} their places */
export function touched(band, boxes) {
  return boxes.map((_, place) => place).filter((place) => {
    const box = boxes[place];
    return box.left < band.right && box.right > band.left && box.top < band.bottom && box.bottom > band.top;
  });
}

/** The box between two points, in any order. @param {{x: number, y: number}} one @param {{x: number, y: number}} other @returns {Box} */
export function boxOf(one, other) {
  return { left: Math.min(one.x, other.x), right: Math.max(one.x, other.x), top: Math.min(one.y, other.y), bottom: Math.max(one.y, other.y) };
}

export class Band {
  /** @param {{element: HTMLElement, onBegin: (isAdding: boolean) => void, onChange: (places: number[]|null) => void}} options
   * places that the band touches; null once it was called off */
  constructor(options) {
    this.options = options;
    this.box = make("div.band", { hidden: true, "aria-hidden": "true" });
    this.isOn = false;
    this.wasOn = false;
    const { element } = options;
    element.addEventListener("pointerdown", (event) => this._press(event));
    element.addEventListener("click", (event) => { if (this.wasOn) { event.stopImmediatePropagation(); this.wasOn = false; } }, true);
  }

  /** Call it off: what was selected before is selected again; answers whether there was a band. */
  cancel() {
    if (!this.isOn) return false;
    this._end();
    this.options.onChange(null);
    return true;
  }

  _press(event) {
    this.wasOn = false;
    if (event.pointerType === "touch" || event.button !== 0) return;
    const { element } = this.options;
    this.from = this._inside(event);
    this.isAdding = event.shiftKey || event.ctrlKey || event.metaKey;
    this.scroller = scrollerOf(element);
    this.ending = new AbortController();
    const { signal } = this.ending;
    const move = (moved) => moved.pointerId === event.pointerId && this._move(moved);
    const stop = (last) => last.pointerId === event.pointerId && this._end();
    window.addEventListener("pointermove", move, { signal });
    window.addEventListener("pointerup", stop, { signal });
    window.addEventListener("pointercancel", () => this.cancel() || this._end(), { signal });
    this.scroller.addEventListener("scroll", () => this.isOn && this._draw(), { signal });
  }

  _move(event) {
    this.at = { clientX: event.clientX, clientY: event.clientY };
    if (!this.isOn) {
      const here = this._inside(event);
      if (Math.hypot(here.x - this.from.x, here.y - this.from.y) < SLACK) return;
      this._begin(event.pointerId);
    }
    this._draw();
  }

  _begin(pointer) {
    const { element, onBegin } = this.options;
    this.isOn = true;
    this.wasOn = true;
    element.setPointerCapture(pointer); // the hand may leave the grid and even the window
    element.append(this.box);
    this.box.hidden = false;
    onBegin(this.isAdding);
    const creep = () => {
      if (!this.isOn) return;
      this.scroller.scrollTop += SPEED * this._pull();
      this.creeping = requestAnimationFrame(creep);
    };
    this.creeping = requestAnimationFrame(creep);
  }

  _end() {
    this.ending?.abort();
    cancelAnimationFrame(this.creeping);
    this.isOn = false;
    this.box.remove();
  }

  _draw() {
    const band = boxOf(this.from, this._inside(this.at));
    Object.assign(this.box.style, { left: `${band.left}px`, top: `${band.top}px`, width: `${band.right - band.left}px`, height: `${band.bottom - band.top}px` });
    const around = this.options.element.getBoundingClientRect();
    const tiles = [...this.options.element.querySelectorAll("[data-place]")];
    const boxes = tiles.map((tile) => {
      const { left, right, top, bottom } = tile.getBoundingClientRect();
      return { left: left - around.left, right: right - around.left, top: top - around.top, bottom: bottom - around.top };
    });
    this.options.onChange(touched(band, boxes));
  }

  /** -1 at the upper edge of what can be seen, 1 at the lower one, which the panel covers; else 0. */
  _pull() {
    const style = getComputedStyle(this.options.element);
    const { top, bottom } = this.scroller.getBoundingClientRect();
    const covered = parseFloat(style.getPropertyValue("--covered")) || 0;
    const head = parseFloat(style.getPropertyValue("--head")) || 0;
    if (this.at.clientY < top + head + EDGE) return -1;
    return this.at.clientY > bottom - covered - EDGE ? 1 : 0;
  }

  _inside({ clientX, clientY }) {
    const { left, top } = this.options.element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

/** What scrolls around an element, through the edges of shadows. @param {Element} element @returns {Element} */
function scrollerOf(element) {
  for (let here = element; here; here = here.parentElement ?? /** @type {ShadowRoot} */ (here.getRootNode()).host) {
    if (here.scrollHeight > here.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(here).overflowY)) return here;
  }
  return document.scrollingElement;
}
