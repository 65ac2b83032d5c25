/** Verdict buttons below the images: verdicts, classes with their keys, undo. */

import { classDescription, classOrder } from "../classes/class_colors.js";
import { classDot, classGroups, hasGroups } from "../classes/class_groups.js";
import { make } from "./dom.js";

/** @typedef {(action: {action: string, label?: number, group?: string}) => void} Act */

/** Classes that have keys. */
const NUM_KEYS = 10;
/** Groups without a key that the dock names; the search has all. */
const MOST_FOLDED = 6;

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

/** The buttons of the classes with keys, a search for the others, and one for a new class. @param {string[]} classes @param {Act} act */
function classButtons(classes, act) {
  const keyed = new Map(classOrder(classes.length).slice(0, NUM_KEYS).map((label, place) => {
    const name = classes[label], key = (place + 1) % 10, about = classDescription(label);
    return [label, make("button.chip", { title: `This is ${name} (key ${key})${about ? `: ${about}` : ""}`, "aria-keyshortcuts": key, onclick: () => act({ action: "relabel", label }) },
      make("kbd", {}, String(key)), classDot(label), make("bdi", {}, name))];
  }));
  const chips = hasGroups(classes.length) ? groupedChips(classes, keyed, act) : [...keyed.values()];
  const search = button(act, classes.length > 10 ? `all ${classes.length} classes` : "search", "search", "Search a class");
  return [...chips, ...(classes.length ? [search] : []), button(act, "examples", "guide", "Examples of each class, beside this image"), button(act, "new class", "newClass", "Name a class that is not there yet")];
}

/** The buttons group by group; a group's name opens the search where it has more classes than buttons.
 * @param {string[]} classes @param {Map<number, HTMLElement>} keyed buttons by class, in the order of their keys @param {Act} act */
function groupedChips(classes, keyed, act) {
  const groups = classGroups(classes.length).map(({ name, labels }) => ({ name, labels, shown: labels.filter((label) => keyed.has(label)) }));
  const folded = groups.filter(({ name, shown }) => name && !shown.length).slice(0, MOST_FOLDED);
  return [...groups.filter(({ shown }) => shown.length), ...folded].map(({ name, labels, shown }) => {
    const text = make("bdi", { title: name }, name), more = labels.length - shown.length;
    const title = make("button.group-name", { title: `All ${labels.length} classes of ${name}`, onclick: () => act({ action: "search", group: name }) }, text, make("small", {}, shown.length ? `+${more}` : `${more}`));
    const head = !name ? [] : more ? [title] : [make("span.group-name", {}, text)];
    return make("div.chip-group", { role: "group", "aria-label": name || "Without a group" }, ...head, ...shown.map((label) => keyed.get(label)));
  });
}

/** Show the classes again, after they were added or edited. @param {HTMLElement} panel @param {string[]} classes @param {Act} act */
export function showClasses(panel, classes, act) {
  const chips = panel.querySelector(".chips");
  chips?.replaceChildren(...classButtons(classes, act));
  chips?.classList.toggle("grouped", hasGroups(classes.length));
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
  const panel = make("div.panel", { role: "toolbar", "aria-label": "Decide" },
    make("div.verdicts", {},
      button(act, "accept", "accept", "The suggestion is right"),
      button(act, "reject", "reject", "It is not the suggested class"),
      button(act, "none", "none", "It is none of the classes"),
      button(act, "skip", "skip", "Decide later"),
      button(act, "unsure", "unsure", "I cannot tell the class"),
      undo,
      button(act, "note", "note", "Write a note at this image"),
      button(act, "flag", "flag", "Flag for a colleague, or take the flag away"),
      button(act, "hide", "hide", "Hide from every queue, training and export, with a reason"),
      button(act, "compare", "compare", "Two selected images side by side, or this one with examples of a class"),
      button(act, "focus", "toggle", "Show one large image, or the grid"),
      button(act, "keys", "help", "All keys, and your own"), make("span.grow"), ...last),
    make("div.chips", { "aria-label": "Another class" }));
  showClasses(panel, classes, act);
  return panel;
}
