/** The border strip: the images nearest to the cut, those just left out beside those just kept. */

import { make } from "../controls/dom.js";

const EACH = 8;

export class Strip {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], onPick: (card: import("../sync/api.js").Card) => void}} options */
  constructor(options) {
    this.options = options;
    this.left = make("div.side");
    this.kept = make("div.side");
    this.element = make("div.strip", { role: "group", "aria-label": "Images at the threshold" },
      make("span.end", {}, "left out"), this.left, make("i.border", { "aria-hidden": "true" }), this.kept, make("span.end", {}, "kept"));
  }

  /** @param {{kept: object[], left: object[]}} border the nearest first on both sides @param {boolean} isBelow kept ones lie on the left */
  show({ kept, left }, isBelow) {
    this.left.replaceChildren(...this._side(left, "left out").reverse());
    this.kept.replaceChildren(...this._side(kept, "kept"));
    this.element.classList.toggle("below", isBelow);
  }

  _side(cards, word) {
    const { api, classes, onPick } = this.options;
    const tiles = cards.map((card) => {
      const text = `${classes[card.suggestion]} ${card.confidence.toFixed(4)}, ${word}`;
      const button = make("button.edge", { title: `${text}\n${card.why}`, "aria-label": text, "data-id": card.id, onclick: () => onPick(card) });
      button.style.backgroundImage = `url("${api.image(card.id)}")`;
      return button;
    });
    return [...tiles, ...Array.from({ length: EACH - tiles.length }, () => make("i.edge", { "aria-hidden": "true" }))];
  }
}
