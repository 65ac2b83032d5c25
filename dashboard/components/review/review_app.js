/** The review desk: histogram, cards and decisions in one surface. It decides in the browser; the server keeps. */

import { SINGLE, imagesOf } from "./sync/responses.js";
import { Address, readPlace, writePlace } from "./state/url.js";
import { Api } from "./sync/api.js";
import { heardOf } from "./images/tile.js";
import { Deck } from "./state/card_page.js";
import { searchClass, showKeys } from "./controls/dialogs.js";
import { painted } from "./controls/dom.js";
import { isMoving, oddQuery, restOf } from "./state/query.js";
import { Later } from "./state/debounce.js";
import { leaving } from "./threshold/threshold_panel.js";
import { Hand } from "./sync/commands.js";
import { actionOf, restHome } from "./controls/keyboard.js";
import { Picking } from "./state/selection.js";
import { Questions } from "./controls/bulk_confirm.js";
import { Reviewer } from "./state/reviewer.js";
import { surfaceOf } from "./layout.js";
import { emptiness } from "./controls/toolbar.js";
import { Turning } from "./state/page_loading.js";

export class Desk {
  /** @type {import("./layout.js").Surface["line"]} */ line;
  /** @type {import("./layout.js").Surface["past"]} */ past;
  /** @type {import("./layout.js").Surface["tools"]} */ tools;
  /** @type {import("./layout.js").Surface["grid"]} */ grid;
  /** @type {import("./layout.js").Surface["focus"]} */ focus;
  /** @type {import("./layout.js").Surface["band"]} */ band;
  /** @type {import("./layout.js").Surface["saved"]} */ saved;
  /** @type {import("./layout.js").Surface["notice"]} */ notice;
  /** @type {HTMLElement} */ element;
  /** @type {HTMLElement} */ empty;
  /** @type {HTMLElement} */ because;
  /** @type {HTMLElement} */ heard;

  constructor(component) {
    const { data } = component;
    this.component = component;
    this.root = component.parentElement;
    this.data = data;
    this.place = readPlace();
    this.reviewer = new Reviewer(this.place.reviewer, window.localStorage);
    this.api = new Api(data.project, data.fingerprint, this.reviewer);
    this.deck = new Deck(this.api, data.run, { ...this.place, threshold: this.place.threshold ?? data.threshold });
    this.isFocus = this.place.view === "focus";
    this.isClosed = false;
    this.address = new Address(this);
    this.turning = new Turning((sentence) => this.notice.pass(sentence));
    this.counting = new Later(300, () => this.run(() => this._count()));
    this.picking = new Picking(this.deck, (isFollowed) => { this.render(); if (isFollowed) this._follow(true); });
    Object.assign(this, surfaceOf(this));
    this._dress();
    this.root.append(this.element);
    this.deck.onAhead = (cards) => { this.grid.prefetch(cards); if (this.isFocus) this.focus.prefetch(this.deck); };
    this.hand = new Hand({
      deck: this.deck, data, reviewer: this.reviewer, send: (batch, isLast) => this.api.commands(data.run, batch, isLast),
      onState: (state) => this.saved.show(state), onDone: (change) => this._decided(change),
      onAnswer: (answer, reasons, settle) => this._answered(answer, reasons, settle), onSent: (commands) => this._sent(commands),
    });
    this.questions = new Questions({
      root: this.root, api: this.api, run: data.run, classes: data.classes, deck: this.deck, hand: this.hand, line: this.line, reviewer: this.reviewer,
    });
    this._listen();
    this.load(() => Promise.all([this.line.load(), this.deck.load(this.deck.start), this.past.load()]), true);
    if (this.reviewer.warning) this.notice.pass(this.reviewer.warning);
  }

  matches(data) {
    return this.data.project === data.project && this.data.run === data.run;
  }

  /** The theme or something that we do not show has changed. */
  refresh(component) {
    this.component = component;
    this._dress();
    requestAnimationFrame(() => this.line.histogram.repaint());
    this.address.now(); // when Streamlit writes the address it drops what it does not know
    this.address.soon();
  }

  close() {
    this.isClosed = true;
    for (const work of [this.address, this.counting]) work.drop();
    this.line.close();
    this.hand.outbox.close();
    this.ending.abort();
    this.element.remove();
  }

