/** Decisions on their way: pending, flying, then gone when the server has them on its disk. None is ever dropped.
 *
 * Each batch carries all that is not acknowledged; the server knows a command by its id, so sending twice is harmless.
 * What is not acknowledged is kept in the browser's storage and sent again after a refresh or a server restart. */

const PAUSE = 250;
const FULL = 25;
const LONGEST_WAIT = 15000;
const MOST = 1000;
/** So many fit the 64 KiB that a browser sends for a page that is going away; the rest stays in storage. */
const MOST_LAST = 200;

export class Outbox {
  /** @param {{send: (batch: object, isLast: boolean) => Promise<object>, storage: Storage, key: string,
   *   reviewer: string, onAnswer: (answer: object, commands: object[]) => void,
   *   onState: (state: {waiting: number, saved: number, problem: string}) => void}} options */
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
    const commands = this.waiting.slice(0, isLast ? MOST_LAST : MOST);
    const batch = { client: this.client, sequence: ++this.sequence, reviewer: this.options.reviewer, commands };
    try {
      this._arrived(await this.options.send(batch, isLast), commands);
    } catch (error) {
      this._failed(error);
    }
    this.isFlying = false;
    this._tell();
    if (this.waiting.length) this._soon(this.failures ? Math.min(LONGEST_WAIT, 500 * 2 ** this.failures) : PAUSE);
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
    this._keep();
    this.options.onAnswer(answer, commands);
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
    this.options.onState({ waiting: this.waiting.length, saved: this.saved, problem: this.problem });
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
    for (const slot of slots.filter((name) => name.startsWith(`${key}-`))) {
      try {
        found.push(...JSON.parse(storage.getItem(slot)));
        storage.removeItem(slot);
      } catch {
        continue; // not ours to repair: it stays where it is
      }
    }
    if (found.length) storage.setItem(this.slot, JSON.stringify(found));
    return found;
  }
}
