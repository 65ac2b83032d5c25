/** The cards on the table: one page of a ranking, the one after it fetched ahead, cursor and selection. No DOM. */

import { conditionsOf } from "./query.js";

const PAGE = 48;
/** Tiles on a page, from large ones to tiny ones. */
export const SIZES = [24, 48, 96, 200];
/** Verdicts that leave an image to be decided; a skipped one is met again only on the way on. */
const OPEN = new Set(["", "skip"]);
/** Queues of what waits for a decision. */
const OPEN_ONLY = new Set(["undecided", "open"]);
/** Queues that the server draws: the page says which draw it is, and every decision names it. */
const DRAWN = new Set(["audit", "mixed", "diverse"]);

export class Deck {
  /** @param {import("../sync/api.js").Api} api @param {string} run @param {Record<string, string>} place */
  constructor(api, run, place) {
    this.api = api;
    this.run = run;
    /** @type {Record<string, any>} */
    this.query = {
      ranking: place.ranking ?? "entropy",
      ...conditionsOf(place),
      threshold: place.threshold ?? 0.95,
      eta: place.eta ?? "0.3",
      drawn: place.drawn ?? "",
      count: SIZES.includes(Number(place.tiles)) ? Number(place.tiles) : PAGE,
    };
    this.start = Math.max(0, Math.floor(Number(place.rank))) || 0;
    this.wanted = Number(place.image ?? NaN);
    this.cards = [];
    this.total = 0;
    this.matching = 0;
    this.open = 0;
    /** Whether everything that the filter matches is selected, on all pages. */
    this.isAll = false;
    /** Whether clicks mark wrong ones and Enter accepts the rest of the page. */
    this.isOdd = place.mode === "odd";
    this.cursor = 0;
    this.anchor = null;
    /** @type {Set<number>} */
    this.selected = new Set();
    this.ahead = null;
    /** Called with the cards of the next page once they have come. @type {((cards: object[]) => void)|null} */
    this.onAhead = null;
    /** What of it has come. @type {import("../sync/api.js").Card[]} */
    this.next = [];
    /** The page that was left for a visit. @type {{cards: object[], cursor: number}|null} */
    this.away = null;
  }

  get card() {
    return this.cards[this.cursor] ?? null;
  }

  /** Change ranking or filter and begin at the front. */
  async change(part) {
    Object.assign(this.query, "ranking" in part || "eta" in part ? { drawn: "" } : {}, part);
    await this.load(0);
  }

  /** Load the page that begins at a rank; the latest one asked for counts. */
  async load(start, direction = "next", isSame = false) {
    const asked = (this.asked = Symbol("page"));
    const page = await this.api.page(this.run, { ...this.query, start, direction });
    if (asked !== this.asked) return;
    if (isSame) this.wanted = this.card?.id ?? NaN;
    if (!page.cards.length && start > 0 && direction === "next") {
      await this.load(0); // the end: round again for what was left
      return;
    }
    this._take(page);
  }

  /** This page as it is now, the cursor on the same image where that is still here. */
  async again() {
    await this.load(this.start, "next", true);
  }

  /** The next page: at once where it was fetched ahead. */
  async forward() {
    if (this.comeBack()) return;
    const last = this.cards.at(-1);
    if (!last) return;
    const start = last.rank + 1;
    const asked = (this.asked = Symbol("page"));
    const ready = this.ahead?.start === start ? await this.ahead.page.catch(() => null) : null;
    if (asked !== this.asked) return;
    if (ready?.cards.length) this._take(ready);
    else await this.load(start);
  }

  /** The page before. @param {"start"|"end"} where the cursor then stands */
  async back(where = "start") {
    if (this.comeBack()) return;
    const first = this.cards[0];
    if (!first || first.rank === 0) return;
    await this.load(first.rank, "previous");
    if (where === "end") this.cursor = Math.max(0, this.cards.length - 1);
  }

  /** Put the cursor on an image; answers whether it is on this page. */
  goTo(id) {
    const place = this.cards.findIndex((card) => card.id === id);
    if (place >= 0) this.cursor = place;
    return place >= 0;
  }

  /** Show one image out of its turn; turning the page or a decision leads back to where one was. @param {number} id */
  async visit(id) {
    if (this.goTo(id)) return;
    const { ranking, threshold, eta, drawn } = this.query;
    const card = await this.api.card(this.run, id, { ranking, threshold, eta, drawn });
    this.away ??= { cards: this.cards, cursor: this.cursor };
    Object.assign(this, { cards: [card], cursor: 0 });
    this.clear();
  }

  /** Other tiles on a page, from the same place on. @param {number} count */
  async resize(count) {
    const id = this.card?.id;
    this.query.count = count;
    await this.load(this.card?.rank ?? 0);
    this.goTo(id);
  }

  /** Back from a visit; answers whether there was one. */
  comeBack() {
    if (!this.away) return false;
    Object.assign(this, this.away, { away: null });
    this.clear();
    return true;
  }