  /** The colors of verdicts follow the theme, light or dark. */
  _dress() {
    this.element.dataset.scheme = getComputedStyle(this.root.host ?? document.body).colorScheme.includes("dark") ? "dark" : "light";
  }

  _listen() {
    this.ending = new AbortController();
    const { signal } = this.ending;
    document.addEventListener("keydown", (event) => this._key(event), { signal });
    window.addEventListener("winnow-address", () => this.address.now(), { signal }); // assets/history.html
    window.addEventListener("pagehide", () => this.hand.outbox.flush(true), { signal });
    window.addEventListener("blur", () => this.hand.outbox.flush(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.hand.outbox.flush(true), { signal });
    leaving(this.element, this.line, signal);
    restHome(this.element, () => this._goHome());
  }

  _key(event) {
    if (!this.element.isConnected || this.root.querySelector("dialog[open]") || document.querySelector("[role=dialog]")) return;
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || !this.turning.isOn) this.act(action); // a key held down does not run ahead of the page
  }

  /** Do what a key or a button asks for. @param {{action: string, [key: string]: any}} asked */
  act(asked) {
    const { action } = asked;
    if (this.band.isOn && action !== "clear") return; // the hand is busy
    if (this.deck.isOdd && action === "accept" && !this.isFocus && !this.deck.isAll && restOf(this.deck.cards, this.deck.selected).length) {
      if (this.turning.admits()) this._acceptRest();
      return;
    }
    if (SINGLE.has(action)) this._decide(action, asked.label);
    else if (action === "undo") this.hand.undo();
    else if (action === "move") this.turning.after(() => this._move(asked));
    else if (action === "selectAll") { this.deck.selectAll(); this.render(); }
    else if (action === "clear") { if (!this.band.cancel()) { this.deck.clear(); this.notice.say(""); this.render(); } }
    else if (action === "toggle") { this.isFocus = !this.isFocus; this.render(); this._follow(); }
    else if (action === "help") showKeys(this.root);
    else if (action === "search") searchClass(this.root, this.data.classes, (label) => this._decide("relabel", label));
    else if (action === "forward" || action === "back") this.turning.after(() => this.turn(action));
  }

  /** A verdict on what is selected; on all that the filter matches only once its number has been read. */
  _decide(verdict, label) {
    if (!this.turning.admits()) return;
    if (this.deck.isAll) this.run(() => this.questions.all(verdict, label));
    else this.hand.decide(verdict, label);
  }

  /** The hand has decided: on to the next page where this one is done. @param {{isTurning?: boolean}} change */
  _decided({ isTurning }) {
    if (isTurning) this.turn("forward");
    else { this.render(); this._follow(); }
  }

  /** In and out of the odd-one-out mode. */
  odd() {
    this.deck.isOdd = !this.deck.isOdd;
    this.isFocus = false;
    if (this.deck.isOdd) this.change(oddQuery(this.deck.query, this.deck.card?.suggestion ?? 0));
    else { this.deck.clear(); this.render(); }
  }

  /** Enter in the odd-one-out mode: all of this page but the marked ones, as one decision; these stay marked. */
  _acceptRest() {
    const { deck } = this;
    const odd = new Set(deck.selected);
    this.hand.decidePage(restOf(deck.cards, odd), "accept");
    if (!odd.size) { this.turn("forward"); return; }
    deck.goTo([...odd][0]);
    this.render();
    this._follow();
  }

  _sent(commands) {
    this.past.push(commands.map((command) => {
      const [image, ...more] = imagesOf(command);
      return { key: command.command_id, verdict: command.verdict, image: more.length ? undefined : image, count: 1 + more.length };
    }));
  }

  _answered(answer, reasons, settle) {
    if (this.isClosed) return;
    this.notice.say(reasons);
    this.turning.after(() => this.run(async () => {
      if (this.isClosed) return;
      const isElsewhere = await settle();
      this.render();
      if (isElsewhere) this._follow();
      if (this.deck.isDone && !this.hand.outbox.waiting.length && !this.turning.isOn) this.load(() => this.deck.load(this.deck.start), true);
    }));
    this.counting.soon();
  }

