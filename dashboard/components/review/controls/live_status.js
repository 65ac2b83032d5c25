/** Live status: what the shown model knows, when it learns again, and a button to learn now. */

import { formatNumber, make } from "./dom.js";

const counted = (count) => `${formatNumber(count)} ${count === 1 ? "decision" : "decisions"}`;

export class LiveStatus {
  /** @param {{onRefresh: () => void}} options */
  constructor({ onRefresh }) {
    this.text = make("span", { role: "status" });
    this.button = make("button", { onclick: onRefresh, "data-action": "refresh", "data-title": "Learn from all decisions now" }, "learn now");
    this.element = make("span.live", {}, this.text, this.button);
  }

  /** @param {import("../state/live_model.js").LiveModel} model */
  show({ state, isNewer }) {
    const [kind, text, title] = words(state, isNewer);
    this.element.dataset.state = kind;
    this.text.textContent = text;
    this.text.title = `${text}. ${title}`; // a narrow window cuts the text
    this.button.disabled = state.is_fitting || !(state.num_new || isNewer);
  }
}

/** @param {import("../state/live_model.js").LiveState} state @param {boolean} isNewer a newer version waits
 * @returns {[string, string, string]} kind, text and explanation */
export function words({ decision, num_new, interval, is_fitting, message }, isNewer) {
  if (is_fitting) return ["fitting", message || "model: learning …", "The model learns the decisions beside your work."];
  if (message) return ["failed", "model: not updated", message];
  if (isNewer) return ["newer", "new suggestions from the next page", "The model has learned; what you see now stays as it is."];
  const known = decision ? `model knows decision #${formatNumber(decision)}` : "model of the run";
  const next = !interval ? counted(num_new) + " since" : `learns in ${counted(Math.max(0, interval - num_new))}`;
  return ["idle", `${known} · ${next}`, "After that many decisions the suggestions of the next page are new."];
}
