/** Handlers: what the parts of the page call the review app for. */

import { showHistory } from "./controls/history_dialog.js";

/** @param {import("./review_app.js").ReviewApp} app @returns {import("./layout.js").Handlers} */
export function makeHandlers(app) {
  const { notice } = app;
  return {
    act: (action) => app.act(action),
    bulkAccept: () => notice.attempt(() => app.bulkConfirm.bulkAccept()),
    bulkAcceptPerClass: (params) => notice.attempt(() => app.bulkConfirm.bulkAcceptPerClass(params)),
    changeQuery: (part) => app.changeQuery(part),
    resize: (size) => app.pageSize.choose(size),
    setReviewer: (name) => app.setReviewer(name),
    shareThreshold: (threshold) => app.component.setStateValue("threshold", threshold),
    showDialog: (name) => app.component.setTriggerValue("dialog", name),
    showHistory: () => notice.attempt(() => showHistory({
      root: app.root, api: app.api, classes: app.data.classes, reviewer: app.reviewer, commands: app.commands,
    })),
    thresholdReleased: () => app.thresholdReleased(),
    thresholdShown: () => app.urlWriter.debounce.schedule(),
    toggleOddOneOut: () => app.toggleOddOneOut(),
    turn: (direction) => app.turn(direction),
    visit: (id) => notice.attempt(() => app.visit(id)),
  };
}
