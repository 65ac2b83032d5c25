/** URL state of the review page: ranking, filters, rank, view, threshold. A refresh or a shared link restores it. */

import { Debounce } from "./debounce.js";
import { CONDITIONS } from "./query.js";

const NAMES = ["ranking", "rank", "image", "view", "mode", "tiles", "size", "eta", "drawn", "like", "words", "threshold", "floor", "score", "reviewer", "version", ...CONDITIONS];

/** @returns {Record<string, string>} the parameters in the URL */
export function readUrlState() {
  const query = new URLSearchParams(window.location.search);
  return Object.fromEntries(NAMES.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
}

/** @param {Record<string, string|number|null>} urlState null removes a parameter */
export function writeUrlState(urlState) {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(urlState)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
}

/** Writes the URL state: at once for another page of cards, after a pause for the cursor. */
export class UrlWriter {
  /** @param {{project: string, run: string}} data @param {() => Record<string, string|number|null>} urlState the current one */
  constructor({ project, run }, urlState) {
    this.owner = { project, run };
    this.urlState = urlState;
    this.shown = "";
    this.path = window.location.pathname;
    this.debounce = new Debounce(1000, () => this.now()); // browsers ignore changes that come too often
  }

  /** Something was drawn. @param {string} page changes with the page of cards, not with the cursor */
  drawn(page) {
    const isOther = page !== this.shown;
    this.shown = page;
    if (isOther) this.now();
    else this.debounce.schedule();
  }

  now() {
    if (this.shown === "" || !this._isOwn()) return; // until something is drawn the URL is the truth
    writeUrlState(this.urlState());
  }

  /** Whether the URL is of this page, project and run: while the browser leaves, it is of another one. */
  _isOwn() {
    const { pathname, search } = window.location, query = new URLSearchParams(search);
    return pathname === this.path && Object.entries(this.owner).every(([name, own]) => (query.get(name) ?? own) === own);
  }
}
