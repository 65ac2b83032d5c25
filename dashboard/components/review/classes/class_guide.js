/** Class guide: the image under the cursor beside examples and the description of each class. */

import { openDialog } from "../controls/dialogs.js";
import { make } from "../controls/dom.js";
import { classColor } from "./class_colors.js";
import { ClassDescription } from "./class_description.js";

/** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, classes: string[], card: import("../sync/api.js").Card|null,
 *   onPick: (label: number) => void}} options onPick: the image is of this class */
export function showClassGuide({ root, api, classes, card, onPick }) {
  const shown = make("div.guide-image", {}, card ? make("img", { src: api.image(card.id), alt: card.name }) : "");
  const examples = make("div.guide-examples", { "aria-live": "polite" });
  const description = new ClassDescription(api);
  const names = classes.map((name, label) => {
    const dot = make("i.dot", { "aria-hidden": "true" });
    dot.style.background = classColor(label);
    return make("button", { "aria-pressed": "false", onclick: () => choose(label) }, dot, name);
  });
  const pick = make("button.primary", { disabled: !card });
  const box = openDialog(root, "Which class is it?", [make("div.guide", {}, make("div.guide-names", { onkeydown: (event) => step(event) }, ...names), make("div.guide-class", {}, shown, description.element, examples))],
    (close) => [make("button", { onclick: close }, "Close"), pick]);
  box.classList.add("wide-dialog");
  box.style.setProperty("--rendering", /** @type {HTMLElement} */ (root.querySelector(".review-app")).style.getPropertyValue("--rendering"));
  pick.addEventListener("click", () => { box.close(); onPick(current); });
  let current = 0;

  /** Arrows up and down choose the class before and the next one. */
  function step(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose((current + by + classes.length) % classes.length);
    names[current].focus();
  }

  async function choose(label) {
    current = label;
    names.forEach((name, at) => name.setAttribute("aria-pressed", String(at === label)));
    pick.textContent = `It is ${classes[label]}`;
    const { images, description: text } = await api.examples(label).catch(() => ({ images: [], description: "" }));
    if (label !== current) return;
    description.show(label, classes[label], text);
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