  /** @param {any} asked by: columns and rows */
  _move({ by, isSelecting }) {
    const step = by[0] + by[1] * (this.isFocus ? 1 : this.grid.columns);
    if (this.deck.move(step, isSelecting)) { this.render(); this._follow(true); }
    else if (!isSelecting) this.turn(step > 0 ? "forward" : "back", step === -1 ? "end" : "start");
  }

  /** Another queue. @param {Record<string, string>} part */
  change(part) {
    this.load(() => this.deck.change(part));
    this.tools.adopt(this.deck.query);
  }

  /** Another page. */
  turn(way, where) {
    this.load(() => this.deck[way](where), true);
  }

  /** Another page: what is still on its way is drawn over what the server says. @param {() => Promise<any>} work
   * @param {boolean} isFollowed the window goes to the cursor @returns {Promise<void>} it can be seen */
  load(work, isFollowed = false) {
    this.notice.say("");
    return this.run(() => this.turning.during(async () => {
      await work();
      this.hand.redraw();
      this.render();
      if (isFollowed) this._follow();
      await painted(); // a key pressed before would mean a card that nobody has seen
    }));
  }

  /** Somebody else sits down: what was decided so far stays under the name it was decided under. @param {string} name */
  review(name) {
    this.tools.greet(this.reviewer.change(name));
    this.hand.forget();
    this.address.now();
    this.load(() => this.deck.load(this.deck.start));
  }

  /** The line was let go. @returns {Promise<void>} the grid shows what belongs there */
  async released() {
    const { words } = this.line;
    if (words.threshold) this.deck.query.threshold = words.threshold;
    writePlace(words);
    if (["border", "reject_hunt"].includes(this.deck.query.ranking)) await this.load(() => this.deck.change({}));
  }

  /** One image, out of its turn. */
  async visit(id) {
    await this.deck.visit(id);
    this.isFocus = true;
    this.render();
    this._follow();
  }

  /** Histogram and counts as they are now; the hand may go on meanwhile. */
  async _count() {
    await this.line.load();
    if (!this.hand.outbox.waiting.length) await this.past.load();
    if (!isMoving(this.deck.query) || this.hand.outbox.waiting.length) return;
    await this.deck.recount();
    if (!this.isClosed) this.tools.show(this.deck);
  }

  /** The window goes to the cursor, and the keyboard's focus too unless it stands on a control. @param {boolean} isForced */
  _follow(isForced = false) {
    if (this.isClosed) return;
    const active = this.root.activeElement ?? document.activeElement;
    const isFree = isForced || !active?.matches("input, textarea, select, button, summary, [role=slider]");
    if (!this.isFocus) this.grid.follow(this.deck.cursor, isFree);
    else if (isFree) this.focus.element.focus({ preventScroll: true });
  }

  /** The keyboard comes back to the image. */
  _goHome() {
    const home = this.isFocus ? this.focus.element : this.grid.tiles[this.deck.cursor];
    (home?.checkVisibility() ? home : this.element).focus({ preventScroll: true });
  }

  /** Draw what the deck holds. */
  render() {
    if (this.isClosed) return;
    const { deck } = this;
    const isEmpty = !deck.cards.length;
    this.line.element.hidden = this.isFocus; // one image has the window for itself
    this.grid.element.hidden = this.isFocus || isEmpty;
    this.focus.element.hidden = !this.isFocus || isEmpty;
    this.empty.hidden = !isEmpty;
    if (isEmpty) this.empty.textContent = emptiness(deck.query, this.data.classes);
    Object.assign(this.element.dataset, { tiles: deck.query.count, mode: deck.isOdd ? "odd" : "" });
    if (this.isFocus && deck.card) this.focus.draw(deck);
    else this.grid.draw(deck);
    this.because.hidden = this.isFocus;
    this.because.textContent = deck.card?.why ?? "";
    this.heard.textContent = heardOf(deck, this.data.classes, this.isFocus);
    this.tools.show(deck);
    this.address.follow();
  }

  /** Do something that may fail: its sentence is shown, with a button to try again. @param {() => Promise<void>|void} work */
  async run(work) {
    try {
      await work();
    } catch (error) {
      if (this.isClosed) return;
      this.notice.say(error.message, () => { this.notice.say(""); this.run(work); });
    }
  }
}
