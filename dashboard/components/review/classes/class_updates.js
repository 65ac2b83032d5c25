/** Class updates: edits of classes that were made elsewhere show without a reload: by another page, tab or person. */

import { appearanceVersion, setClassAppearance } from "./class_colors.js";

export class ClassUpdates {
  /** @param {{api: Pick<import("../sync/api.js").Api, "classes">, classes: string[], onChange: (isMerged: boolean) => void}} options
   *   classes: the list that all parts of the page read; onChange: names or appearance have changed; isMerged: what is merged, too */
  constructor({ api, classes, onChange }) {
    this.api = api;
    this.classes = classes;
    this.onChange = onChange;
    this.isAsking = this.isAskedAgain = false;
    this.merged = "";
  }

  /** Show the appearance that the page opens with. @param {any} appearance */
  begin(appearance) {
    setClassAppearance(appearance);
    this.merged = String(appearance?.merged ?? "");
  }

  /** Take what an answer to decisions says of the classes. @param {{classes?: string[], classes_version?: string}} answer */
  follow({ classes = [], classes_version: version }) {
    if (classes.length > this.classes.length) { // a decision of this answer may name them
      this.classes.push(...classes.slice(this.classes.length));
      this.onChange(false);
    }
    if (version && version !== appearanceVersion()) this.ask();
  }

  /** Ask the server whether anything has changed, and show it. */
  async ask() {
    this.isAskedAgain = this.isAsking; // a newer version was named meanwhile
    if (this.isAsking) return;
    this.isAsking = true;
    const found = await this.api.classes(appearanceVersion()).catch(() => null); // the next answer says it again
    this.isAsking = false;
    if (found?.classes) this.take(found);
    if (this.isAskedAgain) await this.ask();
  }

  /** @param {{classes: string[], appearance: any}} found */
  take({ classes, appearance }) {
    if (!appearance || appearance.version === appearanceVersion()) return;
    const isMerged = String(appearance.merged ?? "") !== this.merged;
    this.classes.splice(0, this.classes.length, ...classes);
    this.begin(appearance);
    this.onChange(isMerged);
  }
}