  /** How much the filter matches now. */
  async recount() {
    const { ranking, threshold, ...words } = this.query;
    const { matching, open } = await this.api.page(this.run, { ...words, ranking, threshold, start: 0, count: 1 });
    Object.assign(this, { matching, open });
  }

  /** What was fetched ahead no longer holds. */
  forget() {
    this.ahead = null;
    this.next = [];
  }

  /** Fetch the next page again: what the server has done may have changed it. */
  renew() {
    const last = this.away ? null : this.cards.at(-1);
    if (!last) return this.forget();
    const start = last.rank + 1;
    const ahead = { start, page: this.api.page(this.run, { ...this.query, start, direction: "next" }) };
    this.ahead = ahead;
    this.next = [];
    ahead.page.then(({ cards }) => {
      if (this.ahead !== ahead) return;
      this.next = cards;
      this.onAhead?.(cards);
    }).catch(() => {});
  }

  /** Whether a rank lies behind this page. @param {number|undefined} rank */
  isAhead(rank) {
    return rank === undefined || rank > (this.cards.at(-1)?.rank ?? -1);
  }

  /** Move the cursor by so many places; answers whether it stayed on the page. */
  move(by, isSelecting) {
    const place = this.cursor + by;
    if (place < 0 || place >= this.cards.length) return false;
    if (isSelecting) {
      this.anchor ??= this.cursor;
      this.selectBetween(this.anchor, place);
    } else this.clear();
    this.cursor = place;
    return true;
  }

  selectBetween(one, other) {
    this.isAll = false;
    this.selected = new Set(this.cards.slice(Math.min(one, other), Math.max(one, other) + 1).map((card) => card.id));
  }

  /** Those at some places, and what was selected before. @param {number[]} places @param {Set<number>} base */
  selectPlaces(places, base) {
    this.isAll = false;
    this.anchor = null;
    this.selected = new Set([...base, ...places.map((place) => this.cards[place].id)]);
    this.cursor = places.at(-1) ?? this.cursor;
  }

  /** Everything that the filter matches, seen or not. */
  selectAll() {
    this.isAll = this.cards.length > 0;
    this.selected = new Set(this.cards.map((card) => card.id));
  }

  /** How many are selected. */
  get numSelected() {
    return this.isAll ? this.matching : this.selected.size;
  }

  toggle(place) {
    const { id } = this.cards[place];
    this.isAll = false;
    if (!this.selected.delete(id)) this.selected.add(id);
    this.anchor = place;
    this.cursor = place;
  }

  clear() {
    this.selected.clear();
    this.isAll = false;
    this.anchor = null;
  }

  /** Whether the queue was drawn, so that it can be drawn anew. */
  get isDrawn() {
    return DRAWN.has(this.query.ranking);
  }

  /** Where a card was shown, as its decision says it. */
  origin({ rank, planted }) {
    const { ranking, eta, drawn } = this.query;
    return planted ? { ranking, planted } : { ranking, rank, ...(this.isDrawn ? { eta: Number(eta), drawn: Number(drawn) } : {}) };
  }

  /** What a verdict applies to: the selection, else the card under the cursor. */
  targets() {
    const chosen = this.cards.filter((card) => this.selected.has(card.id));
    return chosen.length ? chosen : this.card ? [this.card] : [];
  }

  /** Put the cursor on the next undecided card of this page, or where all are decided and looked through again on the
   * next one; answers false where none is left. */
  advance() {
    this.clear();
    const from = this.cursor + 1;
    const places = this.cards.map((_, place) => (place + from) % this.cards.length);
    const next = places.find((place) => this.cards[place].verdict === "" && place !== this.cursor);
    const after = places.find((place) => place >= from && OPEN.has(this.cards[place].verdict));
    const again = OPEN_ONLY.has(this.query.show) || this.away || from >= this.cards.length ? undefined : from;
    const found = after ?? next ?? again;
    this.cursor = found ?? this.cursor;
    return found !== undefined;
  }

  /** Whether a queue of undecided images has none left on this page. */
  get isDone() {
    return this.query.show === "undecided" && !this.away && this.cards.length > 0 && this.cards.every((card) => card.verdict !== "");
  }

  /** Write down what the server or the hand says about images. @param {{id:number, verdict:string, label:number|null}[]} rows */
  apply(rows) {
    const known = new Map(rows.map((row) => [row.id, row]));
    for (const card of [...this.cards, ...(this.away?.cards ?? []), ...this.next]) {
      const row = known.get(card.id);
      if (row) Object.assign(card, { verdict: row.verdict, label: row.label });
    }
  }

  _take(page) {
    this.away = null;
    Object.assign(this, { cards: page.cards, total: page.total, matching: page.matching, open: page.open, cursor: 0 });
    this.clear();
    this.query.drawn = page.drawn ?? "";
    this.start = page.cards[0]?.rank ?? 0;
    this.goTo(this.wanted);
    this.wanted = NaN;
    this.renew();
  }
}
