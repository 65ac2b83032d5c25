/** Marks of notes and flags: a small sign at the image, and the same in words. No DOM. */

export const FLAG = "⚑", NOTE = "✎";
/** Letters of a note that one line shows. */
const SHORT = 160;

/** @typedef {Pick<import("../sync/api.js").Card, "note"|"flag">} Remarked */

/** The signs at an image. @param {Remarked} card */
export function remarkMarks({ note, flag }) {
  return `${flag ? FLAG : ""}${note ? NOTE : ""}`;
}

/** Note and flag in words, for a screen reader, a title and the line below the images. @param {Remarked} card @returns {string[]} */
export function remarkTexts({ note, flag }) {
  const text = note && note.text.replace(/\s+/g, " ");
  const short = text && text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
  return [...(flag ? [`flagged by ${flag.reviewer}`] : []), ...(note ? [`note by ${note.reviewer}: ${short}`] : [])];
}
