/** The grid of tiles: as many elements as cards, dressed anew on every change, painted only when the page changes. */

import { dress, paint, tile } from "./tile.js";
import { make } from "../controls/dom.js";

const SHEET_COLUMNS = 8;
const MOST_AHEAD = 24;
/** Milliseconds after which a finger on a tile counts as held. */
const HOLD = 450;

export class Grid {
  /** @param {{api: import("../sync/api.js").Api, classes: string[], isSmall: boolean,
   *   onPick: (place: number, event: MouseEvent) => void, onOpen: () => void,
   *   onHold: (place: number) => void}} options */
  constructor(options) {
    this.options = options;
    this.element = make("div.grid", {
      role: "listbox", "aria-label": "Images", "aria-multiselectable": "true",
      onclick: (event) => this._clicked(event), ondblclick: (event) => placeOf(event) !== null && options.onOpen(),
      onpointerdown: (event) => this._pressed(event), oncontextmenu: (event) => this.isHeld && event.preventDefault(),
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) this.element.addEventListener(name, () => clearTimeout(this.holding));
    /** @type {HTMLElement[]} */
    this.tiles = [];
  }

  /** @param {import("../state/card_page.js").Deck} deck */
  draw(deck) {
    const { tiles } = this;
    while (tiles.length > deck.cards.length) tiles.pop().remove();
    while (tiles.length < deck.cards.length) {
      tiles.push(tile(tiles.length));
      this.element.append(tiles.at(-1));
    }
    const key = deck.cards.map((card) => card.id).join();
    const sheet = key === this.painted ? null : this._sheet(deck.cards);
    deck.cards.forEach((card, place) => {
      const isCursor = place === deck.cursor;
      dress(tiles[place], card, this.options.classes, { isCursor, isSelected: deck.selected.has(card.id) });
      if (sheet) paint(tiles[place], card, place, sheet);
    });
    this.painted = key;
  }

  /** Bring the cursor's tile into what can be seen, between the page's head and the panel. @param {number} cursor
   * @param {boolean} isTaking the keyboard's focus goes with it, so that the next image is also heard */
  follow(cursor, isTaking) {
    const here = this.tiles[cursor];
    if (isTaking) here?.focus({ preventScroll: true });
    here?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Ask for the pictures of a page that is not shown yet. @param {import("../sync/api.js").Card[]} cards */
  prefetch(cards) {
    if (!cards.length) return;
    const sheet = this._sheet(cards);
    const addresses = sheet.address ? [sheet.address] : cards.slice(0, MOST_AHEAD).map((card) => sheet.single(card.id));
    for (const address of addresses) new Image().src = address;
  }

  get columns() {
    return Math.max(1, getComputedStyle(this.element).gridTemplateColumns.split(" ").length);
  }

  _sheet(cards) {
    const { api, isSmall } = this.options;
    const ids = cards.map((card) => card.id);
    const address = isSmall && ids.length ? api.sprite(ids, SHEET_COLUMNS) : "";
    return { address, columns: SHEET_COLUMNS, rows: Math.ceil(ids.length / SHEET_COLUMNS), single: (id) => api.image(id) };
  }

  /** A finger that stays on a tile marks it, as Ctrl and a click do. */
  _pressed(event) {
    clearTimeout(this.holding);
    this.isHeld = false;
    const place = placeOf(event);
    if (event.pointerType !== "touch" || place === null) return;
    this.holding = setTimeout(() => { this.isHeld = true; this.options.onHold(place); }, HOLD);
  }

  _clicked(event) {
    const place = placeOf(event);
    if (this.isHeld) { this.isHeld = false; return; }
    if (place !== null) this.options.onPick(place, event);
  }
}

function placeOf(event) {
  const element = event.target.closest("[data-place]");
  return element ? Number(element.dataset.place) : null;
}
