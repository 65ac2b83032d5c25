/** History dialog: the latest decisions; a reviewer can undo their own ones. */

import { MARKS } from "../images/tile.js";
import { openDialog } from "./dialogs.js";
import { formatNumber, make } from "./dom.js";

/** Number of listed decisions; a filter or the command line finds older ones. */
const NUM_LISTED = 1000;

/** @typedef {{id: number, command_id: string, verdict: string, image_id: number|null, label: number|null, num_images: number,
 *   reviewer: string, time: string, params: any, undo_of: number|null, is_live: boolean}} Decision */

/** A decision in words. @param {Decision} decision @param {string[]} classes */
export function decisionText({ verdict, image_id, label, num_images, params, undo_of }, classes) {
  if (verdict === "undo") return `undo of #${undo_of}`;
  if (verdict === "note") return `image ${image_id} ${params?.text ? `note: ${params.text}` : "note removed"}`;
  if (verdict === "flag" || verdict === "unflag") return `image ${image_id} ${verdict === "flag" ? "flagged" : "no longer flagged"}`;
  const what = image_id === null ? `${formatNumber(num_images)} images` : `image ${image_id}`;
  const word = MARKS[verdict]?.[1] ?? verdict;
  const name = verdict === "relabel" && label !== null ? ` ${classes[label] ?? label}` : "";
  const rule = image_id === null && params?.rule ? `, by ${String(params.rule).replaceAll("_", " ")}` : "";
  return `${what} ${word}${name}${rule}`;
}

/** List the latest decisions, each own one with a button that undoes it.
 * @param {{root: ShadowRoot, api: import("../sync/api.js").Api, classes: string[], reviewer: {name: string},
 *   commands: import("../sync/commands.js").Commands}} parts */
export async function showHistory({ root, api, classes, reviewer, commands }) {
  await commands.outbox.flush();
  /** @type {{decisions: Decision[]}} newest first */
  const { decisions } = await api.history(NUM_LISTED, true);
  const rows = decisions.map((decision) => {
    const isUndo = decision.verdict === "undo";
    const isUndone = !decision.is_live && !isUndo;
    const isOwn = decision.is_live && !isUndo && decision.reviewer === reviewer.name;
    const sentence = decisionText(decision, classes);
    const undo = () => { box.close(); commands.undoDecision(decision); };
    const button = make("button", { "aria-label": `Undo #${decision.id}: ${sentence}`, onclick: undo }, "undo");
    return make(isUndone ? "li.undone" : "li", { "data-decision": decision.id },
      make("b", {}, `#${decision.id}`), make("span", {}, sentence, make("small", {}, ` ${decision.reviewer} · ${timeText(decision.time)}`)),
      isOwn ? button : make("small", {}, isUndone ? "undone" : ""));
  });
  const list = make("ol.decisions", { tabindex: "0", "aria-label": "Decisions and notes, the newest first" }, ...rows);
  const box = openDialog(root, "Decisions", decisions.length ? [list] : [make("p", {}, "No image is decided yet.")],
    (close) => [make("button.primary", { autofocus: true, onclick: close }, "Close")]);
}

function timeText(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
}
