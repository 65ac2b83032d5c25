/** Colors of the points by prediction, label, confidence or decision, and their legends. No DOM. */

/** Colorings by name, with their text in the menu. @type {[string, string][]} */
export const COLORINGS = [["prediction", "prediction"], ["label", "label"], ["confidence", "confidence"], ["decision", "decision"]];

/** What stands before the name of a metadata column in a coloring. */
export const COLUMN = "column:";

/** Codes of verdicts as the server numbers them, with mark and word. */
export const VERDICTS = ["undecided", "accepted", "relabeled", "rejected", "none of the classes", "skipped", "unsure", "bulk-accepted"];

/** Ten colors that differ in lightness as well, for a light and for a dark page. */
const CLASS_COLORS = {
  light: ["#2b62c4", "#d1495b", "#12805f", "#b45309", "#7b4bb7", "#0e8fa8", "#8a5a2b", "#c2459a", "#6b8e23", "#4a5565"],
  dark: ["#7aa7ff", "#ff8a94", "#4bd49f", "#ffb057", "#c3a0ff", "#5fd6ee", "#d9a877", "#ff95d5", "#b8d65c", "#aab4c3"],
};
const VERDICT_COLORS = {
  light: ["#bbbdc1", "#157b53", "#234fc2", "#902104", "#801a75", "#5c636e", "#986c02", "#0d7cab"],
  dark: ["#51565b", "#4bd49f", "#6997ff", "#ec7547", "#d884d5", "#a8aeb8", "#efcf4a", "#9ce6ff"],
};
const UNKNOWN = { light: "#c4c8ce", dark: "#4a5058" };
/** Confidence from low to high. */
const RAMP = { light: ["#b45309", "#d9b36c", "#7aa0dc", "#1d4ba0"], dark: ["#ff9d4d", "#c9a774", "#7d9fd6", "#a8c8ff"] };
/** Name of the group of images without a value. */
const NO_VALUE = "no value";
const GOLDEN_ANGLE = 137.508;
/** Value of labeled images in the colorings by confidence and decision, which they have not. */
const LABELED = -2;
const LABELED_COLORS = { light: "#4a5565", dark: "#c8ced8" };

/** @typedef {{value: number, text: string, color: string}} Entry one line of a legend */
/** @typedef {{num: number, prediction: Int32Array, label: Int32Array, confidence: Float32Array, decision: Uint8Array,
 *   labeled: Uint8Array, metadata?: Uint8Array, groups?: Groups}} Columns metadata: group of each point in the chosen column */
/** @typedef {{names: string[], isOrdered: boolean}} Groups of a metadata column; ordered where they are ranges */

/** Colors that a person chose, by class. @type {Record<string, string>} */
let chosen = {};

/** @param {Record<string, string>} colors of the project that is shown */
export function setChosenColors(colors) {
  chosen = colors ?? {};
}

/** The color of a class. @param {number} label @param {number} num number of classes @param {"light"|"dark"} scheme */
export function classColor(label, num, scheme) {
  if (num <= CLASS_COLORS[scheme].length) return CLASS_COLORS[scheme][label];
  const lightness = (scheme === "dark" ? 62 : 38) + 8 * (label % 3);
  return hslColor((label * GOLDEN_ANGLE) % 360, 0.6, lightness / 100);
}

/** The legend of a coloring. @param {string} coloring @param {string[]} classes @param {"light"|"dark"} scheme
 * @param {Groups} [groups] of a metadata column @returns {Entry[]} */
export function legendOf(coloring, classes, scheme, groups = { names: [], isOrdered: false }) {
  if (coloring.startsWith(COLUMN)) return groupEntries(groups, scheme);
  const labeled = { value: LABELED, text: "labeled", color: LABELED_COLORS[scheme] };
  if (coloring === "decision") return [...VERDICTS.map((text, value) => ({ value, text, color: VERDICT_COLORS[scheme][value] })), labeled];
  if (coloring === "confidence") return [...RAMP[scheme].map((color, value) => ({ value, text: `from ${(value / RAMP[scheme].length).toFixed(2)}`, color })), labeled];
  const known = classes.map((text, value) => ({ value, text, color: chosen[value] ?? classColor(value, classes.length, scheme) }));
  return coloring === "label" ? [...known, { value: -1, text: "no label yet", color: UNKNOWN[scheme] }] : known;
}

/** @param {Groups} groups @param {"light"|"dark"} scheme @returns {Entry[]} */
function groupEntries({ names, isOrdered }, scheme) {
  const num = names.filter((text) => text !== NO_VALUE).length;
  const color = (value) => (isOrdered ? rampColor(num > 1 ? value / (num - 1) : 0, scheme) : classColor(value, num, scheme));
  return names.map((text, value) => ({ value, text, color: text === NO_VALUE ? UNKNOWN[scheme] : color(value) }));
}

/** A color between the ends of the ramp. @param {number} share in [0, 1] @param {"light"|"dark"} scheme */
function rampColor(share, scheme) {
  const place = share * (RAMP[scheme].length - 1), low = Math.min(RAMP[scheme].length - 2, Math.floor(place));
  const [from, to] = [bytesOf(RAMP[scheme][low]), bytesOf(RAMP[scheme][low + 1])];
  return `#${from.map((byte, channel) => Math.round(byte + (to[channel] - byte) * (place - low)).toString(16).padStart(2, "0")).join("")}`;
}

/** The legend's entry of a point. @param {Columns} columns @param {string} coloring @param {number} index */
export function valueOf(columns, coloring, index) {
  if (coloring.startsWith(COLUMN)) return columns.metadata?.[index] ?? 0;
  if (columns.labeled[index] && (coloring === "confidence" || coloring === "decision")) return LABELED;
  if (coloring !== "confidence") return columns[coloring][index];
  return Math.min(RAMP.light.length - 1, Math.floor(columns.confidence[index] * RAMP.light.length));
}

/** RGBA bytes of every point; those that are not shown get no alpha, unselected ones little.
 * @param {Columns} columns @param {string} coloring @param {string[]} classes @param {"light"|"dark"} scheme
 * @param {(index: number) => boolean} isShown @param {Set<number>} selected */
export function pointColors(columns, coloring, classes, scheme, isShown, selected) {
  const byValue = new Map(legendOf(coloring, classes, scheme, columns.groups).map(({ value, color }) => [value, bytesOf(color)]));
  const colors = new Uint8Array(4 * columns.num), unknown = bytesOf(UNKNOWN[scheme]);
  for (let index = 0; index < columns.num; index++) {
    const [red, green, blue] = byValue.get(valueOf(columns, coloring, index)) ?? unknown;
    const alpha = !isShown(index) ? 0 : selected.size && !selected.has(index) ? (columns.labeled[index] ? 14 : 30) : 225;
    colors.set([red, green, blue, alpha], 4 * index);
  }
  return colors;
}

/** @param {string} color #rrggbb @returns {[number, number, number]} */
export function bytesOf(color) {
  const byte = (place) => parseInt(color.slice(place, place + 2), 16);
  return [byte(1), byte(3), byte(5)];
}

function hslColor(hue, saturation, lightness) {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (shift) => {
    const place = (shift + hue / 30) % 12;
    const value = lightness - amplitude * Math.max(-1, Math.min(place - 3, 9 - place, 1));
    return Math.round(255 * value).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
