/** What the tests of the deck play with. */

import { Deck } from "../../../dashboard/components/review/state/card_page.js";

/** A pool of cards in rank order, filtered as the page route does. */
export class Pool {
  constructor(size) {
    this.cards = Array.from({ length: size }, (_, rank) => ({ id: 1000 + rank, rank, suggestion: rank % 3, verdict: "", label: null }));
    this.asked = [];
  }
  async page(run, { start, direction, show, count }) {
    this.asked.push({ start, direction });
    const fits = this.cards.filter((card) => show === "all" || card.verdict === (show === "undecided" ? "" : show));
    const found = direction === "next" ? fits.filter((card) => card.rank >= start).slice(0, count)
      : fits.filter((card) => card.rank < start).slice(-count);
    return { cards: found.map((card) => ({ ...card })), total: this.cards.length, matching: fits.length };
  }
}

/** A deck on the first page of such a pool. */
export async function deal(size, place = { show: "all" }) {
  const pool = new Pool(size);
  const deck = new Deck(pool, "run", place);
  await deck.load(deck.start);
  return { pool, deck };
}

/** A verdict on the card under the cursor, and on to the next. */
export const decide = (deck, verdict) => {
  deck.apply([{ id: deck.card.id, verdict, label: null }]);
  return deck.advance();
};
