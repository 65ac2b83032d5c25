/** The desk's place as it stands in the address: another page at once, the cursor when the hand rests. */

import { CONDITIONS } from "./filters.js";
import { Later } from "./later.js";
import { writePlace } from "./place.js";

export class Address {
  /** @param {import("./desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.noted = "";
    this.later = new Later(1000, () => this.now()); // browsers ignore addresses that change too often
  }

  soon() {
    this.later.soon();
  }

  drop() {
    this.later.drop();
  }

  /** What is drawn has changed. */
  follow() {
    const { deck, isFocus } = this.desk;
    const page = [deck.start, isFocus, ...Object.values(deck.query)].join();
    const isOther = page !== this.noted;
    this.noted = page;
    if (isOther) this.now();
    else this.soon();
  }

  now() {
    if (this.noted === "") return; // nothing is drawn yet: the address knows better
    const { deck, isFocus, line, reviewer } = this.desk;
    const { ranking, eta, drawn, count } = deck.query;
    writePlace({
      ranking, eta: ranking === "mixed" ? eta : null, drawn, ...Object.fromEntries(CONDITIONS.map((name) => [name, deck.query[name]])),
      rank: deck.start, image: deck.card?.id ?? null, view: isFocus ? "focus" : null, mode: deck.isOdd ? "odd" : null,
      tiles: count === 48 ? null : count, reviewer: reviewer.word, ...line.words,
    });
  }
}
