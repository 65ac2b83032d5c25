/** History strip: thumbnails of the latest decisions, newest first; a click shows the image. */

import { MARKS } from "../images/tile.js";
import { REMARKS, imagesOf } from "../sync/responses.js";
import { formatNumber, make } from "./dom.js";

/** Number of shown decisions. */
const NUM_SHOWN = 10;

/** @typedef {{key: string, verdict: string, image?: number, count: number, decision?: number}} Entry */

/** CSS background of each image: those that come together share one sheet. @param {number[]} images without repeats
 * @param {import("../sync/api.js").Api} api @returns {[number, {image: string, size: string, position: string}][]} */
export function backgrounds(images, api) {
  if (images.length === 1) return [[images[0], { image: `url("${api.image(images[0])}")`, size: "contain", position: "center" }]];
  const image = `url("${api.sprite(images, images.length)}")`;
  return images.map((id, column) => [id, { image, size: `${100 * images.length}% 100%`, position: `${(100 * column) / (images.length - 1)}% 0` }]);
}

/** Entries of the decisions that are in force. @param {object[]} decisions newest first @returns {Entry[]} */
export function historyEntries(decisions) {
  return decisions.filter((one) => one.is_live && one.verdict !== "undo").map((one) => ({
    key: one.command_id, verdict: one.verdict, image: one.image_id ?? undefined, count: one.num_images, decision: one.id,
  }));
}

export class HistoryStrip {
  /** @param {{api: import("../sync/api.js").Api, onImage: (id: number) => void, onDecision: (id: number) => void,
   *   onAll: () => void}} options */
  constructor(options) {
    this.options = options;
    /** @type {Entry[]} */
    this.entries = [];
    /** Background of each shown image. @type {Map<number, {image: string, size: string, position: string}>} */
    this.backgrounds = new Map();
    this.list = make("span.history-list");
    const all = make("button.history-all", { onclick: () => options.onAll(), title: "All decisions; you can undo your own" }, "history");
    this.element = make("span.history-strip", { role: "group", "aria-label": "Latest decisions" }, this.list, all);
  }

  /** Add commands that the server has not answered yet. @param {import("../sync/responses.js").Command[]} commands */
  push(commands) {
    const entries = commands.filter(({ verdict }) => !REMARKS.has(verdict)).map((command) => {
      const [image, ...more] = imagesOf(command);
      return { key: command.command_id, verdict: command.verdict, image: more.length ? undefined : image, count: 1 + more.length };
    });
    this._show([...entries.reverse(), ...this.entries]);
  }

  /** Load the latest decisions from the server. */
  async load() {
    const { decisions } = await this.options.api.history(4 * NUM_SHOWN);
    this._show(historyEntries(decisions));
  }

  _show(entries) {
    this.entries = entries.slice(0, NUM_SHOWN);
    const key = this.entries.map((entry) => entry.key).join();
    if (key === this.shown) return;
    this.shown = key;
    const images = [...new Set(this.entries.flatMap(({ image }) => (image === undefined ? [] : [image])))];
    const added = images.filter((id) => !this.backgrounds.has(id));
    const known = [...this.backgrounds].filter(([id]) => images.includes(id));
    this.backgrounds = new Map([...known, ...(added.length ? backgrounds(added, this.options.api) : [])]);
    this.list.replaceChildren(...this.entries.map((entry) => this._item(entry)));
  }

  /** @param {Entry} entry */
  _item({ verdict, image, count, decision }) {
    const { onImage, onDecision } = this.options;
    const [mark, word] = MARKS[verdict] ?? ["", verdict];
    const text = image === undefined ? `${formatNumber(count)} images ${word}, decision #${decision ?? "…"}` : `image ${image} ${word}`;
    const button = make("button.history-item", { "data-verdict": verdict, title: text, "aria-label": `${text}: show again`,
      onclick: () => (image === undefined ? decision && onDecision(decision) : onImage(image)) },
    image === undefined ? make("span.count", {}, formatNumber(count)) : "", make("span.badge", { "aria-hidden": "true" }, mark));
    const background = image === undefined ? null : this.backgrounds.get(image);
    if (background) Object.assign(button.style, { backgroundImage: background.image, backgroundSize: background.size, backgroundPosition: background.position });
    return button;
  }
}
