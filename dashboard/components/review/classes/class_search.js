/** Class search: all classes by a part of their name, group by group; Enter takes the first match. */

import { openDialog } from "../controls/dialogs.js";
import { make } from "../controls/dom.js";
import { groupOf } from "./class_colors.js";
import { classDot, classGroups, foldedGroup, isUnfolded } from "./class_groups.js";

/** Matches that are listed at once. */
const MOST = 50;
/** Pixels of the list above the group that is open at first. */
const ABOVE = 66;

/** @param {{root: ShadowRoot, classes: string[], group?: string, suggestion?: number, onPick: (label: number) => void}} options
 *   group: the one to unfold; else that of the suggestion */
export function searchClass({ root, classes, group, suggestion, onPick }) {
  const list = make("div.matches");
  const input = make("input", { type: "search", placeholder: "part of the name", "aria-label": "Search a class", autofocus: true });
  const box = openDialog(root, "Which class?", [input, list], (close) => [make("button", { onclick: close }, "Cancel")]);
  const pick = (label) => { box.close(); onPick(label); };
  const option = (label) => make("button", { role: "option", "data-label": label, onclick: () => pick(label) }, classDot(label), make("bdi", {}, classes[label]));
  const options = (name, most) => (labels) => make("div.class-options", { role: "listbox", "aria-label": name || "Classes" }, ...labels.slice(0, most).map(option));
  const show = () => {
    const groups = matchingGroups(classes, input.value);
    const num = groups.reduce((sum, { labels }) => sum + labels.length, 0), isSearch = input.value.trim() !== "";
    const isOpen = (one) => (isSearch && num <= MOST) || (group === undefined || isSearch ? isUnfolded(one, num, suggestion) : one.name === group);
    list.replaceChildren(...groups.map((one) => foldedGroup(one, { isOpen: isOpen(one), make: options(one.name, one.name ? undefined : MOST) })));
    if (!num) list.replaceChildren(make("p", {}, "No class has this in its name."));
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const [first] = matchingGroups(classes, input.value).flatMap(({ labels }) => labels);
    if (event.key === "Enter" && first !== undefined) { event.preventDefault(); pick(first); }
  });
  show();
  const opened = /** @type {HTMLElement|null} */ (list.querySelector("details[open]"));
  if (opened) list.scrollTop = opened.offsetTop - list.offsetTop - ABOVE; // the folded groups before it can be seen
  input.focus();
}

/** The groups with the classes whose name, or whose group's name, has a part. @param {string[]} classes @param {string} part
 * @returns {import("./class_groups.js").ClassGroup[]} */
export function matchingGroups(classes, part) {
  const wanted = part.trim().toLowerCase();
  const isMatch = (label) => classes[label].toLowerCase().includes(wanted) || groupOf(label).toLowerCase().includes(wanted);
  return classGroups(classes.length).map(({ name, labels }) => ({ name, labels: labels.filter(isMatch) })).filter(({ labels }) => labels.length);
}
