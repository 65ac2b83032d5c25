/** Actions at the images that decide nothing by themselves: dialogs, notes, flags, hiding, undo; by the name that keys and buttons use. */

import { nameClass } from "./controls/dialogs.js";
import { labelKeys } from "./controls/verdict_buttons.js";
import { showClassGuide } from "./classes/class_guide.js";
import { searchClass } from "./classes/class_search.js";
import { HiddenImages } from "./hidden/hidden_images.js";
import { compareImages } from "./images/compare_view.js";
import { writeNote } from "./images/note_dialog.js";
import { showKeys } from "./keys/keys_dialog.js";

/** @param {import("./review_app.js").ReviewApp} app @returns {Record<string, (request?: any) => void>} */
export function makeImageActions(app) {
  const { api, cardPage, commands, data, keyMap, parts, root } = app;
  const hiding = new HiddenImages(app);
  const give = (label) => app.decide("relabel", label);
  return {
    help: () => showKeys(root, keyMap, () => labelKeys(app.element, keyMap)),
    guide: () => showClassGuide({ root, api, classes: data.classes, card: cardPage.card, onDescribed: () => parts.classUpdates.ask(), onPick: give }),
    search: ({ group } = {}) => searchClass({ root, classes: data.classes, group, suggestion: cardPage.card?.suggestion, onPick: give }),
    newClass: () => nameClass(root, api, ({ classes, label }) => { parts.classUpdates.follow({ classes }); parts.classUpdates.ask(); give(label); }),
    compare: () => {
      const [card, ...others] = cardPage.cardsToDecide();
      if (!card || !app.pageLoading.allowsVerdict()) return;
      const pick = (label) => { cardPage.clearSelection(); if (cardPage.moveTo(card.id)) give(label); };
      compareImages({ root, api, data, card, others, onPick: pick });
    },
    note: () => {
      const { card } = cardPage;
      if (!card || !app.pageLoading.allowsVerdict()) return;
      writeNote({ root, api, card, draft: commands.drafts.get(card.id), onSave: (text) => { commands.note(card, text); app.render(); } });
    },
    hide: () => hiding.ask(),
    undo: () => {
      const { hidden } = commands.undoStack;
      if (hidden === null) commands.undo();
      else hiding.undo(hidden);
    },
    flag: () => {
      const cards = cardPage.cardsToDecide();
      if (!cards.length || !app.pageLoading.allowsVerdict()) return;
      if (cardPage.isAllMatching) app.notice.showBriefly("Flags are set page by page: the images of this page have theirs.");
      commands.flag(cards);
      app.render();
    },
  };
}
