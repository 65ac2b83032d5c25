/** Events of the window and the document that the review app follows: keys, leaving, focus. */

import { actionOf, returnFocusToImage } from "./keys/keyboard.js";
import { classOrder } from "./classes/class_colors.js";
import { closeConnectionDialog } from "./sync/connection_dialog.js";
import { shareThresholdOnLeave } from "./threshold/threshold_panel.js";

/** @param {import("./review_app.js").ReviewApp} app @param {AbortSignal} signal ends it */
export function listen(app, signal) {
  const { outbox } = app.commands;
  document.addEventListener("keydown", (event) => onKey(app, event), { signal });
  window.addEventListener("winnow-address", () => app.urlWriter.now(), { signal }); // assets/history.html
  window.addEventListener("pagehide", () => outbox.flush(true), { signal });
  window.addEventListener("focus", () => app.parts.classUpdates.ask(), { signal }); // a class may have been edited in another tab
  for (const name of ["blur", "focus"]) window.addEventListener(name, () => outbox.flush(), { signal });
  document.addEventListener("visibilitychange", () => document.hidden && outbox.flush(true), { signal });
  closeConnectionDialog(signal);
  shareThresholdOnLeave(app.element, app.parts.threshold, signal);
  app.element.addEventListener("pointerdown", ({ target }) => {
    const { threshold, toolbar } = app.parts;
    if (!threshold.element.contains(/** @type {Node} */ (target))) threshold.toggle(false);
    if (!toolbar.more.contains(/** @type {Node} */ (target))) toolbar.more.open = false;
  }, { signal });
  returnFocusToImage(app.element, () => app.focusImage());
}

/** @param {import("./review_app.js").ReviewApp} app @param {KeyboardEvent} event */
function onKey(app, event) {
  if (!app.element.isConnected || app.root.querySelector("dialog[open]") || document.querySelector("[role=dialog]")) return;
  const action = actionOf(event, app.keyMap);
  if (!action) return;
  if (action.action === "relabel") action.label = classOrder(app.data.classes.length)[action.label]; // digits follow the order shown
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat || !app.pageLoading.isOn) app.act(action); // a held key waits for the page
}
