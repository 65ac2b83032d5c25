/** Where the keyboard rests. Somebody who clicks a button or chooses from a menu with the mouse goes on deciding by key,
 * so the focus comes back to the image; somebody who walked to a control by keyboard keeps it there. */

const PRESSED = "button, summary, [type=checkbox]";
const TEXT = "input:not([type=checkbox]):not([type=range])";
const OPENS = new Set([" ", "Enter", "F4"]);

/** @param {HTMLElement} element the desk @param {() => void} goHome puts the focus on the image */
export function restHome(element, goHome) {
  /** The menu whose list was opened; moved through while closed it keeps the focus. */
  let opened = null;
  const at = (event) => /** @type {HTMLElement} */ (event.target);
  element.addEventListener("click", (event) => {
    const isPointer = event.detail > 0; // a key that presses a button counts no clicks
    if (isPointer && at(event).closest(PRESSED)) goHome();
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
