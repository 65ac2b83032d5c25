/** Card beside the pointer: the image under it, what the run suggests and what was decided. */

import { make } from "../review/controls/dom.js";
import { VERDICTS } from "./point_colors.js";

/** Milliseconds that the pointer stays on a point before its name is asked for. */
const PAUSE = 120;

export class HoverCard {
  /** @param {import("./map_api.js").MapApi} api @param {string[]} classes @param {boolean} isSmall images have few pixels */
  constructor(api, classes, isSmall) {
    this.api = api;
    this.classes = classes;
    this.picture = make(isSmall ? "img.small" : "img", { alt: "", width: 96, height: 96 });
    this.title = make("b");
    this.text = make("span");
    this.name = make("small");
    this.element = make("div.hover-card", { hidden: true, "aria-hidden": "true" }, this.picture, make("div", {}, this.title, this.text, this.name));
    this.id = -1;
  }

  hide() {
    this.element.hidden = true;
    this.id = -1;
    clearTimeout(this.asking);
  }

  /** @param {any} columns @param {number} index @param {number} left @param {number} top @param {import("./viewport.js").Viewport} viewport */
  show(columns, index, left, top, { width, height }) {
    const id = columns.id[index];
    const isRight = left > width - 280, isLow = top > height - 140;
    this.element.style.transform = `translate(${left + (isRight ? -14 : 14)}px, ${top + (isLow ? -14 : 14)}px) translate(${isRight ? -100 : 0}%, ${isLow ? -100 : 0}%)`;
    if (id === this.id) return;
    this.id = id;
    this.element.hidden = false;
    this.picture.src = this.api.image(id);
    const isLabeled = columns.labeled[index] === 1, label = this.classes[columns.label[index]];
    this.title.textContent = this.classes[columns.prediction[index]];
    const decision = VERDICTS[columns.decision[index]];
    this.text.textContent = isLabeled ? "labeled" : `${columns.confidence[index].toFixed(3)} · ${decision}${label && decision === "relabeled" ? ` ${label}` : ""}`;
    this.name.textContent = `image ${id}`;
    clearTimeout(this.asking);
    if (!isLabeled) this.asking = setTimeout(() => this._name(id), PAUSE);
  }

  async _name(id) {
    const name = await this.api.name(id).catch(() => "");
    if (id === this.id && name) this.name.textContent = name;
  }
}
