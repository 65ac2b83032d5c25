/** Outbox: sends commands in batches and again after a failure, until the server has saved them.
 *
 * Each batch holds every command without a response; the server knows a command by its id, so sending twice is harmless.
 * Commands without a response stay in the browser's storage and are sent again after a refresh or a server restart. */

import { BatchBisection } from "./batch_bisection.js";

/** Milliseconds between a command and its batch. */
const DELAY = 250;
/** Commands that are sent at once. */
const FULL_BATCH = 25;
/** Milliseconds, the longest wait after a failure. */
const MAX_WAIT = 15000;
/** A browser sends 64 KiB while a page is being closed; the rest stays in storage. */
const MAX_LAST_BYTES = 56_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Refused commands that the storage keeps. */
const MAX_REFUSED = 200;

/** @typedef {{waiting: number, saved: number, problem: string, cause: string, refused: number, reason: string}} State */

export class Outbox {
  /** @param {{api: Pick<import("./api.js").Api, "commands">, storage: Storage, key: string, reviewer: string,
   *   onResponse: (response: object, commands: object[]) => void, onState: (state: State) => void, onAway?: () => void}} options
   *   reviewer: of commands that name none */
  constructor(options) {
    this.options = options;
    this.client = crypto.randomUUID();
    this.slot = `${options.key}-${this.client}`;
    this.sequence = 0;
    this.saved = 0;
    this.problem = "";
    /** Cause of the problem: "away", "link" (see api.js) or "". */
    this.cause = "";
    this.failures = 0;
    this.isSending = false;
    this.timer = null;
    this.bisection = new BatchBisection();
    /** Number of commands given up in this session. */
    this.refused = 0;
    this.reason = "";
    this.waiting = this._restore();
    if (this.waiting.length) {
      this._report();
      this._schedule(0);
    }
  }

  /** Add a command. @param {object} command without command_id @returns {object} the command with its id */
  add(command) {
    const queued = { command_id: crypto.randomUUID(), ...command };
    this.waiting.push(queued);
    this._schedule(this.waiting.length >= FULL_BATCH ? 0 : DELAY);
    this._store();
    this._report();
    return queued;
  }

  /** Send the waiting commands now; isLast when the page is being closed. */
  async flush(isLast = false) {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.waiting.length || (this.isSending && !isLast)) return;
    this.isSending = true;
    const commands = isLast ? fittingLastBatch(this.waiting) : this.bisection.nextBatch(this.waiting);
    const batch = { client: this.client, sequence: ++this.sequence, reviewer: this.options.reviewer, commands };
    let isAgain = false;
    try {
      this._answered(await this.options.api.commands(batch, isLast), commands);
    } catch (error) {
      if (error.isFinal && !isLast) isAgain = this._bisect(commands, error);
      else this._failed(error);
    }
    this.isSending = false;
    this._report();
    if (this.waiting.length) this._schedule(isAgain ? 0 : this.failures ? Math.min(MAX_WAIT, 500 * 2 ** this.failures) : DELAY);
  }

  /** Send the last batch and stop the timer; commands without a response stay in storage. */
  close() {
    this.flush(true);
    clearTimeout(this.timer);
  }

  _answered(response, commands) {
    const known = new Set(response.outcomes.map((outcome) => outcome.command_id));
    this.waiting = this.waiting.filter((command) => !known.has(command.command_id));
    this.saved = Math.max(this.saved, response.saved ?? 0);
    this.problem = this.cause = "";
    this.failures = 0;
    this.bisection.answered(commands);
    this._store();
    this.options.onResponse(response, commands);
  }

  /** The server refuses this batch: find the wrong command. Returns whether to send again at once. */
  _bisect(commands, error) {
    const next = this.bisection.refused(commands, error.message);
    if (next === "wait") this._failed(error);
    if (next === "refuse") this._giveUp(commands[0], error.message);
    return next !== "wait" && !this._isStuck();
  }

  /** Whether every waiting command was refused alone and the server has saved none since. */
  _isStuck() {
    return !this.bisection.hasSaved && this.waiting.every(({ command_id }) => this.bisection.suspects.has(command_id));
  }

  /** Move one command out of the queue, with the reason; the others are sent on. */
  _giveUp(command, reason) {
    const { storage, key } = this.options;
    this.waiting = this.waiting.filter((other) => other !== command);
    this.refused++;
    this.reason = reason;
    this._store();
    try {
      const refused = JSON.parse(storage.getItem(`refused:${key}`) ?? "[]");
      storage.setItem(`refused:${key}`, JSON.stringify([...refused, { ...command, reason }].slice(-MAX_REFUSED)));
    } catch (error) {
      console.warn(`A refused decision could not be kept (${error.message}): ${JSON.stringify(command)}`);
    }
    const outcomes = [{ command_id: command.command_id, status: "refused", reason }];
    this.options.onResponse({ outcomes, changed: [], isUnread: true }, [command]);
  }

  _failed(error) {
    this.failures++;
    this.problem = error.message;
    this.cause = error.cause ?? "";
    if (this.cause === "away") this.options.onAway?.();
  }

  _schedule(delay) {
    if (this.timer !== null && delay > 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  _report() {
    const { waiting, saved, problem, cause, refused, reason } = this;
    this.options.onState({ waiting: waiting.length, saved, problem, cause, refused, reason });
  }

  _store() {
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

  /** Take over the commands that earlier pages of this project could not send. */
  _restore() {
    const { storage, key } = this.options;
    const slots = [];
    for (let index = 0; index < storage.length; index++) slots.push(storage.key(index));
    const commands = [];
    const isOwn = (name) => name.startsWith(`${key}-`) && UUID.test(name.slice(key.length + 1)); // not one of "key-2"
    for (const slot of slots.filter(isOwn)) {
      try {
        const stored = JSON.parse(storage.getItem(slot));
        if (!stored.every((command) => typeof command?.command_id === "string")) continue;
        commands.push(...stored);
        storage.removeItem(slot);
      } catch {
        continue; // written by something else: left as it is
      }
    }
    if (commands.length) storage.setItem(this.slot, JSON.stringify(commands));
    return commands;
  }
}

/** The commands that a browser still sends while the page is being closed. */
function fittingLastBatch(waiting) {
  let bytes = 0;
  const end = waiting.findIndex((command) => (bytes += JSON.stringify(command).length + 1) > MAX_LAST_BYTES);
  return end < 0 ? waiting.slice() : waiting.slice(0, end);
}
