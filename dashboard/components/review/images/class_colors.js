/** Class colors: the same color for a class on its button, on its images and in the histogram. */

/** They repeat after ten; keys, names and the order in a stack tell classes apart as well. */
const COLORS = ["#3d7dd8", "#d9682a", "#1f9e7a", "#b06ab3", "#b88a00", "#2c93b5", "#c4577a", "#7a8b2f", "#7c74d6", "#8b7365"];

/** @param {number} label @returns {string} a CSS color */
export function classColor(label) {
  return COLORS[label % COLORS.length];
}
