/** The place in the URL: ranking, filters, rank, view, threshold. A refresh or a colleague's link comes back to it. */

import { CONDITIONS } from "./filters.js";

const NAMES = ["ranking", "rank", "image", "view", "mode", "tiles", "eta", "drawn", "threshold", "floor", "score", "reviewer", ...CONDITIONS];

/** @returns {Record<string, string>} what the URL says */
export function readPlace() {
  const query = new URLSearchParams(window.location.search);
  return Object.fromEntries(NAMES.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
}

/** @param {Record<string, string|number|null>} place null removes */
export function writePlace(place) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(place)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
}
