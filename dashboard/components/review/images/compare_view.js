/** Compare view: two images side by side, or one beside examples of a class; by keyboard, mouse or finger. */

import { classOrder } from "../classes/class_colors.js";
import { classOptions } from "../classes/class_groups.js";
import { openDialog } from "../controls/dialogs.js";
import { fillMenu, make } from "../controls/dom.js";
import { suggestionName } from "./tile.js";
import { Zoom } from "./zoom.js";

/** Value of the menu that stands for the other selected images. */
const SELECTED = "selected";
/** Pixels a side up to which images are enlarged with crisp pixels. */
const MAX_SMALL = 64;

/** @param {{root: ShadowRoot, api: import("../sync/api.js").Api, data: any, card: import("../sync/api.js").Card,
 *   others: import("../sync/api.js").Card[], onPick: (label: number) => void}} options data: classes, height and width;
 *   others: images that are selected beside the card; onPick: the card is of this class */
export function compareImages({ root, api, data, card, others, onPick }) {
  const { classes } = data, order = classOrder(data.classes.length), isSmall = Math.max(data.height, data.width) <= MAX_SMALL;
  const left = new Zoom(isSmall, () => {}), right = new Zoom(isSmall, (by) => show(at + by));
  const under = make("p.compare-name", { role: "status" });
  const back = make("button", { "aria-label": "Image before", title: "Image before (←)", onclick: () => show(at - 1) }, "‹");
  const next = make("button", { "aria-label": "Next image", title: "Next image (→)", onclick: () => show(at + 1) }, "›");
  const menu = make("select", { "aria-label": "Beside it", title: "What stands beside it: ↑ ↓, or the key of a class", onchange: () => choose(menu.value) });
  fillMenu(menu, [...(others.length ? [[SELECTED, others.length > 1 ? `the other ${others.length} selected` : "the other selected image"]] : []), ...classOptions(classes, { text: (name) => `examples of ${name}` })]);
  const pick = make("button.primary", { onclick: () => { box.close(); onPick(Number(menu.value)); } });
  const side = (zoom, ...below) => make("div.compare-side", {}, zoom.element, make("div.under", {}, zoom.buttons, ...below));
  const name = `${suggestionName(card, classes)}? · ${card.name}`;
  const box = openDialog(root, "Compare", [make("div.compare", {}, side(left, make("p.compare-name", {}, name)), side(right, back, next, under)),
    make("label.menu.compare-menu", {}, "Beside it", menu)], (close) => [make("button", { onclick: close }, "Close"), pick]);
  box.classList.add("compare-dialog");
  box.addEventListener("keydown", onKey);
  /** The images on the right side, each with its text. @type {{id: number, text: string}[]} */
  let images = [];
  let at = 0;
  left.image.alt = name;
  left.show(api.image(card.id), card.id);
  menu.value = others.length ? SELECTED : String(Math.max(0, card.suggestion));
  choose(menu.value);
  menu.focus();

  async function choose(value) {
    const isClass = value !== SELECTED && value !== "";
    pick.hidden = !isClass;
    pick.textContent = isClass ? `It is ${classes[Number(value)]}` : "";
    const found = isClass ? (await api.examples(Number(value)).catch(() => ({ images: [] }))).images.map((id) => ({ id, text: `${classes[Number(value)]} · image ${id}` }))
      : others.map((one) => ({ id: one.id, text: `${suggestionName(one, classes)}? · ${one.name}` }));
    if (value !== menu.value) return;
    images = found;
    show(0);
  }

  function show(number) {
    at = images.length ? (number + images.length) % images.length : 0;
    const image = images[at];
    right.image.hidden = !image;
    back.disabled = next.disabled = images.length < 2;
    under.textContent = image ? `${image.text} · ${at + 1} of ${images.length}` : "No image has been given this class yet.";
    if (!image) return;
    right.image.alt = image.text;
    right.show(api.image(image.id), image.id);
  }

  /** Arrows step through the images and what stands beside, digits choose a class, Enter gives it. */
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key], down = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const digit = /^[0-9]$/.test(event.key) ? (Number(event.key) + 9) % 10 : -1;
    if (across) show(at + across);
    else if (down) step((menu.selectedIndex + down + menu.options.length) % menu.options.length);
    else if (digit >= 0 && digit < order.length) { menu.value = String(order[digit]); choose(menu.value); }
    else if (event.key === "Enter" && !pick.hidden && !(event.composedPath()[0] instanceof HTMLButtonElement)) pick.click();
    else return;
    event.preventDefault();
  }

  function step(index) {
    menu.selectedIndex = index;
    choose(menu.value);
  }
}
