/** Keyboard: which key does what in the grid and the focus view, and where the focus returns after a click. */

import { KeyMap, USUAL_KEYS } from "./key_map.js";

/** @type {[string, string][]} keys and what they do, for the help; a letter or sign that comes first can be changed */
export const KEY_HELP = [
  ["a  Enter", "accept the suggested label"],
  ["x", "reject: not this class"],
  ["1 … 9, 0", "this class instead"],
  ["/", "search a class"],
  ["e", "examples and description of each class, beside this image"],
  ["+", "name a new class"],
  ["c", "compare: two selected images side by side, or this one with examples of a class"],
  ["w", "write a note at this image"],
  ["h", "flag for a colleague, or take the flag away"],
  ["d", "hide with a reason: in no queue, training and export any more"],
  ["n", "none of the classes"],
  ["s", "skip for now"],
  ["u", "unsure: I cannot tell"],
  ["z  Backspace", "undo"],
  ["← → ↑ ↓", "move; with Shift: select"],
  ["click", "move to this image; a double click shows it large"],
  ["Shift+click", "select from the cursor to here"],
  ["Ctrl+click", "select or deselect; by finger: hold"],
  ["drag", "select the images that the box touches; with Shift or Ctrl: add them"],
  ["Ctrl+A", "select all that the filter matches"],
  ["Esc", "clear the selection, cancel a drag, close"],
  ["PageUp PageDown", "turn the page"],
  ["click, Enter", "odd one out: mark the wrong images, accept the others on the page"],
  ["r", "learn now: new suggestions from all decisions"],
  ["f", "focus view or grid"],
  ["m", "more like this: the pool by likeness to this image"],
  ["g", "near duplicates: select the whole stack"],
  ["?", "these keys"],
];

/** Actions of the keys that nobody changes. */
const FIXED = { Enter: "accept", Backspace: "undo", Escape: "clear", PageDown: "forward", PageUp: "back" };
const USUAL = new KeyMap();
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The help with the keys as they are set. @param {KeyMap} keyMap
 * @returns {{action: string|null, key: string, more: string, text: string}[]} action: null where the key cannot be changed */
export function helpRows(keyMap) {
  const actions = new Map(Object.entries(USUAL_KEYS).map(([action, key]) => [key, action]));
  return KEY_HELP.map(([keys, text]) => {
    const [first, ...more] = keys.split("  ");
    const action = actions.get(first) ?? null;
    return action ? { action, key: keyMap.keyOf(action), more: more.join(" "), text } : { action, key: keys, more: "", text };
  });
}

/** The action of a key; null while somebody types, and for a key without one.
 * @param {KeyboardEvent} event @param {KeyMap} keyMap @returns {{action: string, [key: string]: any} | null} */
export function actionOf(event, keyMap = USUAL) {
  const { key } = event;
  if (isForControl(event)) return null;
  if (key in MOVES && !event.ctrlKey && !event.metaKey && !event.altKey) {
    return { action: "move", by: MOVES[key], isSelecting: event.shiftKey };
  }
  if (event.repeat) return null;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "a") return { action: "selectAll" };
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (/^[0-9]$/.test(key)) return { action: "relabel", label: key === "0" ? 9 : Number(key) - 1 };
  const name = FIXED[key] ?? keyMap.actionOf(key);
  return name ? { action: name } : null;
}

/** Controls that Enter and space press. */
const PRESSED = "button, a[href], summary, [role=button], [role=tab], [role=menuitem]";
/** Input types without text: letters and Enter go to the review page. */
const WITHOUT_TEXT = new Set(["checkbox", "radio", "range", "button", "submit"]);

/** Whether the focused control needs the key: a text box, a menu, a slider, or a control that Enter and space press. */
function isForControl(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  const input = target.closest("input");
  const isText = input ? !WITHOUT_TEXT.has(input.type) : target.closest("textarea, [contenteditable=true]");
  const isControl = target.closest("[role=slider], [type=range], [type=radio]") && /^(Arrow|Page|Home|End)/.test(event.key);
  const isPressed = target.closest(PRESSED) && (event.key === "Enter" || event.key === " ");
  return Boolean(isText || isControl || isPressed || isForMenu(target.closest("select"), event.key));
}

/** Whether a menu needs the key: every key while its list is open, else those that step through it. */
function isForMenu(menu, key) {
  if (!menu) return false;
  return isOpen(menu) || key === " " || key === "Enter" || /^(Arrow|Page|Home|End)/.test(key);
}

function isOpen(menu) {
  try {
    return menu.matches(":open");
  } catch {
    return false; // an older browser: its list takes the keys itself
  }
}

const CLICKED = "button, summary, [type=checkbox]";
const TEXT = "input:not([type=checkbox]):not([type=range])";
/** Keys that open the list of a menu. */
const OPENS = new Set([" ", "Enter", "F4"]);

/** Return the focus to the image after a click or a menu choice by mouse, so that the next key decides; a control that was
 * reached by keyboard keeps it. @param {HTMLElement} element the review page @param {() => void} focusImage */
export function returnFocusToImage(element, focusImage) {
  /** The menu whose list is open; a closed one keeps the focus. */
  let opened = null;
  const target = (event) => /** @type {HTMLElement} */ (event.target);
  element.addEventListener("click", (event) => {
    const isPointer = event.detail > 0; // a click by key counts 0
    if (isPointer && target(event).closest(CLICKED)) focusImage();
  }, true); // before the button acts: a dialog then returns the focus to the image
  element.addEventListener("pointerdown", (event) => { opened = target(event).closest("select"); });
  element.addEventListener("keydown", (event) => {
    const isOpening = OPENS.has(event.key) || (event.altKey && event.key.startsWith("Arrow"));
    if (isOpening && target(event).closest("select")) opened = event.target;
    const isLeaving = event.key === "Escape" ? target(event).matches(`${TEXT}, select`) : event.key === "Enter" && target(event).matches(TEXT);
    if (isLeaving) focusImage(); // which commits the text
  });
  element.addEventListener("change", (event) => {
    if (target(event).matches("select") && event.target === opened) focusImage();
    opened = null;
  });
}
