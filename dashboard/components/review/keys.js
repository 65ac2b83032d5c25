/** Which key does what: the same in the grid and in the focus view. Nothing fires while somebody types. */

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
