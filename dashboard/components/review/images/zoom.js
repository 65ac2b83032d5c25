/** A picture that fits its frame and can be enlarged: wheel, two fingers or buttons to zoom, drag to move, double click
 * to fit. While it fits, a finger wiped sideways asks for the image before or after. */

import { make } from "../controls/dom.js";

const MOST = 16;
/** Pixels a side up to which a picture is enlarged crisply. */
const TINY = 64;

export class Zoom {
  /** @param {boolean} isSmall tiny images are enlarged crisply @param {(by: number) => void} onSwipe */
  constructor(isSmall, onSwipe) {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.onSwipe = onSwipe;
    /** Where each finger is. @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    this.image = make("img.large", { draggable: "false", alt: "", onload: () => this._sharpen() });
    this.image.classList.toggle("small", isSmall);
    this.element = make("div.zoom", { onpointerdown: (event) => this._grab(event), ondblclick: () => this.fit() }, this.image);
    this.element.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    const button = (text, label, work) => make("button", { "aria-label": label, title: label, onclick: work }, text);
    this.buttons = make("span.zooming", {}, button("−", "Zoom out", () => this._by(1 / 1.5)), button("+", "Zoom in", () => this._by(1.5)),
      button("fit", "Fit the frame", () => this.fit()));
    this.fit();
  }

  /** @param {string} address @param {number} id */
  show(address, id) {
    if (this.borrowed) URL.revokeObjectURL(this.borrowed);
    this.borrowed = address.startsWith("blob:") ? address : null; // its memory is held until it is given back
    this.image.src = address;
    this.image.dataset.image = id;
    this.fit();
  }

  /** Pixels as crisp squares for tiny pictures only; the original of a tiny one may be a photograph. */
  _sharpen() {
    const { naturalWidth, naturalHeight } = this.image;
    this.image.classList.toggle("small", Math.max(naturalWidth, naturalHeight) <= TINY);
  }

  fit() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this._place();
  }

  /** Enlarge so that the point stays where it is. @param {number} factor */
  _by(factor, x = 0, y = 0) {
    const scale = Math.max(1, Math.min(MOST, this.scale * factor));
    const real = scale / this.scale;
    Object.assign(this, { scale, x: x - (x - this.x) * real, y: y - (y - this.y) * real });
    if (scale === 1) Object.assign(this, { x: 0, y: 0 });
    this._place();
  }

  _wheel(event) {
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    this._by(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
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

  /** One finger moves the enlarged picture, two enlarge it around the point between them. */
  _drag(event) {
    const before = [...this.fingers.values()];
    const here = this.fingers.get(event.pointerId);
    const now = { x: event.clientX, y: event.clientY };
    this.fingers.set(event.pointerId, now);
    if (before.length === 1 && this.scale > 1) {
      Object.assign(this, { x: this.x + now.x - here.x, y: this.y + now.y - here.y });
      this._place();
    } else if (before.length === 2) {
      this.isPinched = true;
      const other = before.find((finger) => finger !== here);
      const box = this.element.getBoundingClientRect();
      const middle = { x: (now.x + other.x) / 2 - box.left - box.width / 2, y: (now.y + other.y) / 2 - box.top - box.height / 2 };
      this._by(apart(now, other) / Math.max(1, apart(here, other)), middle.x, middle.y);
    }
  }

  _place() {
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.element.classList.toggle("near", this.scale > 1);
  }
}

const apart = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);

/** Far enough, and clearly sideways. */
const isSwipe = (across, down) => Math.abs(across) > 48 && Math.abs(across) > 2 * Math.abs(down);
