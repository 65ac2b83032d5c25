/** Verdict buttons below the images: verdicts, classes with their keys, undo. */

import { make } from "./dom.js";

/** @typedef {(action: {action: string, label?: number}) => void} Act */

const button = (act, text, key, action, title) =>
  make("button", { title, "data-action": action, onclick: () => act({ action }) }, make("kbd", {}, key), text);

/** The buttons of the classes with keys, a search for the others, and one for a new class. @param {string[]} classes @param {Act} act */
function classButtons(classes, act) {
  const chips = classes.slice(0, 10).map((name, label) =>
    make("button.chip", { title: `This is ${name}`, onclick: () => act({ action: "relabel", label }) },
      make("kbd", {}, String((label + 1) % 10)), make("span", {}, name)));
  const search = button(act, classes.length > 10 ? `all ${classes.length} classes` : "search", "/", "search", "Search a class");
  return [...chips, ...(classes.length ? [search] : []), button(act, "new class", "+", "newClass", "Name a class that is not there yet")];
}

/** Show the classes again, after one was added. @param {HTMLElement} panel @param {string[]} classes @param {Act} act */
export function showClasses(panel, classes, act) {
  panel.querySelector(".chips")?.replaceChildren(...classButtons(classes, act));
}

/** @param {string[]} classes @param {Act} act @param {Node} last element at the right end */
export function verdictButtons(classes, act, last) {
  return make("div.panel", { role: "toolbar", "aria-label": "Decide" },
    make("div.verdicts", {},
      button(act, "accept", "a", "accept", "The suggestion is right"),
      button(act, "reject", "x", "reject", "It is not the suggested class"),
      button(act, "none", "n", "none", "It is none of the classes"),
      button(act, "skip", "s", "skip", "Decide later"),
      button(act, "unsure", "u", "unsure", "I cannot tell the class"),
      button(act, "undo", "z", "undo", "Undo the latest decision"),
      button(act, "focus", "f", "toggle", "Show one large image, or the grid"),
      button(act, "keys", "?", "help", "All keys"), last),
    make("div.chips", { "aria-label": "Another class" }, ...classButtons(classes, act)));
}
