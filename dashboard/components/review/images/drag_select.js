/** Drag selection: selects the tiles that a box touches, dragged with a mouse or a pen.
 *
 * The box is kept in the grid's own coordinates, so that it goes on while the page scrolls; near an edge of the visible
 * part the page scrolls by itself. */

import { make } from "../controls/dom.js";

/** Pixels that a press may move and still be a click. */
const CLICK_DISTANCE = 5;
/** Pixels from an edge within which the page scrolls, and pixels that it scrolls each frame. */
const EDGE = 28;
const SPEED = 14;

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** The boxes that a dragged box touches. @param {Box} dragged @param {Box[]} boxes @returns {number[]} their indexes */
export function touchedBoxes(dragged, boxes) {
  return boxes.map((_, index) => index).filter((index) => {
    const box = boxes[index];
    return box.left < dragged.right && box.right > dragged.left && box.top < dragged.bottom && box.bottom > dragged.top;
  });
}

/** The box between two points, in any order. @param {{x: number, y: number}} one @param {{x: number, y: number}} other @returns {Box} */
export function boxBetween(one, other) {
  return { left: Math.min(one.x, other.x), right: Math.max(one.x, other.x), top: Math.min(one.y, other.y), bottom: Math.max(one.y, other.y) };
}

export class DragSelect {
  /** @param {{element: HTMLElement, onBegin: (isAdding: boolean) => void, onChange: (indexes: number[]|null) => void}} options
   * indexes of the touched tiles; null after a cancel */
  constructor(options) {
    this.options = options;
    this.box = make("div.drag-box", { hidden: true, "aria-hidden": "true" });
    this.isOn = false;
    this.wasOn = false; // a drag has just ended: its click is none
    const { element } = options;
    element.addEventListener("pointerdown", (event) => this._press(event));
    element.addEventListener("click", (event) => { if (this.wasOn) { event.stopImmediatePropagation(); this.wasOn = false; } }, true);
  }

  /** Cancel the drag and restore the earlier selection; returns whether there was a drag. */
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
      if (Math.hypot(here.x - this.from.x, here.y - this.from.y) < CLICK_DISTANCE) return;
      this._begin(event.pointerId);
    }
    this._draw();
  }

  _begin(pointer) {
    const { element, onBegin } = this.options;
    this.isOn = true;
    this.wasOn = true;
    element.setPointerCapture(pointer); // the pointer may leave the grid and even the window
    element.append(this.box);
    this.box.hidden = false;
    onBegin(this.isAdding);
    const scroll = () => {
      if (!this.isOn) return;
      this.scroller.scrollTop += SPEED * this._scrollDirection();
      this.scrolling = requestAnimationFrame(scroll);
    };
    this.scrolling = requestAnimationFrame(scroll);
  }

  _end() {
    this.ending?.abort();
    cancelAnimationFrame(this.scrolling);
    this.isOn = false;
    this.box.remove();
  }

  _draw() {
    const dragged = boxBetween(this.from, this._inside(this.at));
    Object.assign(this.box.style, { left: `${dragged.left}px`, top: `${dragged.top}px`, width: `${dragged.right - dragged.left}px`, height: `${dragged.bottom - dragged.top}px` });
    const around = this.options.element.getBoundingClientRect();
    const tiles = [...this.options.element.querySelectorAll("[data-index]")];
    const boxes = tiles.map((tile) => {
      const { left, right, top, bottom } = tile.getBoundingClientRect();
      return { left: left - around.left, right: right - around.left, top: top - around.top, bottom: bottom - around.top };
    });
    this.options.onChange(touchedBoxes(dragged, boxes));
  }

  /** -1 at the upper edge of the visible part, 1 at the lower edge, which the panel covers; else 0. */
  _scrollDirection() {
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

/** The element that scrolls around another one, also outside its shadow root. @param {Element} element @returns {Element} */
function scrollerOf(element) {
  for (let here = element; here; here = here.parentElement ?? /** @type {ShadowRoot} */ (here.getRootNode()).host) {
    if (here.scrollHeight > here.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(here).overflowY)) return here;
  }
  return document.scrollingElement;
}
