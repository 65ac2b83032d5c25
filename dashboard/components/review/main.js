/** The review desk: histogram, cards and decisions in one surface. It decides in the browser; the server keeps. */

import { Api } from "./api.js";
import { Deck } from "./deck.js";
import { dress, focusView, paint, tile } from "./cards.js";
import { Histogram } from "./histogram.js";
import { make, menu, number } from "./dom.js";
import { Outbox } from "./outbox.js";
import { actionOf } from "./keys.js";
import { askBulk, searchClass, showKeys, verdictBar } from "./panel.js";
import { readPlace, writePlace } from "./place.js";

const desks = new WeakMap();
const RANKINGS = [["entropy", "highest entropy first"], ["confidence", "lowest confidence first"], ["margin", "smallest margin first"],
  ["most_confident", "most confident first"], ["border", "closest to the threshold"]];
const SHOWN = [["undecided", "undecided"], ["all", "all"], ["accept", "accepted"], ["bulk_accept", "bulk-accepted"],
  ["relabel", "relabeled"], ["reject", "rejected"], ["none", "none of the classes"], ["skip", "skipped"], ["unsure", "can't tell"]];
const SINGLE = new Set(["accept", "reject", "none", "skip", "unsure", "relabel"]);

/** Called by Streamlit on every change of the data. @param {{parentElement: ShadowRoot, data: object}} component */
export function mount({ parentElement, data }) {
  const known = desks.get(parentElement);
  if (known && known.matches(data)) return () => {};
  known?.close();
  const desk = new Desk(parentElement, data);
  desks.set(parentElement, desk);
  return () => { desk.close(); desks.delete(parentElement); };
}

