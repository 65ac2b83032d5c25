/** What the desk says in its corner: how saving goes, and sentences that need attention. */

import { make, number } from "./dom.js";

/** The corner that says `saved #1842`: amber with a dot while something is on its way, red with a cross when it failed. */
export class Saved {
  constructor() {
    this.element = make("span.saved", { role: "status", "data-state": "idle" }, "nothing to save");
  }

  /** @param {{waiting: number, saved: number, problem: string}} state of the outbox */
  show({ waiting, saved, problem }) {
    const [state, text] = problem ? ["failed", `✕ ${number(waiting)} unsent, kept and sent again`]
      : waiting ? ["waiting", `● ${number(waiting)} saving …`]
        : saved ? ["saved", `✓ saved #${number(saved)}`] : ["idle", "nothing to save"];
    this.element.dataset.state = state;
    this.element.textContent = text;
    this.element.title = problem;
  }
}

/** A sentence over the images; nothing moves when it comes or goes. */
export class Notice {
  constructor() {
    this.element = make("div.notice", { role: "alert", hidden: true });
  }

  /** @param {string} sentence an empty one hides the notice @param {() => void} [again] what a button tries once more */
  say(sentence, again) {
    this.element.hidden = !sentence;
    const retry = again ? [make("button", { onclick: again }, "Try again")] : [];
    this.element.replaceChildren(make("span", {}, sentence), ...retry);
  }
}
