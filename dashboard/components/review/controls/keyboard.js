/** Keyboard: which key does what in the grid and the focus view, and where the focus returns after a click. */

/** @type {[string, string][]} keys and what they do, as the help shows them */
export const HELP = [
  ["a  Enter", "accept the suggested label"],
  ["x", "reject: not this class"],
  ["1 … 9, 0", "this class instead"],
  ["/", "search a class"],
  ["n", "none of the classes"],
  ["s", "skip for now"],
  ["u", "can't tell"],
  ["z  Backspace", "undo"],
  ["← → ↑ ↓", "move; with Shift: select"],
  ["click", "to this image; a double click shows it large"],
  ["Shift+click", "select from the cursor to here"],
  ["Ctrl+click", "into the selection, or out of it; by finger: hold"],
  ["drag", "select what the band touches; with Shift or Ctrl: more"],
  ["Ctrl+A", "select all that the filter matches"],
  ["Esc", "clear the selection, call off a drag, close"],
  ["PageUp PageDown", "turn the page"],
  ["click, Enter", "odd one out: mark the wrong ones, accept the rest of the page"],
  ["f", "grid ↔ focus"],
  ["?", "these keys"],
];

const PLAIN = {
  a: "accept", Enter: "accept", x: "reject", n: "none", s: "skip", u: "unsure", z: "undo", Backspace: "undo",
  f: "toggle", "?": "help", "/": "search", Escape: "clear", PageDown: "forward", PageUp: "back",
};
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {KeyboardEvent} event @returns {{action: string, [key: string]: any} | null} what to do, or nothing */
export function actionOf(event) {
  const { key } = event;
  if (isTyping(event)) return null;
  if (key in MOVES && !event.ctrlKey && !event.metaKey && !event.altKey) {
    return { action: "move", by: MOVES[key], isSelecting: event.shiftKey };
  }
  if (event.repeat) return null;
  if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "a") return { action: "selectAll" };
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (/^[0-9]$/.test(key)) return { action: "relabel", label: key === "0" ? 9 : Number(key) - 1 };
  const name = PLAIN[key.length === 1 ? key.toLowerCase() : key];
  return name ? { action: name } : null;
}

const PRESSED = "button, a[href], summary, [role=button], [role=tab], [role=menuitem]";
/** Inputs that hold no text: letters and Enter are the desk's. */
const UNTYPED = new Set(["checkbox", "radio", "range", "button", "submit"]);

/** Whether the key belongs to a text box, a menu, the threshold line, or to a control that Enter and space press. */
function isTyping(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  const input = target.closest("input");
  const isText = input ? !UNTYPED.has(input.type) : target.closest("textarea, [contenteditable=true]");
  const isControl = target.closest("[role=slider], [type=range], [type=radio]") && /^(Arrow|Page|Home|End)/.test(event.key);
  const isPressed = target.closest(PRESSED) && (event.key === "Enter" || event.key === " ");
  return Boolean(isText || isControl || isPressed || isChoosing(target.closest("select"), event.key));
}

/** Whether a menu needs the key: any while its list is open, else those that step through it. */
function isChoosing(menu, key) {
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
const OPENS = new Set([" ", "Enter", "F4"]);

/** Move the focus back to the image after a click or a menu choice by mouse; a control reached by keyboard keeps it.
 * @param {HTMLElement} element the review component @param {() => void} goHome puts the focus on the image */
export function restHome(element, goHome) {
  /** The menu whose list was opened; moved through while closed it keeps the focus. */
  let opened = null;
  const at = (event) => /** @type {HTMLElement} */ (event.target);
  element.addEventListener("click", (event) => {
    const isPointer = event.detail > 0; // a key that presses a button counts no clicks
    if (isPointer && at(event).closest(CLICKED)) goHome();
  }, true); // before the button does its work: a dialog then comes back to the image
  element.addEventListener("pointerdown", (event) => { opened = at(event).closest("select"); });
  element.addEventListener("keydown", (event) => {
    const isOpening = OPENS.has(event.key) || (event.altKey && event.key.startsWith("Arrow"));
    if (isOpening && at(event).closest("select")) opened = event.target;
    const isLeaving = event.key === "Escape" ? at(event).matches(`${TEXT}, select`) : event.key === "Enter" && at(event).matches(TEXT);
    if (isLeaving) goHome(); // which commits what was typed
  });
  element.addEventListener("change", (event) => {
    if (at(event).matches("select") && event.target === opened) goHome();
    opened = null;
  });
}
