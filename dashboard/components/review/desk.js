/** The review desk: histogram, cards and decisions in one surface. It decides in the browser; the server keeps. */

import { SINGLE, imagesOf } from "./answer.js";
import { Api } from "./api.js";
import { Deck } from "./deck.js";
import { CONDITIONS, isMoving } from "./filters.js";
import { Grid } from "./grid.js";
import { make } from "./dom.js";
import { FocusView } from "./focus.js";
import { Later } from "./later.js";
import { Line } from "./line.js";
import { Hand } from "./hand.js";
import { actionOf } from "./keys.js";
import { oddQuery, restOf } from "./odd.js";
import { searchClass, showKeys, verdictBar } from "./panel.js";
import { Past } from "./past.js";
import { Questions } from "./questions.js";
import { readPlace, writePlace } from "./place.js";
import { Notice, Saved } from "./status.js";
import { Tools, emptiness } from "./tools.js";

export class Desk {
  constructor(component) {
    const { data } = component;
    this.component = component;
    this.root = component.parentElement;
    this.data = data;
    this.place = readPlace();
    this.api = new Api(data.project, data.fingerprint);
    this.deck = new Deck(this.api, data.run, { ...this.place, threshold: this.place.threshold ?? data.threshold });
    this.isFocus = this.place.view === "focus";
    this.isSmall = Math.max(data.height, data.width) <= 64;
    this.isClosed = false;
    this.isTurning = false;
    this.noted = "";
    this.noting = new Later(1000, () => this._note()); // browsers ignore addresses that change too often
    this.counting = new Later(300, () => this._run(() => this._count()));
    this._build();
    this.deck.onAhead = (cards) => this.grid.prefetch(cards);
    this.hand = new Hand({
      deck: this.deck, data, send: (batch, isLast) => this.api.commands(data.run, batch, isLast),
      onState: (state) => this.saved.show(state), onDone: (change) => this._decided(change),
      onAnswer: (answer, reasons, settle) => this._answered(answer, reasons, settle), onSent: (commands) => this._sent(commands),
    });
    this.questions = new Questions({ root: this.root, classes: data.classes, deck: this.deck, hand: this.hand, line: this.line });
    this._listen();
    this._load(() => Promise.all([this.line.load(), this.deck.load(this.deck.start), this.past.load()]));
  }

  matches(data) {
    return this.data.project === data.project && this.data.run === data.run;
  }

  /** The theme or something that we do not show has changed. */
  refresh(component) {
    this.component = component;
    requestAnimationFrame(() => this.line.histogram.repaint());
    this._note(); // when Streamlit writes the address it drops what it does not know
    this.noting.soon();
  }

  close() {
    this.isClosed = true;
    for (const work of [this.noting, this.counting]) work.drop();
    this.line.close();
    this.hand.outbox.close();
    this.ending.abort();
    this.element.remove();
  }

