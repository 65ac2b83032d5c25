/** Decisions on their way: pending, flying, then gone when the server has them on its disk. None is ever dropped.
 *
 * Each batch carries all that is not acknowledged; the server knows a command by its id, so sending twice is harmless.
 * What is not acknowledged is kept in the browser's storage and sent again after a refresh or a server restart. */

import { Sieve } from "./batch_bisection.js";

const PAUSE = 250;
const FULL = 25;
const LONGEST_WAIT = 15000;
/** A browser sends 64 KiB for pages that are going away; what does not fit stays in storage. */
const LAST_BYTES = 56_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST_REFUSED = 200;

/** @typedef {{waiting: number, saved: number, problem: string, refused: number, reason: string}} State */

export class Outbox {
  /** @param {{send: (batch: object, isLast: boolean) => Promise<object>, storage: Storage, key: string,
   *   reviewer: string, onAnswer: (answer: object, commands: object[]) => void,
   *   onState: (state: State) => void}} options reviewer is for commands that name none */
  constructor(options) {
    this.options = options;
    this.client = crypto.randomUUID();
    this.slot = `${options.key}-${this.client}`;
    this.sequence = 0;
    this.saved = 0;
    this.problem = "";
    this.failures = 0;
    this.isFlying = false;
    this.timer = null;
    this.sieve = new Sieve();
    /** Commands given up, in this session. */
    this.refused = 0;
    this.reason = "";
    this.waiting = this._adopt();
    if (this.waiting.length) {
      this._tell();
      this._soon(0);
    }
  }

  /** @param {object} command without command_id @returns {object} the command with its id */
  add(command) {
    const whole = { command_id: crypto.randomUUID(), ...command };
    this.waiting.push(whole);
    this._soon(this.waiting.length >= FULL ? 0 : PAUSE);
    this._keep();
    this._tell();
    return whole;
  }

  /** Send now what waits; isLast when the page is going away. */
  async flush(isLast = false) {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.waiting.length || (this.isFlying && !isLast)) return;
    this.isFlying = true;
    const commands = isLast ? fitting(this.waiting) : this.sieve.pick(this.waiting);
    const batch = { client: this.client, sequence: ++this.sequence, reviewer: this.options.reviewer, commands };
    let isAgain = false;
    try {
      this._arrived(await this.options.send(batch, isLast), commands);
    } catch (error) {
      if (error.isFinal && !isLast) isAgain = this._sift(commands, error);
      else this._failed(error);
    }
    this.isFlying = false;
    this._tell();
    if (this.waiting.length) this._soon(isAgain ? 0 : this.failures ? Math.min(LONGEST_WAIT, 500 * 2 ** this.failures) : PAUSE);
  }

  /** Forget the timer; what waits stays in storage. */
  close() {
    this.flush(true);
    clearTimeout(this.timer);
  }

  _arrived(answer, commands) {
    const known = new Set(answer.outcomes.map((outcome) => outcome.command_id));
    this.waiting = this.waiting.filter((command) => !known.has(command.command_id));
    this.saved = Math.max(this.saved, answer.saved ?? 0);
    this.problem = "";
    this.failures = 0;
    this.sieve.passed(commands);
    this._keep();
    this.options.onAnswer(answer, commands);
  }

  /** The server will never take this batch: find the command that is wrong; answers whether to send at once. */
  _sift(commands, error) {
    const next = this.sieve.refused(commands, error.message);
    if (next === "wait") this._failed(error);
    if (next === "refuse") this._giveUp(commands[0], error.message);
    return next !== "wait" && !this._isStuck();
  }

  /** Whether all that waits was refused alone, and nothing says that the server takes any. */
  _isStuck() {
    return !this.sieve.isProven && this.waiting.every(({ command_id }) => this.sieve.doubtful.has(command_id));
  }

  /** Set one aside, beside what waits, with the reason; the rest goes on. */
  _giveUp(command, reason) {
    const { storage, key } = this.options;
    this.waiting = this.waiting.filter((other) => other !== command);
    this.refused++;
    this.reason = reason;
    this._keep();
    try {
      const aside = JSON.parse(storage.getItem(`refused:${key}`) ?? "[]");
      storage.setItem(`refused:${key}`, JSON.stringify([...aside, { ...command, reason }].slice(-MOST_REFUSED)));
    } catch (error) {
      console.warn(`A refused decision could not be kept (${error.message}): ${JSON.stringify(command)}`);
    }
    const outcomes = [{ command_id: command.command_id, status: "refused", reason }];
    this.options.onAnswer({ outcomes, changed: [], isUnread: true }, [command]);
  }

  _failed(error) {
    this.failures++;
    this.problem = error.message;
  }

  _soon(delay) {
    if (this.timer !== null && delay > 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  _tell() {
    const { waiting, saved, problem, refused, reason } = this;
    this.options.onState({ waiting: waiting.length, saved, problem, refused, reason });
  }

  _keep() {
    const { storage } = this.options;
    if (!this.waiting.length) {
      storage.removeItem(this.slot);
      return;
    }
    try {
      storage.setItem(this.slot, JSON.stringify(this.waiting));
    } catch (error) {
      console.warn(`This browser keeps no copy of unsent decisions (${error.message}); they are sent all the same.`);
    }
  }

  /** Take over what earlier pages of this project could not deliver. */
  _adopt() {
    const { storage, key } = this.options;
    const slots = [];
    for (let place = 0; place < storage.length; place++) slots.push(storage.key(place));
    const found = [];
    const isOurs = (name) => name.startsWith(`${key}-`) && UUID.test(name.slice(key.length + 1)); // not of "key-2"
    for (const slot of slots.filter(isOurs)) {
      try {
        const stored = JSON.parse(storage.getItem(slot));
        if (!stored.every((command) => typeof command?.command_id === "string")) continue;
        found.push(...stored);
        storage.removeItem(slot);
      } catch {
        continue; // not ours to repair: it stays where it is
      }
    }
    if (found.length) storage.setItem(this.slot, JSON.stringify(found));
    return found;
  }
}

/** As many as a browser still sends for a page that is going away. */
function fitting(waiting) {
  let bytes = 0;
  const end = waiting.findIndex((command) => (bytes += JSON.stringify(command).length + 1) > LAST_BYTES);
  return end < 0 ? waiting.slice() : waiting.slice(0, end);
}
