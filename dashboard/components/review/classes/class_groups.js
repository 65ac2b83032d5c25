/** Class groups: the classes as buttons, menus and lists show them, group by group. */

import { make } from "../controls/dom.js";
import { classColor, classOrder, groupOf } from "./class_colors.js";

/** Classes up to which every group of a list is unfolded. */
const FEW = 24;

/** @typedef {{name: string, labels: number[]}} ClassGroup the classes of a group in their order; name "": those without a group */

/** The groups in the order of their first class; classes without a group come last. @param {number} num of classes
 * @returns {ClassGroup[]} */
export function classGroups(num) {
  const found = new Map();
  for (const label of classOrder(num)) {
    const name = groupOf(label);
    if (!found.has(name)) found.set(name, { name, labels: [] });
    found.get(name).labels.push(label);
  }
  const alone = found.get("");
  found.delete("");
  return [...found.values(), ...(alone ? [alone] : [])];
}

/** Whether any class stands in a group. @param {number} num */
export const hasGroups = (num) => classGroups(num).some(({ name }) => name);

/** Options of a menu, group by group: pairs of value and text, and of a group's name and its options.
 * @param {string[]} classes @param {{text?: (name: string) => string, groupValue?: (name: string) => string}} options
 *   text: of an option; groupValue: offers each group as a whole, under this value @returns {[string, any][]} */
export function classOptions(classes, { text = (name) => name, groupValue } = {}) {
  /** @type {[string, any][]} */
  const found = [];
  for (const { name, labels } of classGroups(classes.length)) {
    const options = labels.map((label) => /** @type {[string, any]} */ ([String(label), text(classes[label])]));
    if (name && groupValue) options.unshift([groupValue(name), `${name}: all ${labels.length}`]);
    found.push(...(name ? [/** @type {[string, any]} */ ([name, options])] : options));
  }
  return found;
}

/** A group of a list, which folds; without a name it is not a group and always there.
 * @param {ClassGroup} group @param {{isOpen: boolean, make: (labels: number[]) => Node}} options make: what it holds, made once it is open */
export function foldedGroup({ name, labels }, { isOpen, make: fill }) {
  if (!name) return make("div.class-group-body", {}, fill(labels));
  const body = make("div.class-group-body");
  const element = make("details.class-group", { open: isOpen }, make("summary", {}, make("bdi", {}, name), make("small", {}, ` ${labels.length}`)), body);
  const show = () => { if (element.open && !body.firstChild) body.append(fill(labels)); };
  element.addEventListener("toggle", show);
  show();
  return element;
}

/** Whether a group is unfolded at first: where there are few classes all are, else that of one class.
 * @param {ClassGroup} group @param {number} num of classes in all @param {number|undefined} label */
export const isUnfolded = ({ labels }, num, label) => num <= FEW || (label !== undefined && labels.includes(label));

/** The dot in the color of a class. @param {number} label */
export function classDot(label) {
  const dot = make("i.dot", { "aria-hidden": "true" });
  dot.style.background = classColor(label);
  return dot;
}
