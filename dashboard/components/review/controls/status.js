/** What the desk says in its corner: how saving goes, and sentences that need attention. */

import { make, number } from "./dom.js";

/** The corner that says `saved #1842`: amber with a dot while something is on its way, red with a cross when it failed. */
export class Saved {
  constructor() {
    this.element = make("span.saved", { role: "status", "data-state": "idle" }, "nothing to save");
  }

  /** @param {import("../sync/outbox.js").State} state of the outbox */
  show({ waiting, saved, problem, refused, reason }) {
    const [state, text] = problem ? ["failed", `✕ ${number(waiting)} unsent, kept and sent again`]
      : waiting ? ["waiting", `● ${number(waiting)} saving …`]
        : saved ? ["saved", `✓ saved #${number(saved)}`] : ["idle", "nothing to save"];
    this.element.dataset.state = state;
    this.element.textContent = refused ? `${text} · ${number(refused)} refused` : text;
    this.element.title = problem || reason;
  }
}

/** Milliseconds that a passing sentence stays. */
const SHORT = 2500;

/** A sentence over the images; nothing moves when it comes or goes. */
export class Notice {
  constructor() {
    this.element = make("div.notice", { role: "alert", hidden: true });
  }

  /** @param {string} sentence an empty one hides the notice, but for a passing one @param {() => void} [again] what a button tries once more */
  say(sentence, again) {
    if (!sentence && this.passing) return;
    this._show(sentence, again ? [make("button", { onclick: again }, "Try again")] : []);
  }

  /** A sentence that goes by itself. */
  pass(sentence) {
    this._show(sentence, []);
    this.passing = setTimeout(() => { this.passing = null; this.say(""); }, SHORT);
  }

  _show(sentence, more) {
    clearTimeout(this.passing);
    this.passing = null;
    this.element.hidden = !sentence;
    this.element.replaceChildren(make("span", {}, sentence), ...more);
  }
}
