/** The hand: verdicts become commands, are drawn at once and sent; answers are drawn when they come. */

import { SINGLE, imagesOf, isPlain, read, rowsOf } from "./responses.js";
import { toFilter } from "../state/query.js";
import { Memory } from "../state/undo_stack.js";
import { Outbox } from "./outbox.js";

export class Hand {
  /** @param {{deck: import("../state/card_page.js").Deck, data: object, reviewer: import("../state/reviewer.js").Reviewer, send: (batch: object, isLast: boolean) => Promise<object>,
   *   onState: (state: object) => void, onDone: (change: {isTurning?: boolean}) => void,
   *   onAnswer: (answer: object, reasons: string, settle: () => Promise<boolean>) => void, onSent: (commands: object[]) => void}} options */
  constructor({ deck, data, reviewer, send, onState, onDone, onAnswer, onSent }) {
    this.deck = deck;
    this.reviewer = reviewer;
    /** @type {any} what Streamlit hands over */
    this.data = data;
    this.onDone = onDone;
    this.onAnswer = onAnswer;
    this.onSent = onSent;
    this.memory = new Memory();
    this.returning = null;
    this.since = performance.now();
    this.outbox = new Outbox({
      key: `winnow-${data.project}`, storage: window.localStorage, reviewer: "me", send, onState,
      onAnswer: (answer, commands) => this._answered(answer, commands),
    });
  }

  /** One verdict on the selection, or on the card under the cursor. */
  decide(verdict, label) {
    if (!this._isMeant(verdict, label)) return;
    const cards = this.deck.targets();
    if (!cards.length) return;
    const seconds = Math.round((performance.now() - this.since) / cards.length) / 1000;
    this.since = performance.now();
    const commands = cards.map((card) => this._single(card, verdict, label, seconds));
    this._send(commands, cards);
    this.onDone({ isTurning: !this.deck.advance() });
  }

  /** One verdict on many cards of this page as one decision. @param {import("./api.js").Card[]} page */
  decidePage(page, verdict) {
    const cards = page.filter((card) => !card.planted); // the checks of the reviewer are answered one by one
    if (!cards.length) return;
    const images = cards.map((card) => [card.id, card.suggestion]);
    this._send([{ ...this._command(verdict), params: { images } }], cards);
    this.outbox.flush();
  }

  /** One verdict on everything that the filter matches. @param {number} count as it was spelled out */
  decideFilter(verdict, label, count, isOpenOnly) {
    const given = verdict === "accept" ? "bulk_accept" : verdict;
    const command = this._command(given);
    command.params = { filter: toFilter(this.deck.query), only_open: isOpenOnly, expected: count };
    if (verdict === "relabel") command.label = label;
    this._sendWide(command);
  }

  /** Everything that a rule keeps. @param {number} count as it was spelled out: another one is refused */
  decideRule(rule, params, count) {
    this._sendWide({ ...this._command("bulk_accept"), params: { rule, ...params, expected: count } });
  }

  /** Take back the latest step: at once where this session knows it, else when the server has answered. */
  undo() {
    const step = this.memory.take();
    for (let count = step?.commands.size ?? 1; count > 0; count--) this.outbox.add(this._command("undo"));
    const before = step?.before ?? [];
    if (!before.length || before.some(({ rank }) => this.deck.isAhead(rank))) this.deck.forget();
    const [[first], from] = [before, this.deck.card?.id];
    this.deck.apply(before);
    this.deck.clear();
    this.returning = first && this.deck.goTo(first.id) ? null : { rank: first?.rank, from };
    this.onDone({});
    if (this.returning) this.outbox.flush();
  }

  /** Take back one decision of the log, whenever it was made. @param {{id: number, command_id: string}} decision */
  takeBack({ id, command_id }) {
    this.memory.forget([command_id]);
    this.outbox.add({ ...this._command("undo"), undo_of: id });
    this.deck.forget();
    this.outbox.flush();
  }

  /** Another person: what an undo takes back from now on is theirs. */
  forget() {
    this.memory = new Memory();
  }

  /** Whether a verdict with this label can be given. */
  _isMeant(verdict, label) {
    return SINGLE.has(verdict) && (verdict !== "relabel" || (label !== undefined && label < this.data.classes.length));
  }

  /** Draw what is on its way over what the server said before. */
  redraw() {
    if (isPlain(this.outbox.waiting)) this.deck.apply(this.outbox.waiting.flatMap(rowsOf));
  }

  _single(card, verdict, label, seconds) {
    const isOther = verdict === "relabel" && label !== card.suggestion;
    const given = verdict === "relabel" && !isOther ? "accept" : verdict;
    const command = { ...this._command(given), image_id: card.id, suggestion: card.suggestion };
    command.params = { ...this.deck.origin(card), seconds };
    if (isOther) command.label = label;
    return command;
  }

  _send(commands, cards) {
    const before = cards.map(({ id, rank, verdict: was, label: had }) => ({ id, rank, verdict: was, label: had }));
    this.deck.apply(commands.flatMap(rowsOf));
    const sent = commands.map((command) => this.outbox.add(command));
    this.memory.add(sent.map((command) => command.command_id), before);
    this.onSent(sent);
  }

  _sendWide(command) {
    this.memory.add([this.outbox.add(command).command_id], []);
    this.deck.clear();
    this.outbox.flush();
    this.onDone({});
  }

  /** @returns {any} */
  _command(verdict) {
    return { verdict, run_id: this.data.run, reviewer: this.reviewer.name };
  }

  _answered(answer, commands) {
    const { waiting } = this.outbox;
    const { rows, refused, reasons, isWide } = read(answer, commands, waiting);
    const stood = answer.isUnread ? this.memory.before(refused, new Set(commands.flatMap(imagesOf))) : [];
    this.memory.forget(refused);
    const later = new Set(waiting.flatMap(imagesOf));
    this.deck.apply([...stood.filter(({ id }) => !later.has(id)), ...rows]);
    if (isWide || commands.some((command) => imagesOf(command).length > 1)) this.deck.renew();
    const isUnknown = Boolean(answer.isUnread) && !stood.length; // from an earlier page: how its image stands only the server knows
    this.onAnswer(answer, reasons, async () => (waiting.length ? false : this._comeBack(answer, isUnknown)));
  }

  /** After an undo of what is not on this page: to the image that is open again; after a great change: the page anew.
   * Answers whether the cursor went elsewhere. */
  async _comeBack(answer, isUnknown) {
    const { returning } = this;
    this.returning = null;
    if (answer.refresh || isUnknown) { await this.deck.again(); this.redraw(); }
    else if (!returning || returning.from !== this.deck.card?.id) return false; // the hand has moved on
    else if (returning.rank !== undefined) await this.deck.load(returning.rank);
    else if (answer.changed.length === 1) this.deck.goTo(answer.changed[0].id);
    return Boolean(returning);
  }
}
