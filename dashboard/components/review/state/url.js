/** The review page's state in the URL: ranking, filters, rank, view, threshold. A refresh or a shared link restores it. */

import { Later } from "./debounce.js";
import { CONDITIONS } from "./query.js";

const NAMES = ["ranking", "rank", "image", "view", "mode", "tiles", "eta", "drawn", "threshold", "floor", "score", "reviewer", ...CONDITIONS];

/** @returns {Record<string, string>} what the URL says */
export function readPlace() {
  const query = new URLSearchParams(window.location.search);
  return Object.fromEntries(NAMES.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
}

/** @param {Record<string, string|number|null>} place null removes */
export function writePlace(place) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(place)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
}

export class Address {
  /** @param {import("../review_app.js").Desk} desk */
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
