/** The hand: verdicts become commands, are drawn at once and sent; answers are drawn when they come. */

import { SINGLE, imagesOf, isPlain, read, rowsOf } from "./answer.js";
import { toFilter } from "./filters.js";
import { Memory } from "./memory.js";
import { Outbox } from "./outbox.js";

export class Hand {
  /** @param {{deck: import("./deck.js").Deck, data: object, send: (batch: object, isLast: boolean) => Promise<object>,
   *   onState: (state: object) => void, onDone: (change: {isTurning?: boolean, isMoving?: boolean}) => void,
   *   onAnswer: (answer: object, reasons: string, settle: () => Promise<void>) => void, onSent: (commands: object[]) => void}} options */
  constructor({ deck, data, send, onState, onDone, onAnswer, onSent }) {
    Object.assign(this, { deck, data, onDone, onAnswer, onSent });
    this.memory = new Memory();
    this.returning = null;
    this.since = performance.now();
    this.outbox = new Outbox({
      key: `winnow-${data.project}`, storage: window.localStorage, reviewer: data.reviewer ?? "me", send, onState,
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

  /** One verdict on everything that the filter matches. @param {{open: number, all: number}} counts */
  decideFilter(verdict, label, count, isOpenOnly) {
    const given = verdict === "accept" ? "bulk_accept" : verdict;
    const command = this._command(given);
    command.params = { filter: toFilter(this.deck.query), only_open: isOpenOnly, expected: count };
    if (verdict === "relabel") command.label = label;
    this._sendWide(command);
  }

  /** Everything that a rule keeps. */
  decideRule(rule, params, count) {
    this._sendWide({ ...this._command("bulk_accept"), params: { rule, ...params, ...(count === null ? {} : { expected: count }) } });
  }

  /** Take back the latest step: at once where this session knows it, else when the server has answered. */
  undo() {
    const step = this.memory.take();
    for (let count = step?.commands.size ?? 1; count > 0; count--) this.outbox.add(this._command("undo"));
    this.deck.forget();
    const before = step?.before ?? [];
    const [[first], from] = [before, this.deck.card?.id];
    this.deck.apply(before);
    this.deck.clear();
    this.returning = first && this.deck.goTo(first.id) ? null : { rank: first?.rank, from };
    this.onDone({ isMoving: true });
    if (this.returning) this.outbox.flush();
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

  _command(verdict) {
    return { verdict, run_id: this.data.run };
  }

  _answered(answer, commands) {
    const { waiting } = this.outbox;
    const { rows, refused, reasons, isWide } = read(answer, commands, waiting);
    this.memory.forget(refused);
    this.deck.apply(rows);
    if (isWide || commands.some((command) => imagesOf(command).length > 1)) this.deck.forget();
    this.onAnswer(answer, reasons, async () => { if (!waiting.length) await this._comeBack(answer); });
  }

  /** After an undo of what is not on this page: to the image that is open again; after a great change: the page anew. */
  async _comeBack(answer) {
    const { returning } = this;
    this.returning = null;
    if (answer.refresh) await this.deck.load(this.deck.start);
    else if (!returning || returning.from !== this.deck.card?.id) return; // the hand has moved on
    else if (returning.rank !== undefined) await this.deck.load(returning.rank);
    else if (answer.changed.length === 1) this.deck.goTo(answer.changed[0].id);
  }
}
