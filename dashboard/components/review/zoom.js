/** A picture that fits its frame and can be enlarged: wheel or buttons to zoom, drag to move, double click to fit. */

import { make } from "./dom.js";

const MOST = 16;

export class Zoom {
  /** @param {boolean} isSmall tiny images are enlarged crisply */
  constructor(isSmall) {
    this.image = make(isSmall ? "img.large.small" : "img.large", { draggable: "false", alt: "" });
    this.element = make("div.zoom", { onpointerdown: (event) => this._grab(event), ondblclick: () => this.fit() }, this.image);
    this.element.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    const button = (text, label, work) => make("button", { "aria-label": label, title: label, onclick: work }, text);
    this.buttons = make("span.zooming", {}, button("−", "Zoom out", () => this._by(1 / 1.5)), button("+", "Zoom in", () => this._by(1.5)),
      button("fit", "Fit the frame", () => this.fit()));
    this.fit();
  }

  /** @param {string} address @param {number} id */
  show(address, id) {
    this.image.src = address;
    this.image.dataset.image = id;
    this.fit();
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
    if (this.scale === 1) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    const from = { x: event.clientX - this.x, y: event.clientY - this.y };
    const ending = new AbortController();
    const move = (moved) => { Object.assign(this, { x: moved.clientX - from.x, y: moved.clientY - from.y }); this._place(); };
    this.element.addEventListener("pointermove", move, { signal: ending.signal });
    for (const name of ["pointerup", "pointercancel"]) this.element.addEventListener(name, () => ending.abort(), { signal: ending.signal });
  }

  _place() {
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.element.classList.toggle("near", this.scale > 1);
  }
}
