/** Status: shows whether decisions are saved, and messages. */

import { formatNumber, make } from "./dom.js";

/** Shows `saved #1842`: amber with a dot while a command is being sent, red with a cross after a failure. */
export class SaveStatus {
  constructor() {
    this.element = make("span.saved", { role: "status", "data-state": "idle" }, "nothing to save");
  }

  /** @param {import("../sync/outbox.js").State} state of the outbox */
  show({ waiting, saved, problem, refused, reason }) {
    const [state, text] = problem ? ["failed", `✕ ${formatNumber(waiting)} not saved, will be sent again`]
      : waiting ? ["waiting", `● ${formatNumber(waiting)} saving …`]
        : saved ? ["saved", `✓ saved #${formatNumber(saved)}`] : ["idle", "nothing to save"];
    this.element.dataset.state = state;
    this.element.textContent = refused ? `${text} · ${formatNumber(refused)} refused` : text;
    this.element.title = problem || reason;
  }
}

/** Milliseconds for which a brief message is shown. */
const BRIEF = 2500;

/** Shows a message over the images, so that nothing moves when it appears. */
export class Notice {
  constructor() {
    this.element = make("div.notice", { role: "alert", hidden: true });
    this.isClosed = false;
  }

  /** Do work that may fail; then show its error with a button to try again. @param {() => Promise<void>|void} work */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (this.isClosed) return;
      this.show(error.message, () => { this.show(""); this.attempt(work); });
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

  _set(message, buttons) {
    clearTimeout(this.timer);
    this.timer = null;
    this.element.hidden = !message;
    this.element.replaceChildren(make("span", {}, message), ...buttons);
  }
}
