/** How one image looks: its tile in the grid, its large view in the focus. */

import { make, number, percent } from "../controls/dom.js";

/** Shape and word for each verdict, so that color is never alone. @type {Record<string, [string, string]>} */
export const MARKS = {
  accept: ["✓", "accepted"],
  bulk_accept: ["≥", "bulk-accepted"],
  relabel: ["→", "relabeled"],
  reject: ["✕", "rejected"],
  none: ["∅", "none of the classes"],
  skip: ["…", "skipped"],
  unsure: ["?", "can't tell"],
};

/** @param {import("../sync/api.js").Card} card @param {string[]} classes what the label strip says */
export function caption(card, classes) {
  return card.verdict === "relabel" && card.label !== null ? classes[card.label] : classes[card.suggestion];
}

/** @param {import("../sync/api.js").Card} card */
export function spoken(card, classes) {
  const state = card.verdict ? MARKS[card.verdict][1] : "undecided";
  return `${classes[card.suggestion]}, confidence ${percent(card.confidence)}, ${state}, ${card.name}`;
}

/** What a screen reader hears when it changes: the next image in the focus view, how much is selected in the grid (whose
 * tile has the focus and speaks for itself). @param {import("../state/card_page.js").Deck} deck @param {string[]} classes */
export function heardOf({ card, isAll, numSelected, total }, classes, isFocus) {
  if (numSelected) return `${number(numSelected)} selected${isAll ? ", everything that the filter matches" : ""}`;
  if (!isFocus || !card) return "";
  const state = card.verdict ? `, ${MARKS[card.verdict][1]}` : "";
  return `${classes[card.suggestion]}, ${card.confidence.toFixed(2).replace(/^0/, "")}, ${number(card.rank + 1)} of ${number(total)}${state}`;
}

/** A tile; its content is filled in by `dress`. */
export function tile(place) {
  return make("div.tile", { role: "option", "data-place": place, tabindex: "-1" },
    make("div.picture"), make("span.badge", { "aria-hidden": "true" }), make("div.caption"), make("div.sure"));
}

/** @param {HTMLElement} element @param {import("../sync/api.js").Card} card */
export function dress(element, card, classes, { isCursor, isSelected }) {
  Object.assign(element.dataset, { verdict: card.verdict, image: card.id });
  element.classList.toggle("cursor", isCursor);
  element.setAttribute("aria-selected", String(isSelected));
  element.setAttribute("aria-label", spoken(card, classes));
  element.setAttribute("aria-description", card.why);
  element.tabIndex = isCursor ? 0 : -1;
  element.title = `${card.why}\n${card.name}`;
  element.querySelector(".badge").textContent = card.verdict ? MARKS[card.verdict][0] : "";
  element.querySelector(".caption").textContent = caption(card, classes);
  element.querySelector(".sure").textContent = card.confidence.toFixed(3);
}

/** The picture of a tile: a piece of the page's sheet where images are small, else an image of its own, which the
 * browser fetches when it comes near what can be seen. */
export function paint(element, card, place, sheet) {
  const picture = element.querySelector(".picture");
  if (!sheet.address) {
    // a new element each time: the old picture must not stand under the new caption
    picture.replaceChildren(make("img.photo", { loading: "lazy", decoding: "async", draggable: "false", alt: "", src: sheet.single(card.id) }));
    return;
  }
  const { columns, rows } = sheet;
  const at = (index, count) => (count > 1 ? `${(100 * index) / (count - 1)}%` : "0%");
  picture.style.backgroundImage = `url("${sheet.address}")`;
  picture.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  picture.style.backgroundPosition = `${at(place % columns, columns)} ${at(Math.floor(place / columns), rows)}`;
}
