/** Dialog of the keys: what each one does, and a button at each letter or sign to change it. */

import { openDialog } from "../controls/dialogs.js";
import { make } from "../controls/dom.js";
import { startTour } from "./tour.js";
import { helpRows } from "./keyboard.js";
import { keyProblem } from "./key_map.js";

/** Keys that only change others. */
const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"]);

/** Show what each key does. @param {ShadowRoot} root @param {import("./key_map.js").KeyMap} keyMap
 * @param {() => void} onChange called after a key was changed */
export function showKeys(root, keyMap, onChange) {
  /** The action whose new key is awaited. @type {string|null} */
  let awaited = null;
  const list = make("div.help");
  const message = make("p.key-message", { role: "status" });
  const box = openDialog(root, "Keys", [list, message], (close) => [
    make("button", { onclick: reset }, "Reset my keys"),
    make("button", { onclick: leaveForTour, title: "Six steps over this page, on these images" }, "Tour"),
    make("button.primary", { autofocus: true, onclick: close }, "Close"),
  ]);
  box.classList.add("wide-dialog");
  box.addEventListener("keydown", (event) => awaited && take(event), true);
  draw();

  function draw(text = "A click on a key changes it, for you in this browser.", ...more) {
    const focused = /** @type {HTMLElement|null} */ (root.activeElement)?.dataset?.action;
    list.replaceChildren(...helpRows(keyMap).flatMap(({ action, key, more: others, text: does }) => [
      make("span", {}, action ? changeable(action, key, does) : make("kbd", {}, key), ...(others ? [" ", make("kbd", {}, others)] : [])),
      make("span", {}, does),
    ]));
    message.replaceChildren(text, ...more);
    if (focused) list.querySelector(`[data-action="${focused}"]`)?.focus();
  }

  function changeable(action, key, does) {
    return make("button.key", { "data-action": action, "aria-label": `Key ${key}, ${does}: change`, "aria-pressed": String(action === awaited),
      title: "Change this key", onclick: () => { awaited = action; draw(`Press the new key for “${does}”; Esc keeps ${key}.`); } }, make("kbd", {}, key));
  }

  function take(event) {
    if (MODIFIERS.has(event.key) || event.key === "Tab") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const action = String(awaited), { key } = event;
    if (key === "Escape") { awaited = null; draw("Nothing was changed."); return; }
    const problem = keyProblem(key), other = keyMap.takenBy(action, key);
    if (problem) draw(problem);
    else if (other) offerExchange(action, key, other);
    else change(action, key);
  }

  function offerExchange(action, key, other) {
    awaited = null;
    draw(`${key.toLowerCase()} is the key of “${textOf(other)}” already. `, make("button", { onclick: () => change(action, key) }, "Exchange the two keys"));
    message.querySelector("button").focus();
  }

  function change(action, key) {
    awaited = null;
    keyMap.set(action, key);
    onChange();
    draw(`“${textOf(action)}” has the key ${keyMap.keyOf(action)} now.`);
    list.querySelector(`[data-action="${action}"]`)?.focus();
  }

  function reset() {
    awaited = null;
    keyMap.reset();
    onChange();
    draw("All keys are as they came.");
  }

  function leaveForTour() {
    box.addEventListener("close", () => startTour(root, keyMap)); // the focus goes back first
    box.close();
  }

  function textOf(action) {
    return helpRows(keyMap).find((row) => row.action === action)?.text ?? action;
  }
}