class Desk {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.place = readPlace();
    this.api = new Api(data.project, data.fingerprint);
    this.deck = new Deck(this.api, data.run, { ...this.place, threshold: this.place.threshold ?? data.threshold });
    this.isFocus = this.place.view === "focus";
    this.isSmall = Math.max(data.height, data.width) <= 64;
    this._build();
    this.deck.onAhead = (cards) => this._prefetch(cards);
    this.outbox = new Outbox({
      key: `winnow-${data.project}`, storage: window.localStorage, reviewer: data.reviewer ?? "me",
      send: (batch, isLast) => this.api.commands(data.run, batch, isLast),
      onAnswer: (answer, commands) => this._answered(answer, commands), onState: (state) => this._showSaved(state),
    });
    this._listen();
    this._run(async () => {
      await Promise.all([this._loadHistogram(this.place.score ?? "confidence"), this.deck.load(this.deck.start)]);
      this.render();
    });
  }

  matches(data) {
    return this.data.project === data.project && this.data.run === data.run;
  }

  close() {
    this.outbox.close();
    this.ending.abort();
    this.element.remove();
  }

  _build() {
    const { classes } = this.data;
    this.histogram = new Histogram({
      classes,
      onDrag: () => {},
      onRelease: (value) => this._released(value),
      onScore: (score) => this._run(() => this._loadHistogram(score)),
      onAccept: (facts) => askBulk(this.root, facts, () => this._bulk(facts)),
    });
    const change = (name) => (value) => this._change({ [name]: value });
    const predicted = [["", "all classes"], ...classes.map((name, label) => [String(label), name])];
    this.saved = make("span.saved", { role: "status", "data-state": "idle" }, "nothing to save");
    this.where = make("span.where");
    this.tools = make("div.tools", {},
      menu("Order", RANKINGS, this.deck.query.ranking, change("ranking")),
      menu("Show", SHOWN, this.deck.query.show, change("show")),
      menu("Suggested", predicted, this.deck.query.predicted, change("predicted")),
      make("span.grow"), this.where,
      make("button", { title: "PageUp", "aria-label": "Page before", onclick: () => this._turn("back") }, "‹"),
      make("button", { title: "PageDown", "aria-label": "Next page", onclick: () => this._turn("forward") }, "›"));
    this.notice = make("div.notice", { role: "alert", hidden: true });
    this.grid = make("div.grid", {
      role: "listbox", "aria-label": "Images", "aria-multiselectable": "true",
      onclick: (event) => this._clicked(event), ondblclick: () => this.act({ action: "toggle" }),
    });
    this.view = make("div.view", { hidden: true });
    this.panel = verdictBar(classes, (action) => this.act(action), this.saved);
    this.element = make("div.desk", {}, this.histogram.element, this.tools, this.notice, this.grid, this.view, this.panel);
    this.element.style.setProperty("--rendering", this.isSmall ? "pixelated" : "auto");
    this.root.append(this.element);
  }

  _listen() {
    this.ending = new AbortController();
    const { signal } = this.ending;
    document.addEventListener("keydown", (event) => this._key(event), { signal });
    window.addEventListener("pagehide", () => this.outbox.flush(true), { signal });
    window.addEventListener("blur", () => this.outbox.flush(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.outbox.flush(true), { signal });
  }

  _key(event) {
    if (!this.element.isConnected || this.root.querySelector("dialog") || document.querySelector("[role=dialog]")) return;
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    this.act(action);
  }

  /** Do what a key or a button asks for. @param {{action: string, [key: string]: any}} asked */
  act(asked) {
    const { action } = asked;
    if (SINGLE.has(action)) this._decide(action, asked.label);
    else if (action === "undo") this.outbox.add({ ...this._command("undo") });
    else if (action === "move") this._move(asked);
    else if (action === "selectAll") { this.deck.selectAll(); this.render(); }
    else if (action === "clear") { this.deck.clear(); this._say(""); this.render(); }
    else if (action === "toggle") { this.isFocus = !this.isFocus; this.render(); }
    else if (action === "help") showKeys(this.root);
    else if (action === "search") searchClass(this.root, this.data.classes, (label) => this._decide("relabel", label));
    else if (action === "forward" || action === "back") this._turn(action);
  }

  _decide(verdict, label) {
    if (verdict === "relabel" && (label === undefined || label >= this.data.classes.length)) return;
    const cards = this.deck.targets();
    if (!cards.length) return;
    for (const card of cards) {
      const isSame = verdict === "relabel" && label === card.suggestion;
      const command = this._command(isSame ? "accept" : verdict);
      Object.assign(command, { image_id: card.id, suggestion: card.suggestion, params: { ranking: this.deck.query.ranking, rank: card.rank } });
      if (verdict === "relabel" && !isSame) command.label = label;
      this.outbox.add(command);
      const given = verdict === "accept" || isSame || verdict === "reject" ? card.suggestion : verdict === "relabel" ? label : null;
      this.deck.apply([{ id: card.id, verdict: command.verdict, label: given }]);
    }
    if (this.deck.advance()) this.render();
    else this._turn("forward");
  }

  _command(verdict) {
    return { verdict, run_id: this.data.run };
  }

  _bulk({ rule, params, open }) {
    this.outbox.add({ ...this._command("bulk_accept"), params: { rule, ...params, expected: open } });
    this.outbox.flush();
  }

  _answered(answer, commands) {
    const refused = answer.outcomes.filter((outcome) => outcome.status === "refused");
    const waiting = new Set(this.outbox.waiting.map((command) => command.image_id));
    this.deck.apply(answer.changed.filter((row) => !waiting.has(row.id)));
    this._say(refused.map((outcome) => outcome.reason).join(" "));
    if (this.deck.query.show === "undecided" && this.deck.query.predicted === "") this.deck.matching = answer.counts.undecided;
    const isUndo = commands.some((command) => command.verdict === "undo");
    if (isUndo && !refused.length) this._returnTo(answer.changed);
    this._run(async () => {
      if (answer.refresh) await this.deck.load(this.deck.start);
      this.render();
    });
    clearTimeout(this.counting);
    this.counting = setTimeout(() => this._run(() => this._loadHistogram(this.histogram.data?.score ?? "confidence", true)), 300);
  }

  /** After an undo the cursor goes to the image that is open again. */
  _returnTo(changed) {
    const place = this.deck.cards.findIndex((card) => changed.some((row) => row.id === card.id));
    if (place >= 0) this.deck.cursor = place;
  }

  _move({ by, isSelecting }) {
    const step = by[0] + by[1] * (this.isFocus ? 1 : this._columns());
    if (this.deck.move(step, isSelecting)) this.render(true);
    else if (!isSelecting) this._turn(step > 0 ? "forward" : "back");
  }

  _turn(way) {
    this._say("");
    this._run(async () => {
      await this.deck[way]();
      this.render();
    });
  }

  _change(part) {
    this._say("");
    this._run(async () => {
      await this.deck.change(part);
      this.render();
    });
  }

  _clicked(event) {
    const element = event.target.closest("[data-place]");
    if (!element) return;
    const place = Number(element.dataset.place);
    if (event.shiftKey) this.deck.selectBetween(this.deck.cursor, place);
    else if (event.ctrlKey || event.metaKey) this.deck.toggle(place);
    else { this.deck.clear(); this.deck.cursor = place; }
    this.render(true);
  }

  _released(value) {
    if (this.histogram.data?.score !== "confidence") return;
    this.deck.query.threshold = value.toFixed(3);
    writePlace({ threshold: value.toFixed(3) });
    if (this.deck.query.ranking === "border") this._change({});
  }

  async _loadHistogram(score, isKeeping = false) {
    const data = await this.api.histogram(this.data.run, score);
    const start = score === "confidence" ? Number(this.deck.query.threshold) : (data.low + data.high) * (score === "entropy" ? 0.15 : 0.9);
    this.histogram.show(data, isKeeping ? this.histogram.value : start);
    writePlace({ score: score === "confidence" ? null : score });
  }

  /** Draw what the deck holds. @param {boolean} isMoving the cursor moved by hand: bring it into view */
  render(isMoving = false) {
    const { deck } = this;
    this.grid.hidden = this.isFocus || !deck.cards.length;
    this.view.hidden = !this.isFocus || !deck.cards.length;
    if (!deck.cards.length) this._say(this._emptiness());
    if (this.isFocus && deck.card) {
      this.view.replaceChildren(focusView(deck.card, this.data.classes, this.api.image(deck.card.id), this.isSmall));
    } else this._drawGrid(isMoving);
    const selected = deck.selected.size ? ` · ${number(deck.selected.size)} selected` : "";
    const first = deck.card ? `${number(deck.card.rank + 1)} of ${number(deck.total)}` : "";
    this.where.textContent = `${first} · ${number(deck.matching)} ${this._shown()}${selected}`;
    const { ranking, show, predicted } = deck.query;
    writePlace({ ranking, show, predicted, rank: deck.start, view: this.isFocus ? "focus" : null });
  }

  _drawGrid(isMoving) {
    const { deck } = this;
    while (this.grid.children.length > deck.cards.length) this.grid.lastChild.remove();
    while (this.grid.children.length < deck.cards.length) this.grid.append(tile(this.grid.children.length));
    const key = deck.cards.map((card) => card.id).join();
    const isNew = key !== this.painted;
    const sheet = isNew ? this._sheet(deck.cards) : null;
    deck.cards.forEach((card, place) => {
      const element = this.grid.children[place];
      dress(element, card, this.data.classes, { isCursor: place === deck.cursor, isSelected: deck.selected.has(card.id) });
      if (isNew) paint(element, card, place, sheet);
    });
    this.painted = key;
    if (isMoving) this.grid.children[deck.cursor]?.focus({ preventScroll: false });
  }

  _sheet(cards) {
    const columns = 8;
    const ids = cards.map((card) => card.id);
    const address = this.isSmall && ids.length ? this.api.sprite(ids, columns) : "";
    return { address, columns, rows: Math.ceil(ids.length / columns), single: (id) => this.api.image(id) };
  }

  _prefetch(cards) {
    if (!cards.length) return;
    const sheet = this._sheet(cards);
    const addresses = sheet.address ? [sheet.address] : cards.slice(0, 24).map((card) => sheet.single(card.id));
    for (const address of addresses) new Image().src = address;
  }

  _columns() {
    return Math.max(1, getComputedStyle(this.grid).gridTemplateColumns.split(" ").length);
  }

  _shown() {
    return SHOWN.find(([key]) => key === this.deck.query.show)?.[1] ?? "";
  }

  _emptiness() {
    const isDone = this.deck.query.show === "undecided" && this.deck.query.predicted === "";
    return isDone ? "Every image of the pool is decided. Retrain with these labels, or show the decided ones."
      : "No image matches this filter. Show all, or choose another class.";
  }

  _showSaved({ waiting, saved, problem }) {
    this.saved.dataset.state = problem ? "failed" : waiting ? "waiting" : saved ? "saved" : "idle";
    const kept = `${number(waiting)} unsent, kept and sent again`;
    this.saved.textContent = problem ? `✕ ${kept}` : waiting ? `● ${number(waiting)} saving …` : saved ? `✓ saved #${number(saved)}` : "nothing to save";
    this.saved.title = problem;
  }

  _say(sentence) {
    this.notice.hidden = !sentence;
    this.notice.textContent = sentence;
  }

  async _run(work) {
    try {
      await work();
    } catch (error) {
      this._say(error.message);
    }
  }
}
