/** Appearance of classes: their colors, order, descriptions and groups; the same on a class's button, on its images and in the histogram. */

/** They repeat after ten; keys, names and the order in a stack tell classes apart as well. */
const COLORS = ["#3d7dd8", "#d9682a", "#1f9e7a", "#b06ab3", "#b88a00", "#2c93b5", "#c4577a", "#7a8b2f", "#7c74d6", "#8b7365"];

/** @typedef {{order: number[], merged: number[], colors: Record<string, string>, descriptions: Record<string, string>,
 *   groups: Record<string, string>, version: string}} ClassAppearance
 * what a person chose; order: classes that are shown, the first first; colors, descriptions and groups by class */

/** @type {ClassAppearance} of the project that is shown */
let appearance = { order: [], merged: [], colors: {}, descriptions: {}, groups: {}, version: "" };

/** @param {Partial<ClassAppearance>} found */
export function setClassAppearance(found) {
  appearance = { order: [], merged: [], colors: {}, descriptions: {}, groups: {}, version: "", ...found };
}

/** @param {number} label @returns {string} a CSS color */
export function classColor(label) {
  return appearance.colors[label] ?? COLORS[label % COLORS.length];
}

/** @param {number} label @returns {string} what belongs to the class; "" where nobody said it */
export function classDescription(label) {
  return appearance.descriptions[label] ?? "";
}

/** The classes in the order to show, without merged ones; those that were added since come last.
 * @param {number} num @returns {number[]} */
export function classOrder(num) {
  const isMerged = new Set(appearance.merged), wanted = new Set(appearance.order.filter((label) => label < num));
  for (let label = 0; label < num; label++) if (!isMerged.has(label)) wanted.add(label);
  return [...wanted];
}

/** @param {number} label @returns {string} the group that the class stands in; "" without one */
export function groupOf(label) {
  return appearance.groups[label] ?? "";
}

/** @returns {string} changes whenever a class is added or edited */
export function appearanceVersion() {
  return appearance.version;
}
