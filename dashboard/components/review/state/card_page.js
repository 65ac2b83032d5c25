/** Page of cards: one page of a ranking, the prefetched next one, cursor and selection. No DOM. */

import { applyRows } from "../sync/card_rows.js";
import { CONDITIONS, completeChange, conditionsOf } from "./query.js";

/** Cards on a page until it is known how many the window shows. */
const DEFAULT_SIZE = 48;
/** Verdicts of open images; the cursor comes to a skipped one only when it moves forward. */
const OPEN = new Set(["", "skip"]);
/** Values of "show" whose queues hold open images only. */
const OPEN_ONLY = new Set(["undecided", "open"]);
/** Rankings that the server draws: a page names its draw, and so does each decision. */
const DRAWN = new Set(["audit", "mixed", "mixed_margin", "diverse", "badge"]);
/** Rankings that show a part of the pool: no filter says which, so one decision about all of it is not offered. */
const PARTIAL = new Set([...DRAWN, "calibrate", "reject_hunt"]);

export class CardPage {
  /** @param {Pick<import("../sync/api.js").Api, "page"|"card">} api @param {Record<string, any>} urlState */
  constructor(api, urlState) {
    this.api = api;
    /** @type {Record<string, any>} */
    this.query = {
      ranking: urlState.ranking ?? "entropy",
      ...conditionsOf(urlState),
      threshold: urlState.threshold ?? 0.95,
      eta: urlState.eta ?? "0.3",
      drawn: urlState.drawn ?? "",
      like: urlState.like ?? "",
      words: urlState.words ?? "",
      count: DEFAULT_SIZE,
    };
    this.start = Math.max(0, Math.floor(Number(urlState.rank))) || 0;
    this.wantedId = Number(urlState.image ?? NaN);
    /** @type {import("../sync/api.js").Card[]} */
    this.cards = [];
    this.total = 0;
    this.matching = 0;
    this.open = 0;
    /** File name of the image that the ranking "similar" compares with. */
    this.likeName = "";
    /** Whether every image that the filter matches is selected, on all pages. */
    this.isAllMatching = false;
    /** Odd-one-out mode: clicks mark wrong images and Enter accepts the others on the page. */
    this.isOddOneOut = urlState.mode === "odd";
    this.cursor = 0;
    this.anchor = null;
    /** @type {Set<number>} */
    this.selected = new Set();
    /** The next page, requested ahead. @type {{start: number, page: Promise<any>}|null} */
    this.prefetched = null;
    /** Called with the cards of the next page once they have arrived. @type {((cards: object[]) => void)|null} */
    this.onPrefetched = null;
    /** The cards of the next page, once they have arrived. @type {import("../sync/api.js").Card[]} */
    this.nextCards = [];
    /** The page to return to after a visit to one image. @type {{cards: any[], cursor: number}|null} */
    this.beforeVisit = null;
  }

  get card() {
    return this.cards[this.cursor] ?? null;
  }

  /** Change ranking or filter and load the first page; words that cannot be searched for change nothing. */
  async changeQuery(part) {
    const before = { ...this.query };
    Object.assign(this.query, completeChange(this.query, part, this.card?.id));
    await this.load(0).catch((error) => { if (part.words) Object.assign(this.query, before); throw error; });
  }

  /** Load the page that begins at a rank; an older request that answers late is ignored. */
  async load(start, direction = "next", isSame = false) {
    const request = (this.request = Symbol("page"));
    const page = await this.api.page({ ...this.query, start, direction });
    if (request !== this.request) return;
    if (isSame) this.wantedId = this.card?.id ?? NaN;
    if (!page.cards.length && start > 0 && direction === "next") {
      await this.load(0); // the end: begin again with the images that are left
      return;
    }
    this._show(page);
  }

  /** Load the first page of what another model version suggests; among decided images, the page that would come next. */
  restart() {
    this.query.drawn = "";
    this.dropPrefetched(); // of the version before
    return this.load(OPEN_ONLY.has(this.query.show) ? 0 : (this.cards.at(-1)?.rank ?? -1) + 1);
  }

