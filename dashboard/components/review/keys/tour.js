/** Tour: six steps over the page as it stands, on its own images; a person starts it, and leaves it at any step. */

import { make } from "../controls/dom.js";

/** Part of the page, title and text of each step. @param {(action: string) => string} key the person's key of an action
 * @returns {[string, string, string][]} */
export const steps = (key) => [
  [".tile.cursor, .focus-view", "What the model suggests", "Each image has a suggested class. The longer the bar above its name, the surer is the model. The first images are those that teach it most."],
  ["[data-action=accept]", "Is it right? One key", `${key("accept")} accepts the suggestion for the image in the frame. The arrow keys move the frame; ${key("reject")} says: not this class.`],
  [".chips", "Is it wrong? One key too", `The number of the right class corrects it and goes on. ${key("guide")} shows examples of each class; ${key("none")} means none of them.`],
  ["[data-action=undo]", "Nothing is lost", `${key("undo")} takes back what you did, step by step. Each decision is stored at once; the corner at the right says so.`],
  [".live", "The model learns beside you", "After some decisions it learns; the next page then has new suggestions. Learning curve shows what your clicks bought."],
  [".threshold", "The sure ones together", "Drag the line: all images at its right are kept, and their estimated error follows. Accept all labels them in one decision, which one undo takes back."],
];
const GAP = 12; // pixels between the part and its text

/** Show the first step. @param {ShadowRoot} root @param {import("../keys/key_map.js").KeyMap} keyMap */
export function startTour(root, keyMap) {
  root.querySelector(".tour")?.remove();
  const shown = steps((action) => keyMap.keyOf(action)).filter(([part]) => /** @type {any} */ (root.querySelector(part))?.checkVisibility());
  const before = /** @type {HTMLElement|null} */ (root.activeElement);
  const title = make("h2"), text = make("p"), place = make("small.grow"), frame = make("div.tour-frame", { "aria-hidden": "true" });
  const back = make("button", { onclick: () => show(at - 1) }, "Back");
  const next = make("button.primary", { onclick: () => (at + 1 < shown.length ? show(at + 1) : end()) });
  const box = make("dialog.tour", { "aria-label": "Tour", "aria-live": "polite" }, title, text,
    make("div.buttons", {}, place, make("button", { onclick: () => end() }, "Close"), back, next));
  const draw = () => put(box, frame, /** @type {HTMLElement} */ (root.querySelector(shown[at][0])));
  let at = 0;

  function show(number) {
    at = number;
    [title.textContent, text.textContent] = shown[at].slice(1);
    place.textContent = `${at + 1} of ${shown.length}`;
    back.disabled = !at;
    next.textContent = at + 1 < shown.length ? "Next" : "Done";
    draw();
    next.focus();
  }

  function end() {
    window.removeEventListener("resize", draw);
    for (const element of [box, frame]) element.remove();
    before?.focus?.();
  }

  box.addEventListener("keydown", (event) => {
    event.stopPropagation(); // no key decides about an image meanwhile
    if (event.key === "Escape") end();
    else if (event.key === "ArrowRight") next.click();
    else if (event.key === "ArrowLeft" && at) back.click();
  });
  window.addEventListener("resize", draw);
  root.append(frame, box);
  box.show();
  show(0);
}

/** Frame a part of the page, and put the text below it where there is room, else above.
 * @param {HTMLElement} box @param {HTMLElement} frame @param {HTMLElement} part */
function put(box, frame, part) {
  const { left, top, bottom, width, height } = part.getBoundingClientRect();
  Object.assign(frame.style, { left: `${left - 4}px`, top: `${top - 4}px`, width: `${width + 8}px`, height: `${height + 8}px` });
  const room = { width: document.documentElement.clientWidth, height: window.innerHeight };
  const y = bottom + GAP + box.offsetHeight < room.height ? bottom + GAP : Math.max(GAP, top - GAP - box.offsetHeight);
  Object.assign(box.style, { left: `${Math.max(GAP, Math.min(left, room.width - box.offsetWidth - GAP))}px`, top: `${y}px` });
}
