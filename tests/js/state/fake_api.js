/** A fake server for the tests of the page of cards. */

import { CardPage } from "../../../dashboard/components/review/state/card_page.js";

/** Cards in rank order, filtered as the page route does. */
export class FakeApi {
  constructor(size) {
    this.cards = Array.from({ length: size }, (_, rank) => ({ id: 1000 + rank, rank, suggestion: rank % 3, verdict: "", label: null }));
    this.asked = [];
  }
  async page({ start, direction, show, count }) {
    this.asked.push({ start, direction });
    const fits = this.cards.filter((card) => show === "all" || card.verdict === (show === "undecided" ? "" : show));
    const found = direction === "next" ? fits.filter((card) => card.rank >= start).slice(0, count)
      : fits.filter((card) => card.rank < start).slice(-count);
    return { cards: found.map((card) => ({ ...card })), total: this.cards.length, matching: fits.length };
  }
}

/** A page of cards that shows the first page of a fake server. */
export async function loadedPage(size, urlState = { show: "all" }) {
  const api = new FakeApi(size);
  const cardPage = new CardPage(api, urlState);
  await cardPage.load(cardPage.start);
  return { api, cardPage };
}

/** Give a verdict on the card under the cursor and move to the next. */
export const decide = (cardPage, verdict) => {
  cardPage.apply([{ id: cardPage.card.id, verdict, label: null }]);
  return cardPage.advance();
};
