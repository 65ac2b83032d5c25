/** Dialog that asks for the reason before images are hidden; Enter confirms, Escape cancels. */

import { openDialog } from "../controls/dialogs.js";
import { formatNumber, make } from "../controls/dom.js";
import { lastReason, offeredReasons, rememberReason } from "./reasons.js";

/** Images that the dialog shows. */
const NUM_SHOWN = 8;

/** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, cards: import("../sync/api.js").Card[], isPageOfMore: boolean, known: string[],
 *   storage: Storage, onHide: (reason: string) => Promise<void>}} options isPageOfMore: more are selected than this page shows;
 *   onHide: throws an Error whose message is a sentence */
export function askReason({ root, api, cards, isPageOfMore, known, storage, onHide }) {
  const last = lastReason(storage);
  const input = make("input", { type: "text", "aria-label": "Reason", placeholder: "blurred, private, …", autofocus: true, autocomplete: "off", dir: "auto" });
  input.value = last;
  const problem = make("p.problem", { role: "alert", hidden: true });
  const confirm = make("button.primary", { onclick: () => hide() }, "Hide");
  const pick = (reason) => make("button.offered-reason", { title: reason, onclick: () => { input.value = reason; input.focus(); } }, reason);
  const what = cards.length === 1 ? "this image" : `${formatNumber(cards.length)} images`;
  const box = openDialog(root, `Hide ${what}?`, [
    make("div.hidden-pictures", {}, ...cards.slice(0, NUM_SHOWN).map((card) => make("img", { src: api.image(card.id), alt: card.name, title: card.name })),
      ...(cards.length > NUM_SHOWN ? [make("small.label", {}, `and ${formatNumber(cards.length - NUM_SHOWN)} more`)] : [])),
    make("p", {}, `Hidden images are in no part, queue, training and export, for everybody. Files and decisions stay, and it can be undone.`),
    ...(isPageOfMore ? [make("p", {}, make("b", {}, "Only the images of this page are hidden, not all that the filter matches."), " The Data page hides images by name.")] : []),
    input, make("div.offered-reasons", { role: "group", "aria-label": "Reasons" }, ...offeredReasons(last, known).map(pick)), problem,
  ], (close) => [make("button", { onclick: close }, "Cancel"), confirm]);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    hide();
  });
  input.focus();
  input.select();

  async function hide() {
    if (confirm.disabled) return; // it is on its way
    confirm.disabled = problem.hidden = true;
    try {
      await onHide(input.value);
      rememberReason(storage, input.value.trim());
      box.close();
    } catch (error) {
      Object.assign(problem, { hidden: false, textContent: error.message });
      confirm.disabled = false;
      input.focus();
    }
  }
}
