/** The desk's surface: its parts, what each of them asks of the desk, and how they lie in the window. */

import { Band } from "./images/drag_select.js";
import { Grid } from "./images/grid.js";
import { make } from "./controls/dom.js";
import { FocusView } from "./images/focus_view.js";
import { Line } from "./threshold/threshold_panel.js";
import { verdictBar } from "./controls/verdict_buttons.js";
import { Past } from "./controls/history_strip.js";
import { Notice, Saved } from "./controls/status.js";
import { Tools } from "./controls/toolbar.js";

/** What stands above the images. @param {import("./review_app.js").Desk} desk */
function above(desk) {
  const { api, data, deck } = desk;
  const line = new Line({
    api, run: data.run, classes: data.classes, place: desk.place, threshold: deck.query.threshold,
    attempt: (work) => desk.run(work), onRelease: () => desk.released(), onShown: () => desk.address.soon(),
    onTell: (value) => desk.component.setStateValue("threshold", value),
    onAccept: () => desk.run(() => desk.questions.rule()), onAcceptClasses: (params) => desk.run(() => desk.questions.perClass(params)),
    onBetween: (range) => desk.change({ range, show: "undecided" }),
    onPick: (card) => desk.run(() => desk.visit(card.id)),
  });
  const past = new Past({
    api, onImage: (id) => desk.run(() => desk.visit(id)), onDecision: (id) => desk.change({ decision: String(id), show: "all" }),
    onAll: () => desk.run(() => desk.questions.history()),
  });
  const tools = new Tools({
    query: deck.query, classes: data.classes, hasParent: Boolean(data.parent), reviewer: desk.reviewer.name,
    onChange: (part) => desk.change(part), onTurn: (way) => desk.turn(way), onReviewer: (name) => desk.review(name),
    onResize: (count) => desk.load(() => deck.resize(count)), onOdd: () => desk.odd(), past: past.element,
  });
  return { line, past, tools };
}

/** The images and what is said about them. @param {import("./review_app.js").Desk} desk */
function images(desk, isSmall) {
  const { api, data, picking } = desk;
  const grid = new Grid({
    api, classes: data.classes, isSmall,
    onPick: (place, event) => picking.pick(place, event), onOpen: () => desk.act({ action: "toggle" }), onHold: (place) => picking.hold(place),
  });
  const focus = new FocusView({
    api, run: data.run, classes: data.classes, isSmall, onSwipe: (by) => desk.act({ action: "move", by: [by, 0] }),
  });
  const band = new Band({ element: grid.element, onBegin: (isAdding) => picking.begin(isAdding), onChange: (places) => picking.touch(places) });
  return { grid, focus, band };
}

/** The parts; `element` holds them all. @typedef {{line: Line, past: Past, tools: Tools, grid: Grid, focus: FocusView, band: Band,
 *   saved: Saved, notice: Notice, empty: HTMLElement, because: HTMLElement, heard: HTMLElement, panel: HTMLElement, element: HTMLElement}} Surface */

/** @param {import("./review_app.js").Desk} desk @returns {Surface} */
export function surfaceOf(desk) {
  const { data } = desk;
  const isSmall = Math.max(data.height, data.width) <= 64;
  const [{ line, past, tools }, { grid, focus, band }] = [above(desk), images(desk, isSmall)];
  const [saved, notice] = [new Saved(), new Notice()];
  const empty = make("div.empty", { hidden: true });
  const because = make("p.because", { "aria-hidden": "true" }); // each tile says it to a screen reader itself
  const heard = make("div.heard", { role: "status" });
  const panel = verdictBar(data.classes, (action) => desk.act(action), saved.element);
  panel.prepend(because);
  panel.append(notice.element);
  const element = make("div.desk", { tabindex: "-1" }, line.element, tools.element, grid.element, focus.element, empty, panel, heard);
  element.style.setProperty("--rendering", isSmall ? "pixelated" : "auto");
  new ResizeObserver(() => element.style.setProperty("--covered", `${panel.offsetHeight}px`)).observe(panel);
  return { line, past, tools, grid, focus, band, saved, notice, empty, because, heard, panel, element };
}
