/** Verdict buttons below the images: verdicts, classes with their keys, undo. */

import { classColor, classDescription, classOrder } from "../classes/class_colors.js";
import { make } from "./dom.js";

/** @typedef {(action: {action: string, label?: number}) => void} Act */

const button = (act, text, action, title) =>
  make("button", { "data-title": title, "data-action": action, onclick: () => act({ action }) }, make("kbd"), text);

/** Show on each button the key that does the same, as it is set. @param {HTMLElement} element the review page
 * @param {import("../keys/key_map.js").KeyMap} keyMap */
export function labelKeys(element, keyMap) {
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("[data-action]"))) {
    const key = keyMap.keyOf(one.dataset.action ?? "");
    one.setAttribute("aria-keyshortcuts", key);
    one.querySelector("kbd")?.replaceChildren(key);
    showTitle(one);
  }
}

/** @param {HTMLElement} one */
function showTitle(one) {
  one.title = `${one.dataset.title} (key ${one.getAttribute("aria-keyshortcuts")})`;
}

function colored(element, label) {
  element.style.background = classColor(label);
  return element;
}

/** The buttons of the classes with keys, a search for the others, and one for a new class. @param {string[]} classes @param {Act} act */
function classButtons(classes, act) {
  const chips = classOrder(classes.length).slice(0, 10).map((label, place) => {
    const name = classes[label], key = (place + 1) % 10, about = classDescription(label);
    return make("button.chip", { title: `This is ${name} (key ${key})${about ? `: ${about}` : ""}`, "aria-keyshortcuts": key, onclick: () => act({ action: "relabel", label }) },
      make("kbd", {}, String(key)), colored(make("i.dot", { "aria-hidden": "true" }), label), make("span", {}, name));
  });
  const search = button(act, classes.length > 10 ? `all ${classes.length} classes` : "search", "search", "Search a class");
  return [...chips, ...(classes.length ? [search] : []), button(act, "examples", "guide", "Examples of each class, beside this image"), button(act, "new class", "newClass", "Name a class that is not there yet")];
}

/** Show the classes again, after one was added. @param {HTMLElement} panel @param {string[]} classes @param {Act} act */
export function showClasses(panel, classes, act) {
  panel.querySelector(".chips")?.replaceChildren(...classButtons(classes, act));
}

/** Say what an undo would take back. @param {HTMLElement} panel @param {string} what such as "accept, 3 images"; "" for nothing known */
export function showUndo(panel, what) {
  const element = /** @type {HTMLElement} */ (panel.querySelector("[data-action=undo]"));
  element.dataset.title = what ? `Take back: ${what}` : "Undo the latest decision";
  showTitle(element);
  element.querySelector("small").textContent = what;
}

/** @param {string[]} classes @param {Act} act @param {Node[]} last elements at the right end */
export function verdictButtons(classes, act, ...last) {
  const undo = button(act, "undo", "undo", "Undo the latest decision");
  undo.append(make("small"));
  return make("div.panel", { role: "toolbar", "aria-label": "Decide" },
    make("div.verdicts", {},
      button(act, "accept", "accept", "The suggestion is right"),
      button(act, "reject", "reject", "It is not the suggested class"),
      button(act, "none", "none", "It is none of the classes"),
      button(act, "skip", "skip", "Decide later"),
      button(act, "unsure", "unsure", "I cannot tell the class"),
      undo,
      button(act, "note", "note", "Write a note at this image"),
      button(act, "flag", "flag", "Flag for a colleague, or take the flag away"),
      button(act, "compare", "compare", "Two selected images side by side, or this one with examples of a class"),
      button(act, "focus", "toggle", "Show one large image, or the grid"),
      button(act, "keys", "help", "All keys, and your own"), make("span.grow"), ...last),
    make("div.chips", { "aria-label": "Another class" }, ...classButtons(classes, act)));
}
