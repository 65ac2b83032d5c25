/** Verdict buttons below the images: verdicts, classes with their keys, undo. */

import { classColor } from "../images/class_colors.js";
import { make } from "./dom.js";

/** @typedef {(action: {action: string, label?: number}) => void} Act */

const button = (act, text, key, action, title) =>
  make("button", { title, "data-action": action, onclick: () => act({ action }) }, make("kbd", {}, key), text);

function colored(element, label) {
  element.style.background = classColor(label);
  return element;
}

/** The buttons of the classes with keys, a search for the others, and one for a new class. @param {string[]} classes @param {Act} act */
function classButtons(classes, act) {
  const chips = classes.slice(0, 10).map((name, label) =>
    make("button.chip", { title: `This is ${name}`, onclick: () => act({ action: "relabel", label }) },
      make("kbd", {}, String((label + 1) % 10)), colored(make("i.dot", { "aria-hidden": "true" }), label), make("span", {}, name)));
  const search = button(act, classes.length > 10 ? `all ${classes.length} classes` : "search", "/", "search", "Search a class");
  return [...chips, ...(classes.length ? [search] : []), button(act, "examples", "e", "guide", "Examples of each class, beside this image"), button(act, "new class", "+", "newClass", "Name a class that is not there yet")];
}

/** Show the classes again, after one was added. @param {HTMLElement} panel @param {string[]} classes @param {Act} act */
export function showClasses(panel, classes, act) {
  panel.querySelector(".chips")?.replaceChildren(...classButtons(classes, act));
}

/** Say what an undo would take back. @param {HTMLElement} panel @param {string} what such as "accept, 3 images"; "" for nothing known */
export function showUndo(panel, what) {
  const element = /** @type {HTMLElement} */ (panel.querySelector("[data-action=undo]"));
  element.title = what ? `Take back: ${what}` : "Undo the latest decision";
  element.querySelector("small").textContent = what;
}

/** @param {string[]} classes @param {Act} act @param {Node[]} last elements at the right end */
export function verdictButtons(classes, act, ...last) {
  const undo = button(act, "undo", "z", "undo", "Undo the latest decision");
  undo.append(make("small"));
  return make("div.panel", { role: "toolbar", "aria-label": "Decide" },
    make("div.verdicts", {},
      button(act, "accept", "a", "accept", "The suggestion is right"),
      button(act, "reject", "x", "reject", "It is not the suggested class"),
      button(act, "none", "n", "none", "It is none of the classes"),
      button(act, "skip", "s", "skip", "Decide later"),
      button(act, "unsure", "u", "unsure", "I cannot tell the class"),
      undo,
      button(act, "focus", "f", "toggle", "Show one large image, or the grid"),
      button(act, "keys", "?", "help", "All keys"), make("span.grow"), ...last),
    make("div.chips", { "aria-label": "Another class" }, ...classButtons(classes, act)));
}
