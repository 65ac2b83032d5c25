/** Boundary strip: the images nearest to the threshold, left out and kept. */

import { make } from "../controls/dom.js";

const NUM_EACH = 8;

export class BoundaryStrip {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], onImage: (id: number) => void}} options */
  constructor(options) {
    this.options = options;
    this.left = make("div.side");
    this.kept = make("div.side");
    this.element = make("div.boundary-strip", { role: "group", "aria-label": "Images at the threshold" },
      make("span.end", {}, "left out"), this.left, make("i.border", { "aria-hidden": "true" }), this.kept, make("span.end", {}, "kept"));
  }

  /** @param {{kept: object[], left: object[]}} border the nearest first on both sides @param {boolean} isBelow kept images lie on the left */
  show({ kept, left }, isBelow) {
    this.left.replaceChildren(...this._side(left, "left out").reverse());
    this.kept.replaceChildren(...this._side(kept, "kept"));
    this.element.classList.toggle("below", isBelow);
  }

  _side(cards, side) {
    const { api, classes, onImage } = this.options;
    const thumbnails = cards.map((card) => {
      const text = `${classes[card.suggestion]} ${card.confidence.toFixed(4)}, ${side}`;
      const button = make("button.thumbnail", { title: `${text}\n${card.why}`, "aria-label": text, "data-id": card.id, onclick: () => onImage(card.id) });
      button.style.backgroundImage = `url("${api.image(card.id)}")`;
      return button;
    });
    return [...thumbnails, ...Array.from({ length: NUM_EACH - thumbnails.length }, () => make("i.thumbnail", { "aria-hidden": "true" }))];
  }
}
