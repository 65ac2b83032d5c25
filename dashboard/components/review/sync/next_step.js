/** Next step in Streamlit's header: asked to be drawn again after decisions, rather than when its clock comes round. */

import { Debounce } from "../state/debounce.js";

/** The hidden button that draws the line again; dashboard/sections/start/next_step.py makes it. */
const BUTTON = ".st-key-next-step-again button";
/** Milliseconds after the last decision or page: a burst of keys draws it once. */
const PAUSE = 700;

/** @returns {Debounce} schedule it after what may change the next step */
export function nextStepRefresh() {
  return new Debounce(PAUSE, () => /** @type {HTMLElement|null} */ (document.querySelector(BUTTON))?.click());
}
