/** Zoomable image: wheel, two fingers or buttons enlarge it; dragging moves it; a double click fits it.
 *
 * While it fits, a swipe sideways asks for the next or the previous image. */

import { make } from "../controls/dom.js";

const MAX_SCALE = 16;
/** Pixels a side up to which an image is enlarged with crisp pixels. */
const MAX_SMALL = 64;

export class Zoom {
  /** @param {boolean} isSmall enlarged with crisp pixels @param {(by: number) => void} onSwipe */
  constructor(isSmall, onSwipe) {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.onSwipe = onSwipe;
    /** The position of each finger. @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    this.image = make("img.large", { draggable: "false", alt: "", onload: () => this._sharpen() });
    this.image.classList.toggle("small", isSmall);
    this.element = make("div.zoom", { onpointerdown: (event) => this._grab(event), ondblclick: () => this.fit() }, this.image);
    this.element.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    const button = (text, label, work) => make("button", { "aria-label": label, title: label, onclick: work }, text);
    this.buttons = make("span.zooming", {}, button("−", "Zoom out", () => this._zoomBy(1 / 1.5)), button("+", "Zoom in", () => this._zoomBy(1.5)),
      button("fit", "Fit the frame", () => this.fit()));
    this.fit();
  }

  /** @param {string} url @param {number} id */
  show(url, id) {
    if (this.blobUrl) URL.revokeObjectURL(this.blobUrl);
    this.blobUrl = url.startsWith("blob:") ? url : null; // holds memory until it is revoked
    this.image.src = url;
    this.image.dataset.image = id;
    this.fit();
  }

  /** Crisp pixels for small images only; the original of a small one may be a photograph. */
  _sharpen() {
    const { naturalWidth, naturalHeight } = this.image;
    this.image.classList.toggle("small", Math.max(naturalWidth, naturalHeight) <= MAX_SMALL);
  }

  fit() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this._transform();
  }

  /** Zoom around a point, which keeps its position. @param {number} factor */
  _zoomBy(factor, x = 0, y = 0) {
    const scale = Math.max(1, Math.min(MAX_SCALE, this.scale * factor));
    const ratio = scale / this.scale;
    Object.assign(this, { scale, x: x - (x - this.x) * ratio, y: y - (y - this.y) * ratio });
    if (scale === 1) Object.assign(this, { x: 0, y: 0 });
    this._transform();
  }

  _wheel(event) {
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    this._zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
  }

  _grab(event) {
    const { pointerId, pointerType, clientX, clientY } = event;
    if (this.scale === 1 && pointerType !== "touch") return;
    event.preventDefault();
    this.element.setPointerCapture(pointerId);
    this.fingers.set(pointerId, { x: clientX, y: clientY });
    const isAlone = this.fingers.size === 1;
    const wasFit = this.scale === 1;
    if (isAlone) this.isPinched = false;
    const ending = new AbortController();
    const { signal } = ending;
    this.element.addEventListener("pointermove", (moved) => moved.pointerId === pointerId && this._drag(moved), { signal });
    const stop = (last) => {
      if (last.pointerId !== pointerId) return;
      ending.abort();
      this.fingers.delete(pointerId);
      const [across, down] = [last.clientX - clientX, last.clientY - clientY];
      if (last.type === "pointerup" && isAlone && wasFit && !this.isPinched && isSwipe(across, down)) this.onSwipe(across < 0 ? 1 : -1);
    };
    for (const name of ["pointerup", "pointercancel"]) this.element.addEventListener(name, stop, { signal });
  }

  /** One finger moves the enlarged image, two zoom around the point between them. */
  _drag(event) {
    const before = [...this.fingers.values()];
    const here = this.fingers.get(event.pointerId);
    const now = { x: event.clientX, y: event.clientY };
    this.fingers.set(event.pointerId, now);
    if (before.length === 1 && this.scale > 1) {
      Object.assign(this, { x: this.x + now.x - here.x, y: this.y + now.y - here.y });
      this._transform();
    } else if (before.length === 2) {
      this.isPinched = true;
      const other = before.find((finger) => finger !== here);
      const box = this.element.getBoundingClientRect();
      const middle = { x: (now.x + other.x) / 2 - box.left - box.width / 2, y: (now.y + other.y) / 2 - box.top - box.height / 2 };
      this._zoomBy(distance(now, other) / Math.max(1, distance(here, other)), middle.x, middle.y);
    }
  }

  _transform() {
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.element.classList.toggle("enlarged", this.scale > 1);
  }
}

const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

/** Whether a movement is long enough and clearly sideways. */
const isSwipe = (across, down) => Math.abs(across) > 48 && Math.abs(across) > 2 * Math.abs(down);
