/** Dialogs: a frame for all of them, and the name of a new class. */

import { make } from "./dom.js";

/** Open a dialog inside the component; Escape closes it at once, so that the next key goes to the review page.
 * @param {ShadowRoot} root @param {string} title @param {(Node|string)[]} content
 * @param {(close: () => void) => Node[]} buttons */
export function openDialog(root, title, content, buttons) {
  const before = /** @type {HTMLElement|null} */ (root.activeElement);
  const box = make("dialog", { "aria-label": title, onclose: () => { box.remove(); before?.focus?.(); } },
    make("h2", {}, title), ...content, make("div.buttons", {}, ...buttons(() => box.close())));
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Escape") return;
    event.preventDefault(); // the browser would close it one task later
    box.close();
  });
  root.append(box);
  box.showModal();
  return box;
}

/** Name a new class; the image under the cursor gets it. @param {ShadowRoot} root @param {import("../sync/api.js").Api} api
 * @param {(found: {classes: string[], label: number}) => void} onAdded */
export function nameClass(root, api, onAdded) {
  const problem = make("p.problem", { role: "alert", hidden: true });
  const input = make("input", { type: "text", maxlength: 200, placeholder: "name", "aria-label": "Name of the class", autofocus: true });
  const add = async () => {
    try {
      const found = await api.addClass(input.value);
      box.close();
      onAdded(found);
    } catch (error) {
      Object.assign(problem, { hidden: false, textContent: error.message });
    }
  };
  const box = openDialog(root, "New class", [make("p", {}, "The selected images get this class. It keeps its number for ever."), input, problem],
    (close) => [make("button", { onclick: close }, "Cancel"), make("button.primary", { onclick: add }, "Add")]);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
  input.focus();
}
