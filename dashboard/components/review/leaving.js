/** Leaving the desk: other pages take the threshold that the line was let go at, also when that was a moment ago. */

const SENDING = 60; // ms; Streamlit sends what a component says some 20 ms later, and a click on a link at once

/** What Streamlit hears of this page after the click on a link to another takes whoever clicked back here, so that such a
 * click waits until the threshold is on its way.
 * @param {HTMLElement} element @param {import("./line.js").Line} line @param {AbortSignal} signal the desk has ended */
export function leaving(element, line, signal) {
  element.addEventListener("pointerleave", () => line.telling.now());
  element.addEventListener("focusout", ({ relatedTarget }) => element.contains(/** @type {Node} */ (relatedTarget)) || line.telling.now());
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    line.telling.now(); // neither pointer nor focus need have left
    const rest = line.told + SENDING - performance.now();
    if (rest <= 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => link.click(), rest);
  }, { capture: true, signal });
}
