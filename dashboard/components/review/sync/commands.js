/** Commands: turn verdicts into commands, show them at once and send them; responses may correct the cards. */

import { formatNumber } from "../controls/dom.js";
import { toFilter } from "../state/query.js";
import { UndoStack } from "../state/undo_stack.js";
import { Outbox } from "./outbox.js";
import { Peers } from "./peers.js";
import { SINGLE_VERDICTS, arePredictable, imagesOf, predictedRows, readResponse } from "./responses.js";

export class Commands {
  /** @param {{api: import("./api.js").Api, cardPage: import("../state/card_page.js").CardPage, data: object,
   *   reviewer: import("../state/reviewer.js").Reviewer, onState: (state: object) => void,
   *   onDecided: (change: {isPageDone?: boolean}) => void, onQueued: (commands: object[]) => void,
   *   onResponse: (response: object, reasons: string, settle: () => Promise<boolean>) => void, onAway: () => void,
   *   onPeers: (isMany: boolean) => void}} options onPeers: another tab has changed images */
  constructor({ api, cardPage, data, reviewer, onState, onDecided, onQueued, onResponse, onAway, onPeers }) {
    this.api = api;
    this.cardPage = cardPage;
    this.reviewer = reviewer;
    /** @type {any} the data that Streamlit passes */
    this.data = data;
    this.onDecided = onDecided;
    this.onQueued = onQueued;
    this.onResponse = onResponse;
    this.undoStack = new UndoStack();
    /** Where the cursor returns to after an undo of an image on another page. */
    this.returning = null;
    /** Notes that the server has not saved, by image: their text is not lost. @type {Map<number, string>} */
    this.drafts = new Map();
    /** Whether the page shows an image that was hidden meanwhile. */
    this.showsHidden = false;
    this.since = performance.now();
    this.outbox = new Outbox({
      api, key: `winnow-${data.project}`, storage: window.localStorage, reviewer: "me", onState, onAway,
      onResponse: (response, commands) => this._responded(response, commands),
    });
    this.peers = new Peers(`winnow-${data.project}/${data.run}`, (rows) => { this._follow(rows); onPeers(false); }, () => onPeers(true));
  }

  close() {
    this.outbox.close();
    this.peers.close();
  }

  /** Give one verdict on the selection, or on the card under the cursor. */
  decide(verdict, label) {
    if (!this._isPossible(verdict, label)) return;
    const cards = this.cardPage.cardsToDecide();
    if (!cards.length) return;
    const seconds = Math.round((performance.now() - this.since) / cards.length) / 1000;
    this.since = performance.now();
    const commands = cards.map((card) => this._single(card, verdict, label, seconds));
    this._queue(commands, cards, ["verdict", "label"]);
    this.onDecided({ isPageDone: !this.cardPage.advance() });
  }

  /** Give one verdict on many cards of this page, as one decision. @param {import("./api.js").Card[]} shown */
  decideCards(shown, verdict) {
    const cards = shown.filter((card) => !card.planted); // attention checks are answered one by one
    if (!cards.length) return;
    const images = cards.map((card) => [card.id, card.suggestion]);
    this._queue([{ ...this._command(verdict), params: { images } }], cards, ["verdict", "label"]);
    this.outbox.flush();
  }

  /** Write a note at an image; an empty text removes it. @param {import("./api.js").Card} card @param {string} text */
  note(card, text) {
    this.drafts.set(card.id, text);
    const seen = card.note?.id ? { seen: card.note.id } : {};
    this._queue([{ ...this._command("note"), image_id: card.id, params: { text, ...seen } }], [card], ["note"]);
  }

  /** Flag images for a colleague; where all have a flag, take it away. @param {import("./api.js").Card[]} cards */
  flag(cards) {
    const open = cards.filter((card) => !card.flag);
    const [verdict, changed] = open.length ? ["flag", open] : ["unflag", cards];
    this._queue(changed.map((card) => ({ ...this._command(verdict), image_id: card.id })), changed, ["flag"]);
  }

  /** Accept everything that a rule keeps, as one decision. @param {string} rule @param {object} params of the rule
   * @param {number} count as it was confirmed: the server refuses another one */
  bulkAccept(rule, params, count) {
    this._sendBulk({ ...this._command("bulk_accept"), params: { rule, ...params, expected: count } });
  }

  /** Give one verdict on everything that the filter matches, as one decision. @param {number} count as it was confirmed */
  decideFilter(verdict, label, count, isOpenOnly) {
    const command = this._command(verdict === "accept" ? "bulk_accept" : verdict);
    command.params = { filter: toFilter(this.cardPage.query), only_open: isOpenOnly, expected: count };
    if (verdict === "relabel") command.label = label;
    this._sendBulk(command);
  }

  /** Undo the latest step: at once if it is of this session, else when the server has answered. */
  undo() {
    const step = this.undoStack.pop();
    for (let count = step?.commands.size ?? 1; count > 0; count--) this.outbox.add(this._command("undo"));
    const before = step?.before ?? [];
    if (!before.length || before.some(({ rank }) => this.cardPage.isAfterPage(rank))) this.cardPage.dropPrefetched();
    const [[first], from] = [before, this.cardPage.card?.id];
    this.cardPage.apply(before);
    this.peers.tell(before);
    this.cardPage.clearSelection();
    this.returning = first && this.cardPage.moveTo(first.id) ? null : { rank: first?.rank, from };
    this.onDecided({});
    if (this.returning) this.outbox.flush();
  }

