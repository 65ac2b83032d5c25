/** The history strip: the latest decisions as small pictures, the newest first; a click goes back to one. */

import { MARKS } from "../images/tile.js";
import { make, number } from "./dom.js";

const MOST = 10;

/** @typedef {{key: string, verdict: string, image?: number, count: number, decision?: number}} Entry */

/** Decisions of the log that still count, as entries. @param {object[]} decisions newest first @returns {Entry[]} */
export function entriesOf(decisions) {
  return decisions.filter((one) => one.is_live && one.verdict !== "undo").map((one) => ({
    key: one.command_id, verdict: one.verdict, image: one.image_id ?? undefined, count: one.num_images, decision: one.id,
  }));
}

export class Past {
  /** @param {{api: import("../sync/api.js").Api, onImage: (id: number) => void, onDecision: (id: number) => void,
   *   onAll: () => void}} options */
  constructor(options) {
    this.options = options;
    /** @type {Entry[]} */
    this.entries = [];
    this.list = make("span.past-list");
    const all = make("button.past-all", { onclick: () => options.onAll(), title: "All decisions; any can be taken back" }, "history");
    this.element = make("span.past", { role: "group", "aria-label": "Latest decisions" }, this.list, all);
  }

  /** What was decided just now, before the server has answered. @param {Entry[]} entries */
  push(entries) {
    this._show([...entries.reverse(), ...this.entries]);
  }

  /** The log as the server has it. */
  async load() {
    const { decisions } = await this.options.api.history(4 * MOST);
    this._show(entriesOf(decisions));
  }

  _show(entries) {
    this.entries = entries.slice(0, MOST);
    const key = this.entries.map((entry) => entry.key).join();
    if (key === this.shown) return;
    this.shown = key;
    this.list.replaceChildren(...this.entries.map((entry) => this._one(entry)));
  }

  /** @param {Entry} entry */
  _one({ verdict, image, count, decision }) {
    const { api, onImage, onDecision } = this.options;
    const [mark, word] = MARKS[verdict] ?? ["", verdict];
    const said = image === undefined ? `${number(count)} images ${word}, decision #${decision ?? "…"}` : `image ${image} ${word}`;
    const button = make("button.past-one", { "data-verdict": verdict, title: said, "aria-label": `${said}: show again`,
      onclick: () => (image === undefined ? decision && onDecision(decision) : onImage(image)) },
    image === undefined ? make("span.many", {}, number(count)) : "", make("span.badge", { "aria-hidden": "true" }, mark));
    if (image !== undefined) button.style.backgroundImage = `url("${api.image(image)}")`;
    return button;
  }
}
