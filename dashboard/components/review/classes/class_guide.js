/** Class guide: the image under the cursor beside examples and the description of each class, group by group. */

import { openDialog } from "../controls/dialogs.js";
import { make } from "../controls/dom.js";
import { classDot, classGroups, foldedGroup, isUnfolded } from "./class_groups.js";
import { ClassDescription } from "./class_description.js";

/** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, classes: string[], card: import("../sync/api.js").Card|null,
 *   onDescribed: () => void, onPick: (label: number) => void}} options onPick: the image is of this class */
export function showClassGuide({ root, api, classes, card, onDescribed, onPick }) {
  const shown = make("div.guide-image", {}, card ? make("img", { src: api.image(card.id), alt: card.name }) : "");
  const examples = make("div.guide-examples", { "aria-live": "polite" });
  const description = new ClassDescription(api, onDescribed);
  const groups = classGroups(classes.length), order = groups.flatMap(({ labels }) => labels);
  let current = order.includes(card?.suggestion ?? -1) ? Number(card?.suggestion) : order[0];
  /** Buttons of the classes whose group was unfolded. @type {Map<number, HTMLElement>} */
  const names = new Map();
  const button = (label) => {
    const one = make("button", { "aria-pressed": String(label === current), onclick: () => choose(label) }, classDot(label), make("bdi", {}, classes[label]));
    names.set(label, one);
    return one;
  };
  const lists = groups.map((group) => foldedGroup(group, {
    isOpen: isUnfolded(group, order.length, current), make: (labels) => make("div.guide-group", {}, ...labels.map(button)),
  }));
  const pick = make("button.primary", { disabled: !card });
  const box = openDialog(root, "Which class is it?", [make("div.guide", {}, make("div.guide-names", { onkeydown: (event) => step(event) }, ...lists), make("div.guide-class", {}, shown, description.element, examples))],
    (close) => [make("button", { onclick: close }, "Close"), pick]);
  box.classList.add("wide-dialog");
  box.style.setProperty("--rendering", /** @type {HTMLElement} */ (root.querySelector(".review-app")).style.getPropertyValue("--rendering"));
  pick.addEventListener("click", () => { box.close(); onPick(current); });

  /** Arrows up and down choose the class before and the next one; a folded group opens. */
  function step(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(order[(order.indexOf(current) + by + order.length) % order.length]);
    focusName();
  }

  function focusName() {
    const at = groups.findIndex(({ labels }) => labels.includes(current)), list = lists[at];
    if (list instanceof HTMLDetailsElement && !list.open) {
      list.open = true;
      list.dispatchEvent(new Event("toggle")); // fills it now: the browser's own event may come after the next frame
    }
    names.get(current)?.focus();
  }

  async function choose(label) {
    current = label;
    for (const [at, name] of names) name.setAttribute("aria-pressed", String(at === label));
    pick.replaceChildren("It is ", make("bdi", {}, classes[label]));
    const { images, description: text } = await api.examples(label).catch(() => ({ images: [], description: "" }));
    if (label !== current) return;
    description.show(label, classes[label], text);
    examples.replaceChildren(...(images.length ? images.map((id) => make("img", { src: api.image(id), alt: `${classes[label]}, image ${id}`, loading: "lazy" }))
      : [make("p", {}, "No image has been labeled ", make("bdi", {}, classes[label]), " yet.")]));
  }
  if (!order.length) examples.replaceChildren(make("p", {}, "There are no classes yet: press + to name the first."));
  else {
    choose(current);
    names.get(current)?.focus();
  }
}
