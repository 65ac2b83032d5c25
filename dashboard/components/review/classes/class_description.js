/** Class description: what belongs to a class, and a text box to change it. */

import { make } from "../controls/dom.js";

/** Most letters of a description; the server counts the same. */
const LONGEST = 2000;

export class ClassDescription {
  /** @param {Pick<import("../sync/api.js").Api, "describeClass">} api @param {() => void} onSaved */
  constructor(api, onSaved) {
    this.api = api;
    this.onSaved = onSaved;
    this.label = -1;
    this.name = this.value = "";
    this.text = make("p.guide-text", { dir: "auto" });
    this.edit = make("button", { onclick: () => this._begin() });
    this.box = make("textarea", { rows: 4, maxlength: LONGEST, dir: "auto", "aria-label": "Description" });
    this.problem = make("p.problem", { role: "alert", hidden: true });
    this.form = make("div.guide-form", { hidden: true, onkeydown: (event) => this._onKey(event) }, this.box, this.problem,
      make("div.buttons", {}, make("button", { onclick: () => this._end() }, "Cancel"), make("button.primary", { onclick: () => this._save() }, "Save description")));
    this.element = make("div.guide-description", { hidden: true }, this.text, this.edit, this.form);
  }

  /** @param {number} label @param {string} name @param {string} text "" without a description */
  show(label, name, text) {
    Object.assign(this, { label, name, value: text });
    this.element.hidden = false;
    this._end();
  }

  _begin() {
    this.box.value = this.value;
    this.problem.hidden = true;
    this._toggle(true);
    this.box.focus();
  }

  _end() {
    const hadFocus = this.form.contains(/** @type {ShadowRoot} */ (this.form.getRootNode()).activeElement);
    this._toggle(false);
    this.text.dir = this.value ? "auto" : "";
    this.text.replaceChildren(...(this.value ? [this.value] : [make("bdi", {}, this.name), " has no description yet."]));
    this.text.classList.toggle("label", !this.value);
    this.edit.textContent = this.value ? "Edit" : "Describe";
    this.edit.setAttribute("aria-label", `${this.edit.textContent} ${this.name}`);
    if (hadFocus) this.edit.focus();
  }

  _toggle(isOn) {
    this.form.hidden = !isOn;
    this.text.hidden = this.edit.hidden = isOn;
  }

  /** Enter saves, Shift+Enter begins a new line, Escape closes the text box alone. */
  _onKey(event) {
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this._end(); }
    if (event.target !== this.box || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this._save();
  }

  async _save() {
    const { label } = this;
    try {
      const { description } = await this.api.describeClass(label, this.box.value.trim());
      this.onSaved();
      if (label !== this.label) return;
      this.value = description;
      this._end();
    } catch (error) {
      Object.assign(this.problem, { hidden: false, textContent: error.message });
    }
  }
}
