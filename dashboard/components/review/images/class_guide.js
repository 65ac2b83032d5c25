/** Class guide: the image under the cursor beside examples of each class that people have labeled. */

import { openDialog } from "../controls/dialogs.js";
import { make } from "../controls/dom.js";
import { classColor } from "./class_colors.js";

/** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, classes: string[], card: import("../sync/api.js").Card|null,
 *   onPick: (label: number) => void}} options onPick: the image is of this class */
export function showClassGuide({ root, api, classes, card, onPick }) {
  const shown = make("div.guide-image", {}, card ? make("img", { src: api.image(card.id), alt: card.name }) : "");
  const examples = make("div.guide-examples", { "aria-live": "polite" });
  const names = classes.map((name, label) => {
    const dot = make("i.dot", { "aria-hidden": "true" });
    dot.style.background = classColor(label);
    return make("button", { "aria-pressed": "false", onclick: () => choose(label) }, dot, name);
  });
  const pick = make("button.primary", { disabled: !card });
  const box = openDialog(root, "Which class is it?", [make("div.guide", {}, make("div.guide-names", {}, ...names), make("div", {}, shown, examples))],
    (close) => [make("button", { onclick: close }, "Close"), pick]);
  box.classList.add("wide-dialog");
  box.style.setProperty("--rendering", /** @type {HTMLElement} */ (root.querySelector(".review-app")).style.getPropertyValue("--rendering"));
  pick.addEventListener("click", () => { box.close(); onPick(current); });
  let current = 0;

  async function choose(label) {
    current = label;
    names.forEach((name, at) => name.setAttribute("aria-pressed", String(at === label)));
    pick.textContent = `It is ${classes[label]}`;
    const images = await api.examples(label).catch(() => []);
    if (label !== current) return;
    examples.replaceChildren(...(images.length ? images.map((id) => make("img", { src: api.image(id), alt: `${classes[label]}, image ${id}`, loading: "lazy" }))
      : [make("p", {}, `No image has been labeled ${classes[label]} yet.`)]));
  }
  if (!classes.length) examples.replaceChildren(make("p", {}, "There are no classes yet: press + to name the first."));
  else {
    const first = Math.max(0, card?.suggestion ?? 0);
    choose(first);
    names[first].focus();
  }
}
