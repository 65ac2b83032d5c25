/** Hiding of images: asks for the reason, hides, takes it back; the page of cards then shows what is left. */

import { formatNumber } from "../controls/dom.js";
import { askReason } from "./hide_dialog.js";

/** @typedef {{change: number, key: string, before: number, after: number}} Hidden where the page began before and after a change */

export class HiddenImages {
  /** @param {import("../review_app.js").ReviewApp} app */
  constructor(app) {
    this.app = app;
    /** The latest change of this page. @type {Hidden|null} */
    this.latest = null;
  }

  /** Ask for the reason, then hide the selected images, or the one under the cursor. */
  ask() {
    const { api, cardPage, data, pageLoading, root } = this.app;
    const cards = cardPage.cardsToDecide();
    if (!cards.length || !pageLoading.allowsVerdict()) return;
    const isPageOfMore = cardPage.isAllMatching && cardPage.matching > cards.length;
    askReason({ root, api, cards, isPageOfMore, known: data.hide_reasons ?? [], storage: window.localStorage,
      onHide: (reason) => this._hide(cards.map(({ id }) => id), reason) });
  }

  /** @param {number[]} images @param {string} reason */
  async _hide(images, reason) {
    const { api, cardPage, commands, notice } = this.app;
    await commands.outbox.flush(); // decisions about these images come first
    const { change, hidden } = await api.hideImages(images, reason);
    if (this.app.isClosed) return;
    if (change !== null) commands.undoStack.push([], [], hidden.length > 1 ? `${formatNumber(hidden.length)} × hide` : "hide", change);
    const before = cardPage.start;
    this._showWithout(new Set(images)).then((isLoaded) => {
      if (!isLoaded) return; // the notice says why; undo takes it back all the same
      if (change === null) { notice.showBriefly("These images were hidden already."); return; }
      this.latest = { change, key: this._key, before, after: cardPage.start };
      notice.offer(hiddenText(hidden.length, reason), "Undo", () => this.undo(change));
    });
  }

  /** Take back a change. @param {number} change */
  undo(change) {
    const { api, cardPage, commands, notice } = this.app;
    notice.show("");
    return notice.attempt(async () => {
      const { images } = await api.undoHide(change).catch((error) => { if (error.isFinal) this._forget(change); throw error; });
      if (this.app.isClosed) return;
      this._forget(change);
      commands.peers.tellMany();
      const { latest } = this, isHere = latest?.change === change && latest.key === this._key && latest.after === cardPage.start;
      cardPage.endVisit();
      const isLoaded = await this._reload(async () => {
        await (isHere ? cardPage.load(latest.before) : cardPage.reload());
        const first = cardPage.cards.find(({ id }) => images.includes(id));
        if (first) cardPage.moveTo(first.id);
      });
      if (isLoaded) notice.showBriefly(`${numImages(images.length)} shown again.`);
    });
  }

  /** The undo button goes on to the step before; also after an undo that the server refuses, which it would refuse again.
   * @param {number} change */
  _forget(change) {
    this.app.commands.undoStack.forgetHidden(change);
    this.app.render();
  }

  /** Load the page again without these images, the cursor on the next one that stays. @param {Set<number>} images */
  _showWithout(images) {
    const { cardPage, commands } = this.app;
    cardPage.endVisit();
    const next = nextShown(cardPage.cards, cardPage.cursor, images);
    if (next !== null) cardPage.moveTo(next);
    commands.peers.tellMany();
    return this._reload(() => cardPage.reload());
  }

  /** Load the cards again, then histogram and counts. @param {() => Promise<void>} load @returns {Promise<boolean>} whether it could be loaded */
  async _reload(load) {
    let isLoaded = false;
    await this.app.load(async () => { await load(); isLoaded = true; }, true);
    this.app.counting.schedule();
    return isLoaded;
  }

  /** What is shown: in another queue, filter or page size a rank is another image. */
  get _key() {
    return JSON.stringify(this.app.cardPage.query);
  }
}

/** The image that the cursor goes to: the next one that stays, else the last one before; null where none stays.
 * @param {{id: number}[]} cards @param {number} cursor @param {Set<number>} hidden */
export function nextShown(cards, cursor, hidden) {
  const stays = ({ id }) => !hidden.has(id);
  return (cards.slice(cursor).find(stays) ?? cards.slice(0, cursor).findLast(stays))?.id ?? null;
}

const numImages = (count) => `${formatNumber(count)} ${count === 1 ? "image" : "images"}`;

/** @param {number} count @param {string} reason as it was typed */
export function hiddenText(count, reason) {
  return `${numImages(count)} hidden: ${reason.trim().replace(/\s+/g, " ")}`;
}
