/** The desk's place as it stands in the address: another page at once, the cursor when the hand rests. */

import { CONDITIONS } from "./filters.js";
import { Later } from "./later.js";
import { writePlace } from "./place.js";

export class Address {
  /** @param {import("./desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.noted = "";
    this.path = window.location.pathname;
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

  /** On the way to another page, project or run the address is none of ours. */
  get isOurs() {
    const { pathname, search } = window.location, query = new URLSearchParams(search), { project, run } = this.desk.data;
    return pathname === this.path && Object.entries({ project, run }).every(([name, ours]) => (query.get(name) ?? ours) === ours);
  }

  now() {
    if (this.noted === "" || !this.isOurs) return; // before anything is drawn the address knows better
    const { deck, isFocus, line, reviewer } = this.desk;
    const { ranking, eta, drawn, count } = deck.query;
    writePlace({
      ranking, eta: ranking === "mixed" ? eta : null, drawn, ...Object.fromEntries(CONDITIONS.map((name) => [name, deck.query[name]])),
      rank: deck.start, image: deck.card?.id ?? null, view: isFocus ? "focus" : null, mode: deck.isOdd ? "odd" : null,
      tiles: count === 48 ? null : count, reviewer: reviewer.word, ...line.words,
    });
  }
}