  /** Load this page again, the cursor on the same image if it is still there. */
  async reload() {
    await this.load(this.start, "next", true);
  }

  /** Show the next page, at once if it was prefetched. */
  async forward() {
    if (this.endVisit()) return;
    const last = this.cards.at(-1);
    if (!last) return;
    const start = last.rank + 1;
    const request = (this.request = Symbol("page"));
    const ready = this.prefetched?.start === start ? await this.prefetched.page.catch(() => null) : null;
    if (request !== this.request) return;
    if (ready?.cards.length) this._show(ready);
    else await this.load(start);
  }

  /** Show the page before. @param {"start"|"end"} where place of the cursor on it */
  async back(where = "start") {
    if (this.endVisit()) return;
    const first = this.cards[0];
    if (!first || first.rank === 0) return;
    await this.load(first.rank, "previous");
    if (where === "end") this.cursor = Math.max(0, this.cards.length - 1);
  }

  /** Move the cursor to an image; returns whether it is on this page. */
  moveTo(id) {
    const index = this.cards.findIndex((card) => card.id === id);
    if (index >= 0) this.cursor = index;
    return index >= 0;
  }

  /** Show one image of any rank; turning the page or a decision returns to the page before. @param {number} id */
  async visit(id) {
    if (this.moveTo(id)) return;
    const { ranking, threshold, eta, drawn, like, words } = this.query;
    const card = await this.api.card(id, { ranking, threshold, eta, drawn, like, words });
    this.beforeVisit ??= { cards: this.cards, cursor: this.cursor };
    Object.assign(this, { cards: [card], cursor: 0 });
    this.clearSelection();
  }

  /** Show another number of cards, from the cursor on. @param {number} count */
  async resize(count) {
    const id = this.card?.id;
    this.query.count = count;
    await this.load(this.card?.rank ?? 0);
    this.moveTo(id);
  }

  /** Return from a visit to the page before; returns whether there was a visit. */
  endVisit() {
    if (!this.beforeVisit) return false;
    Object.assign(this, this.beforeVisit, { beforeVisit: null });
    this.clearSelection();
    return true;
  }

  /** Count again how many images the filter matches. */
  async recount() {
    if (this.isDrawn && !this.query.drawn) return; // a page is on its way that draws the queue and counts
    const { matching, open } = await this.api.page({ ...this.query, start: 0, count: 1 });
    Object.assign(this, { matching, open });
  }

  /** Drop the prefetched page because it is out of date. */
  dropPrefetched() {
    this.prefetched = null;
    this.nextCards = [];
  }

  /** Prefetch the next page; a decision may have changed an earlier prefetch. */
  prefetch() {
    const last = this.beforeVisit ? null : this.cards.at(-1);
    if (!last) return this.dropPrefetched();
    const start = last.rank + 1;
    const prefetched = { start, page: this.api.page({ ...this.query, start, direction: "next" }) };
    this.prefetched = prefetched;
    this.nextCards = [];
    prefetched.page.then(({ cards }) => {
      if (this.prefetched !== prefetched) return;
      this.nextCards = cards;
      this.onPrefetched?.(cards);
    }).catch(() => {});
  }

  /** Whether a rank comes after this page. @param {number|undefined} rank */
  isAfterPage(rank) {
    return rank === undefined || rank > (this.cards.at(-1)?.rank ?? -1);
  }

  /** Move the cursor by a number of cards; returns whether it stayed on the page. */
  move(by, isSelecting) {
    const index = this.cursor + by;
    if (index < 0 || index >= this.cards.length) return false;
    if (isSelecting) {
      this.anchor ??= this.cursor;
      this.selectBetween(this.anchor, index);
    } else this.clearSelection();
    this.cursor = index;
    return true;
  }

  selectBetween(one, other) {
    this.isAllMatching = false;
    this.selected = new Set(this.cards.slice(Math.min(one, other), Math.max(one, other) + 1).map((card) => card.id));
  }

  /** Select the cards at some indexes and an earlier selection. @param {number[]} indexes @param {Set<number>} base */
  selectIndexes(indexes, base) {
    this.isAllMatching = false;
    this.anchor = null;
    this.selected = new Set([...base, ...indexes.map((index) => this.cards[index].id)]);
    this.cursor = indexes.at(-1) ?? this.cursor;
  }

