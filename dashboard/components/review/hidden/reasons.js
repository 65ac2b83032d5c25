/** Reasons for hiding images: what the dialog offers, and the last one of this browser. No DOM. */

const STORED = "winnow-hide-reason";
/** Reasons that the dialog offers at most. */
const MOST_OFFERED = 10;

/** The last reason of this browser; "" without one. @param {Pick<Storage, "getItem">} storage */
export function lastReason(storage) {
  try {
    return storage.getItem(STORED) ?? "";
  } catch {
    return "";
  }
}

/** Keep the reason for the next time. @param {Pick<Storage, "setItem">} storage @param {string} reason */
export function rememberReason(storage, reason) {
  try {
    storage.setItem(STORED, reason);
  } catch (error) {
    console.warn(`This browser does not store the last reason (${error.message}).`);
  }
}

/** The reasons that the dialog offers, each once: the last one, those of this project, then the usual ones.
 * @param {string} last @param {string[]} known those of the project, the most frequent first, and the usual ones */
export function offeredReasons(last, known) {
  return [...new Set([last, ...known])].filter(Boolean).slice(0, MOST_OFFERED);
}
