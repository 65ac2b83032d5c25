/** Tile of one image in the grid: its elements, its state and its description in words. */

import { formatNumber, formatPercent, make } from "../controls/dom.js";
import { givenAndLikely } from "./given_labels.js";
import { classColor } from "../classes/class_colors.js";

/** Mark and word of each verdict, so that it is not shown by color alone. @type {Record<string, [string, string]>} */
export const MARKS = {
  accept: ["✓", "accepted"],
  bulk_accept: ["≥", "bulk-accepted"],
  relabel: ["→", "relabeled"],
  reject: ["✕", "rejected"],
  none: ["∅", "none of the classes"],
  skip: ["…", "skipped"],
  unsure: ["?", "unsure"],
};

/** Signs of a flag and of a note at an image. */
export const FLAG = "⚑", NOTE = "✎";
/** Letters of a note that one line shows. */
const SHORT = 160;

/** @typedef {Pick<import("../sync/api.js").Card, "note"|"flag">} Remarked */

/** The signs at an image. @param {Remarked} card */
export function remarkMarks({ note, flag }) {
  return `${flag ? FLAG : ""}${note ? NOTE : ""}`;
}

/** Note and flag in words, for a screen reader, a title and the line below the images. @param {Remarked} card @returns {string[]} */
export function remarkTexts({ note, flag }) {
  const text = note && note.text.replace(/\s+/g, " ");
  const short = text && text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
  return [...(flag ? [`flagged by ${flag.reviewer}`] : []), ...(note ? [`note by ${note.reviewer}: ${short}`] : [])];
}

/** Whether the queue shows the card in a stack of near duplicates. @param {import("../sync/api.js").Card} card */
const isStacked = (card) => (card.stack ?? -1) >= 0;

/** @param {import("../sync/api.js").Card} card @param {string[]} classes the class below the image */
function caption(card, classes) {
  const name = card.verdict === "relabel" && card.label !== null ? classes[card.label]
    : givenAndLikely(suggestionName(card, classes), card.verdict ? -1 : card.before, classes);
  return isStacked(card) ? `${card.stack + 1} · ${name}` : name;
}

/** The suggested class, or that there is none yet. @param {import("../sync/api.js").Card} card @param {string[]} classes */
export function suggestionName(card, classes) {
  return card.suggestion < 0 ? "no suggestion" : classes[card.suggestion];
}

/** The card in words, for a screen reader. @param {import("../sync/api.js").Card} card @param {string[]} classes */
export function description(card, classes) {
  const state = card.verdict ? MARKS[card.verdict][1] : "undecided";
  const sure = card.suggestion < 0 ? "" : `, confidence ${formatPercent(card.confidence)}`;
  return [`${suggestionName(card, classes)}${sure}`, state, ...remarkTexts(card), card.name].join(", ");
}

/** Text that a screen reader announces: the next image in the focus view, the number of selected images in the grid (whose
 * focused tile is read by itself). @param {import("../state/card_page.js").CardPage} cardPage @param {string[]} classes */
export function announcement({ card, isAllMatching, numSelected, total }, classes, isFocus) {
  if (numSelected) return `${formatNumber(numSelected)} selected${isAllMatching ? ", all that the filter matches" : ""}`;
  if (!isFocus || !card) return "";
  const state = card.verdict ? `, ${MARKS[card.verdict][1]}` : "";
  const sure = card.suggestion < 0 ? "" : `${card.confidence.toFixed(2).replace(/^0/, "")}, `;
  const remarks = remarkTexts(card).map((text) => `, ${text}`).join("");
  return `${suggestionName(card, classes)}, ${sure}${formatNumber(card.rank + 1)} of ${formatNumber(total)}${state}${remarks}`;
}

/** A tile without its card: updateTile and paintTile fill it. */
export function makeTile(index) {
  return make("div.tile", { role: "option", "data-index": index, tabindex: "-1" },
    make("div.picture"), make("span.badge", { "aria-hidden": "true" }), make("span.remarks", { "aria-hidden": "true" }), make("i.sure", { "aria-hidden": "true" }),
    make("div.caption"), make("div.confidence"));
}

/** Show the state of a card. @param {HTMLElement} element @param {import("../sync/api.js").Card} card */
export function updateTile(element, card, classes, { isCursor, isSelected }) {
  Object.assign(element.dataset, { verdict: card.verdict, image: card.id, stack: isStacked(card) ? card.stack % 2 : "" });
  element.classList.toggle("cursor", isCursor);
  element.setAttribute("aria-selected", String(isSelected));
  element.setAttribute("aria-label", description(card, classes));
  element.setAttribute("aria-description", card.why);
  element.tabIndex = isCursor ? 0 : -1;
  element.title = [card.why, card.name, ...remarkTexts(card)].join("\n");
  element.querySelector(".remarks").textContent = remarkMarks(card);
  element.querySelector(".badge").textContent = card.verdict ? MARKS[card.verdict][0] : "";
  const label = card.verdict === "relabel" && card.label !== null ? card.label : card.suggestion;
  element.style.setProperty("--class", label < 0 ? "transparent" : classColor(label));
  element.style.setProperty("--sure", card.suggestion < 0 ? "0" : String(card.confidence));
  element.classList.toggle("changed", (card.before ?? -1) >= 0);
  element.querySelector(".caption").textContent = caption(card, classes);
  element.querySelector(".confidence").textContent = card.suggestion < 0 ? "" : card.confidence.toFixed(3);
}

/** Show the image: a part of the page's sheet for small images, else a file of its own, which the browser fetches when
 * the tile comes near the visible part of the page. */
export function paintTile(element, card, index, sheet) {
  const picture = element.querySelector(".picture");
  if (!sheet.url) {
    // a new element each time: the old image must not stay above the new caption
    picture.replaceChildren(make("img.photo", { loading: "lazy", decoding: "async", draggable: "false", alt: "", src: sheet.single(card.id) }));
    return;
  }
  const { columns, rows } = sheet;
  const at = (cell, count) => (count > 1 ? `${(100 * cell) / (count - 1)}%` : "0%");
  picture.style.backgroundImage = `url("${sheet.url}")`;
  picture.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  picture.style.backgroundPosition = `${at(index % columns, columns)} ${at(Math.floor(index / columns), rows)}`;
}
