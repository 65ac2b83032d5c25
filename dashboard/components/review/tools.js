/** Order and filters above the images, and where one is among them. */

import { make, menu, number } from "./dom.js";

const RANKINGS = [["entropy", "highest entropy first"], ["confidence", "lowest confidence first"], ["margin", "smallest margin first"],
  ["most_confident", "most confident first"], ["border", "closest to the threshold"]];
const SHOWN = [["undecided", "undecided"], ["all", "all"], ["accept", "accepted"], ["bulk_accept", "bulk-accepted"],
  ["relabel", "relabeled"], ["reject", "rejected"], ["none", "none of the classes"], ["skip", "skipped"], ["unsure", "can't tell"]];

export class Tools {
  /** @param {{query: Record<string, string>, classes: string[], onChange: (part: object) => void,
   *   onTurn: (way: "back"|"forward") => void}} options */
  constructor({ query, classes, onChange, onTurn }) {
    const change = (name) => (value) => onChange({ [name]: value });
    const predicted = [["", "all classes"], ...classes.map((name, label) => [String(label), name])];
    this.where = make("span.where");
    this.element = make("div.tools", {},
      menu("Order", RANKINGS, query.ranking, change("ranking")),
      menu("Show", SHOWN, query.show, change("show")),
      menu("Suggested", predicted, query.predicted, change("predicted")),
      make("span.grow"), this.where,
      make("button", { title: "PageUp", "aria-label": "Page before", onclick: () => onTurn("back") }, "‹"),
      make("button", { title: "PageDown", "aria-label": "Next page", onclick: () => onTurn("forward") }, "›"));
  }

  /** @param {import("./deck.js").Deck} deck */
  show(deck) {
    const shown = SHOWN.find(([key]) => key === deck.query.show)?.[1] ?? "";
    const first = deck.card ? `${number(deck.card.rank + 1)} of ${number(deck.total)} · ` : "";
    const selected = deck.selected.size ? ` · ${number(deck.selected.size)} selected` : "";
    this.where.textContent = `${first}${number(deck.matching)} ${shown}${selected}`;
  }
}

/** Why there is no card, and what to do. @param {Record<string, string>} query */
export function emptiness(query) {
  const isDone = query.show === "undecided" && query.predicted === "";
  return isDone ? "Every image of the pool is decided. Retrain with these labels, or show the decided ones."
    : "No image matches this filter. Show all, or choose another class.";
}
