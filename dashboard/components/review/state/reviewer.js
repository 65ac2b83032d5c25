/** Reviewer: the name in the URL, else the name that this browser stores, else "me". */

const DEFAULT_NAME = "me";
const MAX_LENGTH = 60;

export class Reviewer {
  /** @param {string|undefined} urlName the name in the URL @param {Storage} storage */
  constructor(urlName, storage) {
    this.storage = storage;
    const stored = normalized(storage.getItem("winnow-reviewer"));
    this.name = normalized(urlName) || stored || DEFAULT_NAME;
    /** A message when the URL has another name than this browser. */
    this.warning = stored && this.name !== stored ? `You review as ${this.name}, the name in the URL. This browser stored the name ${stored}.` : "";
    if (!stored) this._store();
  }

  /** Set another name; an empty one is "me". @param {string} name @returns {string} the name as it is stored */
  change(name) {
    this.name = normalized(name) || DEFAULT_NAME;
    this._store();
    return this.name;
  }

  /** The name for the URL; null for the default. */
  get urlName() {
    return this.name === DEFAULT_NAME ? null : this.name;
  }

  _store() {
    try {
      this.storage.setItem("winnow-reviewer", this.name);
    } catch (error) {
      console.warn(`This browser does not store the reviewer's name (${error.message}); the URL holds it.`);
    }
  }
}

function normalized(name) {
  return (name ?? "").trim().replace(/\s+/g, " ").slice(0, MAX_LENGTH);
}
