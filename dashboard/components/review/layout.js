/** Layout of the review page: makes the parts, connects them to the app's handlers and places them in the window. */

import { make } from "./controls/dom.js";
import { HistoryStrip } from "./controls/history_strip.js";
import { LiveStatus } from "./controls/live_status.js";
import { Toolbar } from "./controls/toolbar.js";
import { labelKeys, showClasses, verdictButtons } from "./controls/verdict_buttons.js";
import { ClassUpdates } from "./classes/class_updates.js";
import { DragSelect } from "./images/drag_select.js";
import { FocusView } from "./images/focus_view.js";
import { Grid } from "./images/grid.js";
import { BoundaryStrip } from "./threshold/boundary_strip.js";
import { ClassThresholds } from "./threshold/class_thresholds.js";
import { SelectionSummary } from "./threshold/selection_summary.js";
import { ThresholdPanel } from "./threshold/threshold_panel.js";

/** @typedef {{act: (action: {action: string, [key: string]: any}) => void, bulkAccept: () => void,
 *   bulkAcceptPerClass: (params: object) => void, changeQuery: (part: object) => void, resize: (size: string) => void, showDialog: (name: string) => void,
 *   setReviewer: (name: string) => void, shareThreshold: (threshold: number) => void, showHistory: () => void,
 *   thresholdReleased: () => Promise<void>, thresholdShown: () => void, toggleOddOneOut: () => void,
 *   turn: (direction: "back"|"forward") => void, visit: (id: number) => void}} Handlers what the app does */

/** @typedef {{api: import("./sync/api.js").Api, cardPage: import("./state/card_page.js").CardPage, data: any, handlers: Handlers, onClasses: (isMerged: boolean) => void,
 *   keyMap: import("./keys/key_map.js").KeyMap, notice: import("./controls/status.js").Notice, pageSize: {size: string}, reviewer: import("./state/reviewer.js").Reviewer, stage: HTMLElement,
 *   saveStatus: import("./controls/status.js").SaveStatus, selection: import("./state/selection.js").Selection,
 *   urlState: Record<string, string>}} Context */

/** Make all parts; `element` holds them. @param {Context} context */
export function makeLayout(context) {
  const { data, handlers, notice, saveStatus } = context;
  const classUpdates = new ClassUpdates({ api: context.api, classes: data.classes, onChange: (isMerged) => { showAgain(); context.onClasses(isMerged); } });
  classUpdates.begin(data.appearance);
  const isSmall = Math.max(data.height, data.width) <= 64;
  const threshold = thresholdPanel(context);
  const { history, liveStatus, toolbar } = queueControls(context);
  const { grid, focusView, dragSelect } = images(context, isSmall);
  const emptyMessage = make("div.empty", { hidden: true });
  const reason = make("p.reason", { "aria-hidden": "true" }); // each tile has it for screen readers
  const announcement = make("div.announcement.unseen", { role: "status" });
  const panel = verdictButtons(data.classes, handlers.act, history.element, saveStatus.element);
  panel.prepend(make("div.reasons", {}, reason, make("small.note", { hidden: !data.note }, data.note)));
  panel.append(notice.element);
  const { stage } = context;
  stage.append(grid.element, focusView.element, emptyMessage);
  const element = make("div.review-app", { tabindex: "-1" }, make("h1.unseen", {}, "Review"), toolbar.element, threshold.element, stage, panel, announcement);
  element.style.setProperty("--rendering", isSmall ? "pixelated" : "auto");
  labelKeys(element, context.keyMap);
  const showAgain = () => {
    showClasses(panel, data.classes, handlers.act);
    labelKeys(element, context.keyMap);
    toolbar.showClasses();
  };
  return { classUpdates, threshold, history, liveStatus, toolbar, grid, focusView, dragSelect, emptyMessage, reason, announcement, panel, element };
}

/** @param {Context} context */
function thresholdPanel({ api, cardPage, data: { classes, target, target_of: targetOf }, handlers, notice, urlState }) {
  const threshold = Number(cardPage.query.threshold);
  const summary = new SelectionSummary({
    classes, onBulkAccept: handlers.bulkAccept, onReview: (range) => handlers.changeQuery({ range, show: "undecided" }),
  });
  const strip = new BoundaryStrip({ api, classes, onImage: handlers.visit });
  const classThresholds = new ClassThresholds({ api, classes, threshold, onBulkAccept: handlers.bulkAcceptPerClass });
  return new ThresholdPanel({
    api, classes, urlState, threshold, target: urlState.threshold || urlState.score || api.runId !== targetOf ? null : target, summary, strip, classThresholds, attempt: (work) => notice.attempt(work),
    onRelease: handlers.thresholdReleased, onShown: handlers.thresholdShown, onShare: handlers.shareThreshold, storage: window.localStorage,
  });
}

/** @param {Context} context */
function queueControls({ api, cardPage, data, handlers, pageSize, reviewer }) {
  const history = new HistoryStrip({
    api, onImage: handlers.visit, onDecision: (id) => handlers.changeQuery({ decision: String(id), show: "all" }), onAll: handlers.showHistory,
  });
  const liveStatus = new LiveStatus({ onRefresh: () => handlers.act({ action: "refresh" }) });
  const toolbar = new Toolbar({
    query: cardPage.query, classes: data.classes, hasParent: Boolean(data.parent), textProblem: data.text_problem, reviewer: reviewer.name, size: pageSize.size, live: liveStatus.element,
    columns: data.columns, loadMetadata: () => api.metadata(),
    onChange: handlers.changeQuery, onTurn: handlers.turn, onReviewer: handlers.setReviewer, onResize: handlers.resize,
    onOddOneOut: handlers.toggleOddOneOut, onDialog: handlers.showDialog,
  });
  return { history, liveStatus, toolbar };
}

/** @param {Context} context @param {boolean} isSmall images are so small that one sheet holds a page of them */
function images({ api, data: { classes }, handlers, selection }, isSmall) {
  const grid = new Grid({
    api, classes, isSmall, onClick: (index, event) => selection.click(index, event),
    onOpen: () => handlers.act({ action: "toggle" }), onHold: (index) => selection.hold(index),
  });
  const focusView = new FocusView({ api, classes, isSmall, onSwipe: (by) => handlers.act({ action: "move", by: [by, 0] }),
    onSimilar: (image) => handlers.act({ action: "similar", image }) });
  const dragSelect = new DragSelect({
    element: grid.element, onBegin: (isAdding) => selection.beginDrag(isAdding), onChange: (indexes) => selection.drag(indexes),
  });
  return { grid, focusView, dragSelect };
}
