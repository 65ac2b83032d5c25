/** Grid of tiles: one tile for each card; images are painted only when the page changes. */

import { make } from "../controls/dom.js";
import { makeTile, paintTile, updateTile } from "./tile.js";

const SHEET_COLUMNS = 8;
/** Images of the next page that are fetched ahead. */
const MAX_PREFETCHED = 24;
/** Milliseconds after which a finger on a tile counts as held. */
const HOLD = 450;

export class Grid {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], isSmall: boolean,
   *   onClick: (index: number, event: MouseEvent) => void, onOpen: () => void,
   *   onHold: (index: number) => void}} options */
  constructor(options) {
    this.options = options;
    this.element = make("div.grid", {
      role: "listbox", "aria-label": "Images", "aria-multiselectable": "true",
      onclick: (event) => this._clicked(event), ondblclick: (event) => indexOf(event) !== null && options.onOpen(),
      onpointerdown: (event) => this._pressed(event), oncontextmenu: (event) => this.isHeld && event.preventDefault(),
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) this.element.addEventListener(name, () => clearTimeout(this.holding));
    /** @type {HTMLElement[]} */
    this.tiles = [];
  }

  /** @param {import("../state/card_page.js").CardPage} cardPage */
  draw(cardPage) {
    const { tiles } = this;
    while (tiles.length > cardPage.cards.length) tiles.pop().remove();
    while (tiles.length < cardPage.cards.length) {
      tiles.push(makeTile(tiles.length));
      this.element.append(tiles.at(-1));
    }
    const key = cardPage.cards.map((card) => card.id).join();
    const sheet = key === this.painted ? null : this._sheet(cardPage.cards);
    cardPage.cards.forEach((card, index) => {
      const isCursor = index === cardPage.cursor;
      updateTile(tiles[index], card, this.options.classes, { isCursor, isSelected: cardPage.selected.has(card.id) });
      if (sheet) paintTile(tiles[index], card, index, sheet);
    });
    this.painted = key;
    const focused = tiles.findIndex((tile) => tile.matches(":focus"));
    if (focused >= 0 && focused !== cardPage.cursor) tiles[cardPage.cursor]?.focus({ preventScroll: true }); // its frame would be a second one
  }

  /** Scroll to the cursor's tile, between the page's header and the panel. @param {number} cursor
   * @param {boolean} isFocused the tile gets the keyboard's focus, so that a screen reader announces it */
  follow(cursor, isFocused) {
    const tile = this.tiles[cursor];
    if (isFocused) tile?.focus({ preventScroll: true });
    tile?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Fetch the images of the next page. @param {import("../sync/api.js").Card[]} cards */
  prefetch(cards) {
    if (!cards.length) return;
    const sheet = this._sheet(cards);
    const urls = sheet.url ? [sheet.url] : cards.slice(0, MAX_PREFETCHED).map((card) => sheet.single(card.id));
    for (const url of urls) new Image().src = url;
  }

  get columns() {
    return Math.max(1, getComputedStyle(this.element).gridTemplateColumns.split(" ").length);
  }

  _sheet(cards) {
    const { api, isSmall } = this.options;
    const ids = cards.map((card) => card.id);
    const url = isSmall && ids.length ? api.sprite(ids, SHEET_COLUMNS) : "";
    return { url, columns: SHEET_COLUMNS, rows: Math.ceil(ids.length / SHEET_COLUMNS), single: (id) => api.image(id) };
  }

  /** A finger held on a tile selects it, like Ctrl and a click. */
  _pressed(event) {
    clearTimeout(this.holding);
    this.isHeld = false;
    const index = indexOf(event);
    if (event.pointerType !== "touch" || index === null) return;
    this.holding = setTimeout(() => { this.isHeld = true; this.options.onHold(index); }, HOLD);
  }

  _clicked(event) {
    const index = indexOf(event);
    if (this.isHeld) { this.isHeld = false; return; }
    if (index !== null) this.options.onClick(index, event);
  }
}

function indexOf(event) {
  const element = event.target.closest("[data-index]");
  return element ? Number(element.dataset.index) : null;
}