  /** Undo one decision of the log, of any age. @param {{id: number, command_id: string}} decision */
  undoDecision({ id, command_id }) {
    this.undoStack.remove([command_id]);
    this.outbox.add({ ...this._command("undo"), undo_of: id });
    this.cardPage.dropPrefetched();
    this.outbox.flush();
  }

  /** Forget this session's steps: an undo takes back only the current reviewer's own decisions. */
  clearUndo() {
    this.undoStack = new UndoStack();
  }

  /** Show the predicted state of waiting commands over the state that the server sent. */
  reapply() {
    if (arePredictable(this.outbox.waiting)) this.cardPage.apply(this.outbox.waiting.flatMap(predictedRows));
  }

  /** Whether the verdict exists and its label is a class. */
  _isPossible(verdict, label) {
    return SINGLE_VERDICTS.has(verdict) && (verdict !== "relabel" || (label !== undefined && label < this.data.classes.length));
  }

  _single(card, verdict, label, seconds) {
    const isOther = verdict === "relabel" && label !== card.suggestion;
    const given = verdict === "relabel" && !isOther ? "accept" : verdict;
    const command = { ...this._command(given), image_id: card.id, suggestion: card.suggestion };
    command.params = { ...this.cardPage.logParams(card), seconds };
    if (isOther) command.label = label;
    return command;
  }

  /** Show commands at once and send them. @param {any[]} commands @param {import("./api.js").Card[]} cards that they are about
   * @param {string[]} changed what they change of a card, for the undo */
  _queue(commands, cards, changed) {
    const before = cards.map((card) => ({ id: card.id, rank: card.rank, ...Object.fromEntries(changed.map((name) => [name, card[name] ?? null])) }));
    const rows = commands.flatMap(predictedRows);
    this.cardPage.apply(rows);
    this.peers.tell(rows);
    const queued = commands.map((command) => this.outbox.add(command));
    this.undoStack.push(queued.map((command) => command.command_id), before, this._inWords(commands[0], cards.length));
    this.onQueued(queued);
  }

  _sendBulk(command) {
    this.undoStack.push([this.outbox.add(command).command_id], [], this._inWords(command, command.params.expected ?? 1));
    this.cardPage.clearSelection();
    this.outbox.flush();
    this.onDecided({});
  }

  _inWords({ verdict, label }, count) {
    const name = verdict === "relabel" ? `→ ${this.data.classes[label] ?? label}` : verdict.replace("_", "-");
    return count > 1 ? `${formatNumber(count)} × ${name}` : name; // the number first: a narrow button cuts the end
  }

  /** @returns {any} */
  _command(verdict) {
    return { verdict, run_id: this.api.runId, reviewer: this.reviewer.name };
  }

  /** Show what another tab has decided; images with waiting commands of this tab keep their state. */
  _follow(rows) {
    const pending = new Set(this.outbox.waiting.flatMap(imagesOf));
    this.cardPage.apply(rows.filter(({ id }) => !pending.has(id)));
  }

  _responded(response, commands) {
    const { waiting } = this.outbox;
    const { rows, refused, reasons, isBeyondPage } = readResponse(response, commands, waiting);
    for (const { command_id, verdict, image_id } of commands) if (verdict === "note" && !refused.has(command_id)) this.drafts.delete(image_id);
    const restored = response.isUnread ? this.undoStack.statesBefore(refused, new Set(commands.flatMap(imagesOf))) : [];
    this.undoStack.remove(refused);
    const pending = new Set(waiting.flatMap(imagesOf));
    const changed = [...restored.filter(({ id }) => !pending.has(id)), ...rows];
    this.cardPage.apply(changed);
    this.showsHidden ||= Boolean(response.hidden?.length);
    if (response.refresh) this.peers.tellMany();
    else this.peers.tell(changed);
    if (isBeyondPage || commands.some((command) => imagesOf(command).length > 1)) this.cardPage.prefetch();
    const isUnknown = Boolean(response.isUnread) && !restored.length; // from an earlier page: only the server knows the image's state
    this.onResponse(response, reasons, async () => (waiting.length ? false : this._moveCursor(response, isUnknown)));
  }

  /** After an undo of an image on another page, move the cursor to it; after a large change, reload the page.
   * Returns whether the cursor moved to another place. */
  async _moveCursor(response, isUnknown) {
    const { returning } = this;
    this.returning = null;
    if (response.refresh || isUnknown || this.showsHidden) { this.showsHidden = false; await this.cardPage.reload(); this.reapply(); }
    else if (!returning || returning.from !== this.cardPage.card?.id) return false; // the reviewer has moved on
    else if (returning.rank !== undefined) await this.cardPage.load(returning.rank);
    else if (response.changed.length === 1) this.cardPage.moveTo(response.changed[0].id);
    return Boolean(returning);
  }
}
