/** The log as a list: each line says who decided what and when, and the reviewer's own ones can be taken back. */

import { MARKS } from "../images/tile.js";
import { dialog } from "./dialogs.js";
import { make, number } from "./dom.js";

/** @typedef {{id: number, command_id: string, verdict: string, image_id: number|null, label: number|null, num_images: number,
 *   reviewer: string, time: string, params: object, undo_of: number|null, is_live: boolean}} Line */

/** What a line says. @param {Line} line @param {string[]} classes */
export function sentenceOf({ verdict, image_id, label, num_images, params, undo_of }, classes) {
  if (verdict === "undo") return `takes back #${undo_of}`;
  const what = image_id === null ? `${number(num_images)} images` : `image ${image_id}`;
  const word = MARKS[verdict]?.[1] ?? verdict;
  const name = verdict === "relabel" && label !== null ? ` ${classes[label] ?? label}` : "";
  const rule = image_id === null && params?.rule ? `, by ${String(params.rule).replaceAll("_", " ")}` : "";
  return `${what} ${word}${name}${rule}`;
}

/** @param {ShadowRoot} root @param {Line[]} lines newest first
 * @param {{classes: string[], reviewer: string, onTakeBack: (line: Line) => void}} options */
export function showHistory(root, lines, { classes, reviewer, onTakeBack }) {
  const rows = lines.map((line) => {
    const isMine = line.is_live && line.verdict !== "undo" && line.reviewer === reviewer;
    const isGone = !line.is_live && line.verdict !== "undo";
    const sentence = sentenceOf(line, classes);
    const back = make("button", { "aria-label": `Take back #${line.id}: ${sentence}`, onclick: () => { box.close(); onTakeBack(line); } }, "take back");
    return make(isGone ? "li.line-gone" : "li", { "data-decision": line.id },
      make("b", {}, `#${line.id}`), make("span", {}, sentence, make("small", {}, ` ${line.reviewer} · ${when(line.time)}`)),
      isMine ? back : make("small", {}, isGone ? "taken back" : ""));
  });
  const list = make("ol.lines", { tabindex: "0", "aria-label": "Decisions, the newest first" }, ...rows);
  const box = dialog(root, "Decisions", lines.length ? [list] : [make("p", {}, "Nothing has been decided yet.")],
    (close) => [make("button.primary", { autofocus: true, onclick: close }, "Close")]);
}

function when(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
}
