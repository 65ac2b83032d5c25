/** Slider handles on a plot, moved with a pointer or the arrow keys. */

import { make } from "../controls/dom.js";

/** @param {string} name tag and classes @param {string} label what it sets, for screen readers @param {object} attributes */
export function makeHandle(name, label, attributes = {}) {
  return make(name, { role: "slider", tabindex: "0", "aria-label": label, "aria-orientation": "horizontal", ...attributes }, make("span.grip"));
}

/** Follow a pressed pointer until it is released. @param {HTMLElement} plot @param {PointerEvent} event the press
 * @param {(share: number) => void} onMove share of the plot's width, below 0 and above 1 outside @param {() => void} onRelease */
export function followPointer(plot, event, onMove, onRelease) {
  plot.setPointerCapture(event.pointerId);
  const { left, width } = plot.getBoundingClientRect();
  const move = ({ clientX }) => onMove((clientX - left) / width);
  const ending = new AbortController();
  const { signal } = ending;
  const stop = () => { ending.abort(); onRelease(); };
  plot.addEventListener("pointermove", move, { signal });
  for (const name of ["pointerup", "pointercancel"]) plot.addEventListener(name, stop, { signal });
  move(event);
}

/** The direction of an arrow key, which then does nothing else; 0 for another key. @param {KeyboardEvent} event @returns {-1|0|1} */
export function arrowDirection(event) {
  const direction = /** @type {Record<string, -1|1>} */ ({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 })[event.key];
  if (!direction) return 0;
  event.preventDefault();
  event.stopPropagation();
  return direction;
}
