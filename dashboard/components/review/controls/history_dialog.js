/** History dialog: the log of decisions; a reviewer's own decisions can be taken back. */

import { MARKS } from "../images/tile.js";
import { openDialog } from "./dialogs.js";
import { make, number } from "./dom.js";

/** Decisions that are listed; older ones are found by filter or on the command line. */
const NUM_LISTED = 1000;

/** @typedef {{id: number, command_id: string, verdict: string, image_id: number|null, label: number|null, num_images: number,
 *   reviewer: string, time: string, params: object, undo_of: number|null, is_live: boolean}} Decision */

/** A decision in words. @param {Decision} decision @param {string[]} classes */
export function sentenceOf({ verdict, image_id, label, num_images, params, undo_of }, classes) {
  if (verdict === "undo") return `takes back #${undo_of}`;
  const what = image_id === null ? `${number(num_images)} images` : `image ${image_id}`;
  const word = MARKS[verdict]?.[1] ?? verdict;
  const name = verdict === "relabel" && label !== null ? ` ${classes[label] ?? label}` : "";
  const rule = image_id === null && params?.rule ? `, by ${String(params.rule).replaceAll("_", " ")}` : "";
  return `${what} ${word}${name}${rule}`;
}

/** List the decisions of the log, each with a button to take it back.
 * @param {{root: ShadowRoot, api: import("../sync/api.js").Api, classes: string[], reviewer: {name: string},
 *   commands: import("../sync/commands.js").Commands}} parts */
export async function showHistory({ root, api, classes, reviewer, commands }) {
  await commands.outbox.flush();
  /** @type {{decisions: Decision[]}} newest first */
  const { decisions } = await api.history(NUM_LISTED);
  const rows = decisions.map((decision) => {
    const isUndo = decision.verdict === "undo";
    const isUndone = !decision.is_live && !isUndo;
    const isOwn = decision.is_live && !isUndo && decision.reviewer === reviewer.name;
    const sentence = sentenceOf(decision, classes);
    const undo = () => { box.close(); commands.undoDecision(decision); };
    const button = make("button", { "aria-label": `Take back #${decision.id}: ${sentence}`, onclick: undo }, "take back");
    return make(isUndone ? "li.undone" : "li", { "data-decision": decision.id },
      make("b", {}, `#${decision.id}`), make("span", {}, sentence, make("small", {}, ` ${decision.reviewer} · ${timeText(decision.time)}`)),
      isOwn ? button : make("small", {}, isUndone ? "taken back" : ""));
  });
  const list = make("ol.decisions", { tabindex: "0", "aria-label": "Decisions, the newest first" }, ...rows);
  const box = openDialog(root, "Decisions", decisions.length ? [list] : [make("p", {}, "Nothing has been decided yet.")],
    (close) => [make("button.primary", { autofocus: true, onclick: close }, "Close")]);
}

function timeText(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
}