  /** Select every image that the filter matches, seen or not; in a queue that is a part of the pool, those on the page. */
  selectAll() {
    this.isAllMatching = this.cards.length > 0 && !PARTIAL.has(this.query.ranking);
    this.selected = new Set(this.cards.map((card) => card.id));
  }

  /** Select the stack of near duplicates of the card under the cursor, as far as it is on this page. */
  selectStack() {
    const stack = this.card?.stack ?? -1;
    if (stack >= 0) this.selectIndexes(this.cards.flatMap((card, index) => (card.stack === stack ? [index] : [])), new Set());
  }

  get numSelected() {
    return this.isAllMatching ? this.matching : this.selected.size;
  }

  /** Select a card, or deselect it. @param {number} index */
  toggle(index) {
    const { id } = this.cards[index];
    this.isAllMatching = false;
    if (!this.selected.delete(id)) this.selected.add(id);
    this.anchor = index;
    this.cursor = index;
  }

  clearSelection() {
    this.selected.clear();
    this.isAllMatching = false;
    this.anchor = null;
  }

  /** Whether the server drew the queue, so that it can be drawn again. */
  get isDrawn() { return DRAWN.has(this.query.ranking); }

  /** The parameters of this page in the URL. @returns {Record<string, string|number|null>} */
  get urlState() {
    const { ranking, eta, drawn, like, words } = this.query;
    return {
      ranking, like, words, eta: ranking.startsWith("mixed") ? eta : null, drawn, ...Object.fromEntries(CONDITIONS.map((name) => [name, this.query[name]])),
      rank: this.start, image: this.card?.id ?? null, mode: this.isOddOneOut ? "odd" : null,
    };
  }

  /** The parameters of a card for the decision log: its queue and rank. */
  logParams({ rank, planted }) {
    const { ranking, eta, drawn, like, words } = this.query;
    if (planted) return { ranking, planted };
    return { ranking, rank, ...(like ? { like: Number(like) } : {}), ...(words ? { words } : {}), ...(this.isDrawn ? { eta: Number(eta), drawn: Number(drawn) } : {}) };
  }

  /** The cards that a verdict applies to: the selection, else the card under the cursor. */
  cardsToDecide() {
    const selected = this.cards.filter((card) => this.selected.has(card.id));
    return selected.length ? selected : this.card ? [this.card] : [];
  }

  /** Move the cursor to the next open card of this page; in a queue of decided images, to the next card. Returns false
   * when none is left. */
  advance() {
    this.clearSelection();
    const from = this.cursor + 1;
    const indexes = this.cards.map((_, index) => (index + from) % this.cards.length);
    const undecided = indexes.find((index) => this.cards[index].verdict === "" && index !== this.cursor);
    const open = indexes.find((index) => index >= from && OPEN.has(this.cards[index].verdict));
    const next = OPEN_ONLY.has(this.query.show) || this.beforeVisit || from >= this.cards.length ? undefined : from;
    const found = open ?? undecided ?? next;
    this.cursor = found ?? this.cursor;
    return found !== undefined;
  }

  /** Whether a queue of undecided images has none left on this page. */
  get isAllDecided() {
    return this.query.show === "undecided" && !this.beforeVisit && this.cards.length > 0 && this.cards.every((card) => card.verdict !== "");
  }

  /** Set what has changed of images. @param {{id:number, verdict?:string, label?:number|null, note?:any, flag?:any}[]} rows */
  apply(rows) {
    applyRows([...this.cards, ...(this.beforeVisit?.cards ?? []), ...this.nextCards], rows);
  }

  _show(page) {
    this.beforeVisit = null;
    Object.assign(this, { cards: page.cards, total: page.total, matching: page.matching, open: page.open, cursor: 0 });
    this.clearSelection();
    this.query.drawn = page.drawn ?? "";
    this.likeName = page.like ?? "";
    this.start = page.cards[0]?.rank ?? 0;
    this.moveTo(this.wantedId);
    this.wantedId = NaN;
    this.prefetch();
  }
}
