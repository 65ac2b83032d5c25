/** Status: shows whether decisions are saved, and messages. */

import { formatNumber, make } from "./dom.js";

/** What the corner says of decisions that wait, by the cause. @type {Record<string, (count: string) => string>} */
const WAITING = {
  away: (count) => `● Winnow does not answer: ${count} kept in this browser`,
  link: (count) => `● Winnow was restarted, open its new link: ${count} kept in this browser`,
};

/** Shows `saved #1842`: amber with a dot while a command is being sent or the server is away, red with a cross after a failure. */
export class SaveStatus {
  constructor() {
    this.text = make("span", {}, "nothing to save");
    this.element = make("span.saved", { role: "status", "data-state": "idle" }, this.text);
  }

  /** @param {import("../sync/outbox.js").State} state of the outbox */
  show({ waiting, saved, problem, cause, refused, reason }) {
    const isKept = waiting && cause in WAITING;
    const [state, text] = isKept ? ["away", WAITING[cause](formatNumber(waiting))] : problem ? ["failed", `✕ ${formatNumber(waiting)} not saved, will be sent again`]
      : waiting ? ["waiting", `● ${formatNumber(waiting)} saving …`]
        : saved ? ["saved", `✓ saved #${formatNumber(saved)}`] : ["idle", "nothing to save"];
    this.element.dataset.state = state;
    this.text.textContent = refused ? `${text} · ${formatNumber(refused)} refused` : text;
    this.element.title = problem || reason;
  }
}

/** Milliseconds for which a brief message is shown, and one with a button. */
const BRIEF = 2500, OFFERED = 10_000;

/** Milliseconds after which work counts as slow. */
const SLOW = 1000;

/** Shows a message over the images, so that nothing moves when it appears. */
export class Notice {
  constructor() {
    this.element = make("div.notice", { role: "alert", hidden: true });
    this.isClosed = false;
    /** Called with what to do again once the server answers. @type {((again: () => void) => void)|null} */
    this.onAway = null;
  }

  /** Do work that may fail; then show its error with a button to try again. @param {() => Promise<void>|void} work */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (this.isClosed) return;
      const again = () => { this.show(""); this.attempt(work); };
      this.show(error.message, again);
      const { shown } = this;
      if (error.cause === "away") this.onAway?.(() => this.shown === shown && again());
    }
  }

  /** Show a message while work is slow and nothing else is said. @param {Promise<any>} work @param {string} message */
  async whileSlow(work, message) {
    /** @type {symbol|null} */
    let own = null;
    const timer = setTimeout(() => {
      if (!this.element.hidden) return;
      this.show(message);
      own = this.shown ?? null;
    }, SLOW);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
      if (own !== null && own === this.shown) this.show("");
    }
  }

  /** Show a message until the next one; an empty one hides it, except a brief one.
   * @param {string} message @param {() => void} [retry] what a button tries once more */
  show(message, retry) {
    if (!message && this.timer) return;
    this._set(message, retry ? [make("button", { onclick: retry }, "Try again")] : []);
  }

  /** Show a message for a short time. @param {string} message */
  showBriefly(message) {
    this._set(message, []);
    this.timer = setTimeout(() => this._set("", []), BRIEF);
  }

  /** Show a message with a button for some seconds. @param {string} message @param {string} text of the button @param {() => void} act */
  offer(message, text, act) {
    this._set(message, [make("button", { onclick: act }, text)]);
    this.timer = setTimeout(() => this._set("", []), OFFERED);
  }

  _set(message, buttons) {
    clearTimeout(this.timer);
    this.timer = null;
    this.shown = Symbol(message); // another message is another one
    this.element.hidden = !message;
    this.element.replaceChildren(make("span", {}, message), ...buttons);
  }
}