  _build() {
    const { classes } = this.data;
    this.line = new Line({
      api: this.api, run: this.data.run, classes, place: this.place, threshold: this.deck.query.threshold,
      attempt: (work) => this._run(work), onRelease: () => this._released(), onShown: () => this.noting.soon(),
      onTell: (value) => this.component.setStateValue("threshold", value),
      onAccept: () => this._run(() => this.questions.rule()), onAcceptClasses: (params, count) => this._run(() => this.questions.perClass(params, count)),
      onBetween: (range) => this._change({ range, show: "undecided" }),
      onPick: (card) => this._run(() => this._visit(card.id)),
    });
    this.saved = new Saved();
    this.past = new Past({
      api: this.api, onImage: (id) => this._run(() => this._visit(id)), onDecision: (id) => this._change({ decision: String(id), show: "all" }),
    });
    this.tools = new Tools({
      query: this.deck.query, classes, hasParent: Boolean(this.data.parent),
      onChange: (part) => this._change(part), onTurn: (way) => this._turn(way),
      onResize: (count) => this._load(() => this.deck.resize(count)), onOdd: () => this._odd(), past: this.past.element,
    });
    this.notice = new Notice();
    this.grid = new Grid({
      api: this.api, classes, isSmall: this.isSmall,
      onPick: (place, event) => this._pick(place, event), onOpen: () => this.act({ action: "toggle" }), onHold: (place) => this._hold(place),
    });
    this.focus = new FocusView({
      api: this.api, run: this.data.run, classes, isSmall: this.isSmall, onSwipe: (by) => this.act({ action: "move", by: [by, 0] }),
    });
    this.empty = make("div.empty", { hidden: true });
    this.panel = verdictBar(classes, (action) => this.act(action), this.saved.element);
    this.panel.append(this.notice.element);
    this.element = make("div.desk", {}, this.line.element, this.tools.element, this.grid.element, this.focus.element, this.empty, this.panel);
    this.element.style.setProperty("--rendering", this.isSmall ? "pixelated" : "auto");
    this.element.addEventListener("pointerleave", () => this.line.telling.now());
    this.element.addEventListener("focusout", ({ relatedTarget }) => this.element.contains(relatedTarget) || this.line.telling.now());
    this.root.append(this.element);
  }

