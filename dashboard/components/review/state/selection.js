/** What a mouse, a pen or a finger does to cursor and selection: click, hold, drag. */

export class Picking {
  /** @param {import("./card_page.js").Deck} deck @param {(isFollowed: boolean) => void} onChange draw, and go to the cursor */
  constructor(deck, onChange) {
    this.deck = deck;
    this.onChange = onChange;
  }

  /** A tile was clicked. @param {number} place @param {MouseEvent & {pointerType?: string}} event */
  pick(place, event) {
    const { deck } = this;
    if (deck.isOdd || (event.pointerType === "touch" && deck.selected.size)) deck.toggle(place);
    else if (event.shiftKey) deck.selectBetween(deck.cursor, place);
    else if (event.ctrlKey || event.metaKey) deck.toggle(place);
    else { deck.clear(); deck.cursor = place; }
    this.onChange(true);
  }

  /** A finger held on a tile: into the selection, or out of it. */
  hold(place) {
    this.deck.toggle(place);
    this.onChange(true);
  }

  /** A band begins. @param {boolean} isAdding what is selected stays so */
  begin(isAdding) {
    const { selected, isAll, cursor } = this.deck;
    this.before = { selected: new Set(selected), isAll, cursor };
    this.base = isAdding || this.deck.isOdd ? this.before.selected : new Set();
  }

  /** The band touches other tiles. @param {number[]|null} places null when it was called off */
  touch(places) {
    if (places) this.deck.selectPlaces(places, this.base);
    else Object.assign(this.deck, this.before);
    this.onChange(false);
  }
}
