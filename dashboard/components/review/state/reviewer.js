/** Who reviews: the name that the address says, else the one this browser remembers, else "me". */

const NOBODY = "me";
const MOST = 60;

export class Reviewer {
  /** @param {string|undefined} asked what the address says @param {Storage} storage */
  constructor(asked, storage) {
    this.storage = storage;
    const known = tidy(storage.getItem("winnow-reviewer"));
    this.name = tidy(asked) || known || NOBODY;
    /** A sentence where a link has brought another name than this browser's own. */
    this.warning = known && this.name !== known ? `You review as ${this.name}, as the address says; in this browser it was ${known} before.` : "";
    if (!known) this._keep();
  }

  /** Another person; an empty name is "me". @param {string} name @returns {string} the name as it is kept */
  change(name) {
    this.name = tidy(name) || NOBODY;
    this._keep();
    return this.name;
  }

  /** The name as the address carries it. */
  get word() {
    return this.name === NOBODY ? null : this.name;
  }

  _keep() {
    try {
      this.storage.setItem("winnow-reviewer", this.name);
    } catch (error) {
      console.warn(`This browser does not remember who reviews (${error.message}); the address does.`);
    }
  }
}

function tidy(name) {
  return (name ?? "").trim().replace(/\s+/g, " ").slice(0, MOST);
}