  _listen() {
    this.ending = new AbortController();
    const { signal } = this.ending;
    document.addEventListener("keydown", (event) => this._key(event), { signal });
    window.addEventListener("pagehide", () => this.hand.outbox.flush(true), { signal });
    window.addEventListener("blur", () => this.hand.outbox.flush(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.hand.outbox.flush(true), { signal });
  }

  _key(event) {
    if (!this.element.isConnected || this.root.querySelector("dialog[open]") || document.querySelector("[role=dialog]")) return;
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    this.act(action);
  }

  /** Do what a key or a button asks for. @param {{action: string, [key: string]: any}} asked */
  act(asked) {
    const { action } = asked;
    if (this.deck.isOdd && action === "accept" && !this.isFocus && !this.deck.isAll && restOf(this.deck.cards, this.deck.selected).length) {
      if (!this.isTurning) this._acceptRest();
      return;
    }
    if (SINGLE.has(action)) { if (!this.isTurning) this._decide(action, asked.label); }
    else if (action === "undo") this.hand.undo();
    else if (action === "move") this._move(asked);
    else if (action === "selectAll") { this.deck.selectAll(); this.render(); }
    else if (action === "clear") { this.deck.clear(); this.notice.say(""); this.render(); }
    else if (action === "toggle") { this.isFocus = !this.isFocus; this.render(); }
    else if (action === "help") showKeys(this.root);
    else if (action === "search") searchClass(this.root, this.data.classes, (label) => this._decide("relabel", label));
    else if (action === "forward" || action === "back") this._turn(action);
  }

  /** A verdict on what is selected; on all that the filter matches only once its number has been read. */
  _decide(verdict, label) {
    if (this.deck.isAll) this._run(() => this.questions.all(verdict, label));
    else this.hand.decide(verdict, label);
  }

  /** The hand has decided: on to the next page where this one is done. */
  _decided({ isTurning, isMoving }) {
    if (isTurning) this._turn("forward");
    else this.render(isMoving);
  }

  /** In and out of the odd-one-out mode. */
  _odd() {
    this.deck.isOdd = !this.deck.isOdd;
    this.isFocus = false;
    if (this.deck.isOdd) this._change(oddQuery(this.deck.query, this.deck.card?.suggestion ?? 0));
    else { this.deck.clear(); this.render(); }
  }

  /** Enter in the odd-one-out mode: all of this page but the marked ones, as one decision; these stay marked. */
  _acceptRest() {
    const { deck } = this;
    const odd = new Set(deck.selected);
    this.hand.decidePage(restOf(deck.cards, odd), "accept");
    if (!odd.size) { this._turn("forward"); return; }
    deck.goTo([...odd][0]);
    this.render(true);
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
    this._run(async () => {
      await settle();
      if (this.deck.isDone && !this.hand.outbox.waiting.length && !this.isTurning) await this.deck.load(this.deck.start);
      this.render();
    });
    this.counting.soon();
  }

  _move({ by, isSelecting }) {
    const step = by[0] + by[1] * (this.isFocus ? 1 : this.grid.columns);
    if (this.deck.move(step, isSelecting)) this.render(true);
    else if (!isSelecting) this._turn(step > 0 ? "forward" : "back", step === -1 ? "end" : "start");
  }

  /** Another queue. @param {Record<string, string>} part */
  _change(part) {
    this._load(() => this.deck.change(part));
    this.tools.adopt(this.deck.query);
  }

  _turn(way, where) {
    this._load(() => this.deck[way](where));
  }

  /** Another page: what is still on its way is drawn over what the server says. @param {() => Promise<void>} work */
  _load(work) {
    this.notice.say("");
    this._run(async () => {
      this.isTurning = true; // a key pressed now would mean a card that is not there yet
      try {
        await work();
      } finally {
        this.isTurning = false;
      }
      this.hand.redraw();
      this.render();
    });
  }

  _pick(place, event) {
    if (this.deck.isOdd || (event.pointerType === "touch" && this.deck.selected.size)) this.deck.toggle(place);
    else if (event.shiftKey) this.deck.selectBetween(this.deck.cursor, place);
    else if (event.ctrlKey || event.metaKey) this.deck.toggle(place);
    else { this.deck.clear(); this.deck.cursor = place; }
    this.render(true);
  }

  /** A finger held on a tile: into the selection, or out of it. */
  _hold(place) {
    this.deck.toggle(place);
    this.render(true);
  }

  _released() {
    const { words } = this.line;
    if (words.threshold) this.deck.query.threshold = words.threshold;
    writePlace(words);
    if (["border", "reject_hunt"].includes(this.deck.query.ranking)) this._load(() => this.deck.change({}));
  }

  /** One image, out of its turn. */
  async _visit(id) {
    await this.deck.visit(id);
    this.isFocus = true;
    this.render(true);
  }

  /** Histogram and counts as they are now; the hand may go on meanwhile. */
  async _count() {
    await this.line.load();
    if (!this.hand.outbox.waiting.length) await this.past.load();
    if (!isMoving(this.deck.query) || this.hand.outbox.waiting.length) return;
    await this.deck.recount();
    if (!this.isClosed) this.tools.show(this.deck);
  }

  /** Draw what the deck holds. @param {boolean} isMoving the cursor moved by hand: bring it into view */
  render(isMoving = false) {
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
    else this.grid.draw(deck, isMoving);
    this.tools.show(deck);
    const page = [deck.start, this.isFocus, ...Object.values(deck.query)].join();
    const isOther = page !== this.noted;
    this.noted = page;
    if (isOther) this._note();
    else this.noting.soon();
  }

  /** The place into the URL: another page at once, the cursor when the hand rests. */
  _note() {
    if (this.noted === "") return; // nothing is drawn yet: the address knows better
    const conditions = Object.fromEntries(CONDITIONS.map((name) => [name, this.deck.query[name]]));
    const { ranking, eta, drawn } = this.deck.query;
    writePlace({
      ranking, eta: ranking === "mixed" ? eta : null, drawn, ...conditions, rank: this.deck.start, image: this.deck.card?.id ?? null,
      view: this.isFocus ? "focus" : null, mode: this.deck.isOdd ? "odd" : null, tiles: this.deck.query.count === 48 ? null : this.deck.query.count, ...this.line.words,
    });
  }

  async _run(work) {
    try {
      await work();
    } catch (error) {
      if (this.isClosed) return;
      this.notice.say(error.message, () => { this.notice.say(""); this._run(work); });
    }
  }
}
