/** Where the keyboard rests. Somebody who clicks a button or chooses from a menu with the mouse goes on deciding by key,
 * so the focus comes back to the image; somebody who walked to a control by keyboard keeps it there. */

const PRESSED = "button, summary, [type=checkbox]";
const TEXT = "input:not([type=checkbox]):not([type=range])";
const OPENS = new Set([" ", "Enter", "F4"]);

/** @param {HTMLElement} element the desk @param {() => void} goHome puts the focus on the image */
export function restHome(element, goHome) {
  /** The menu whose list was opened; moved through while closed it keeps the focus. */
  let opened = null;
  element.addEventListener("click", (event) => {
    const isPointer = event.detail > 0; // a key that presses a button counts no clicks
    if (isPointer && event.target.closest(PRESSED)) goHome();
  }, true); // before the button does its work: a dialog then comes back to the image
  element.addEventListener("pointerdown", (event) => { opened = event.target.closest("select"); });
  element.addEventListener("keydown", (event) => {
    const isOpening = OPENS.has(event.key) || (event.altKey && event.key.startsWith("Arrow"));
    if (isOpening && event.target.closest("select")) opened = event.target;
    if (["Enter", "Escape"].includes(event.key) && event.target.matches(TEXT)) goHome(); // leaving commits what was typed
  });
  element.addEventListener("change", (event) => {
    if (event.target.matches("select") && event.target === opened) goHome();
    opened = null;
  });
}
