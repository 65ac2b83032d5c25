/** Review app: connects histogram, images and commands; decisions show at once, the server stores them. */

import { BulkConfirm } from "./controls/bulk_confirm.js";
import { afterPaint, make } from "./controls/dom.js";
import { Notice, SaveStatus } from "./controls/status.js";
import { emptyMessage } from "./controls/toolbar.js";
import { showUndo } from "./controls/verdict_buttons.js";
import { PageSize } from "./images/page_size.js";
import { announcement, remarkTexts } from "./images/tile.js";
import { KeyMap } from "./keys/key_map.js";
import { listen } from "./events.js";
import { makeHandlers } from "./handlers.js";
import { makeImageActions } from "./image_actions.js";
import { makeLayout } from "./layout.js";
import { CardPage } from "./state/card_page.js";
import { Debounce } from "./state/debounce.js";
import { LiveModel } from "./state/live_model.js";
import { PageLoading } from "./state/page_loading.js";
import { dependsOnDecisions, oddOneOutQuery, unselectedOpen } from "./state/query.js";
import { Reviewer } from "./state/reviewer.js";
import { Selection } from "./state/selection.js";
import { UrlWriter, readUrlState, writeUrlState } from "./state/url.js";
import { Api } from "./sync/api.js";
import { Commands } from "./sync/commands.js";
import { Connection, answers } from "./sync/connection.js";
import { nextStepRefresh } from "./sync/next_step.js";
import { SINGLE_VERDICTS } from "./sync/responses.js";

const LOADING = "The images are on their way. Some queues take up to 20 seconds when they are drawn.";

export class ReviewApp {
  constructor(component) {
    const { data, parentElement } = component;
    const urlState = readUrlState();
    this.component = component;
    this.data = data;
    this.root = parentElement;
    this.isFocus = urlState.view === "focus";
    this.isClosed = false;
    this.notice = new Notice();
    this.keyMap = new KeyMap(window.localStorage);
    this.connection = new Connection({ ask: answers, onBack: () => this.commands.outbox.flush() });
    this.notice.onAway = (again) => this.connection.lost(again);
    const saveStatus = new SaveStatus();
    this.reviewer = new Reviewer(urlState.reviewer, window.localStorage);
    this.api = new Api(data, this.reviewer);
    this.liveModel = new LiveModel({
      api: this.api, run: data.run, state: data.live, asked: urlState.version,
      onReady: () => this._takeNewVersion(), onChange: () => this.parts?.liveStatus.show(this.liveModel),
    });
    this.cardPage = new CardPage(this.api, { ...urlState, ranking: urlState.ranking ?? data.ranking, threshold: urlState.threshold ?? data.threshold });
    this.pageLoading = new PageLoading((message) => this.notice.showBriefly(message));
    this.nextStep = nextStepRefresh();
    this.counting = new Debounce(300, () => this.notice.attempt(() => this._updateCounts()));
    const stage = make("div.stage");
    this.pageSize = new PageSize({ stage, urlState, storage: window.localStorage, onChange: (count) => this.load(() => this.cardPage.resize(count)) });
    this.parts = makeLayout({
      api: this.api, cardPage: this.cardPage, data, handlers: makeHandlers(this), keyMap: this.keyMap, notice: this.notice, pageSize: this.pageSize, reviewer: this.reviewer,
      saveStatus, stage, urlState, onClasses: (isMerged) => (isMerged ? this.load(() => this.cardPage.reload()) : this.render()),
      selection: new Selection(this.cardPage, (isScrolled) => { this.render(); if (isScrolled) this._scrollToCursor(true); }),
    });
    this.urlWriter = new UrlWriter(data, () => ({
      ...this.cardPage.urlState, ...this.pageSize.urlState, view: this.isFocus ? "focus" : null, reviewer: this.reviewer.urlName, version: this.liveModel.urlName, ...this.parts.threshold.urlState,
    }));
    this.element = this.parts.element;
    this._applyScheme();
    this.root.append(this.element);
    this.cardPage.onPrefetched = (cards) => { this.parts.grid.prefetch(cards); if (this.isFocus) this.parts.focusView.prefetch(this.cardPage); };
    this.commands = new Commands({
      api: this.api, cardPage: this.cardPage, data, reviewer: this.reviewer, onState: (state) => saveStatus.show(state),
      onDecided: (change) => this._afterDecision(change), onQueued: (commands) => this.parts.history.push(commands),
      onResponse: (response, reasons, settle) => this._responded(response, reasons, settle), onAway: () => this.connection.lost(),
      onPeers: (isMany) => { if (isMany) this.load(() => this.cardPage.reload()); else this.render(); this.counting.schedule(); },
    });
    this.bulkConfirm = new BulkConfirm({
      root: this.root, api: this.api, classes: data.classes, cardPage: this.cardPage, commands: this.commands, threshold: this.parts.threshold,
    });
    this.imageActions = makeImageActions(this);
    this.ending = new AbortController();
    listen(this, this.ending.signal);
    this.parts.liveStatus.show(this.liveModel);
    this.cardPage.query.count = this.pageSize.start();
    this.load(() => Promise.all([this.parts.threshold.load(), this.cardPage.load(this.cardPage.start), this.parts.history.load()]), true);
    if (this.reviewer.warning) this.notice.showBriefly(this.reviewer.warning);
  }

  matches(data) {
    return this.data.project === data.project && this.data.run === data.run;
  }

  /** Draw again after Streamlit has changed the theme or the data. */
  refresh(component) {
    this.component = component;
    this.parts.classUpdates.follow({ classes_version: component.data.appearance?.version }); // the server knows whether it is newer
    this._applyScheme();
    requestAnimationFrame(() => this.parts.threshold.histogram.plot.repaint());
    this.urlWriter.now(); // Streamlit removes parameters that it does not know when it writes the URL
    this.urlWriter.debounce.schedule();
  }

  close() {
    this.isClosed = this.notice.isClosed = true;
    for (const work of [this.urlWriter.debounce, this.counting, this.nextStep, this.parts.threshold.sharing, this.liveModel]) work.cancel();
    this.commands.close();
    this.connection.close();
    this.pageSize.close();
    this.ending.abort();
    this.element.remove();
  }

  /** Set the colors of verdicts by the theme, light or dark. */
  _applyScheme() {
    this.element.dataset.scheme = getComputedStyle(this.root.host ?? document.body).colorScheme.includes("dark") ? "dark" : "light";
  }

  /** Do the action of a key or a button. @param {{action: string, [key: string]: any}} request */
  act(request) {
    const { action } = request, { cardPage, parts: { dragSelect } } = this;
    if (dragSelect.isOn && action !== "clear") return;
    if (action !== "refresh") this.parts.threshold.toggle(false); // a decision is about what can be seen
    const isRest = cardPage.isOddOneOut && !this.isFocus && !cardPage.isAllMatching && action === "accept";
    if (isRest && unselectedOpen(cardPage.cards, cardPage.selected).length) {
      if (this.pageLoading.allowsVerdict()) this._acceptUnselected();
      return;
    }
    if (SINGLE_VERDICTS.has(action)) this.decide(action, request.label);
    else if (action === "move") this.pageLoading.afterwards(() => this._move(request));
    else if (action === "selectAll" || action === "selectStack") { cardPage[action](); this.render(); }
    else if (action === "similar") this.pageLoading.afterwards(() => { this.isFocus = false; this.changeQuery({ ranking: "similar", like: request.image }); });
    else if (action === "clear") { if (!dragSelect.cancel()) { cardPage.clearSelection(); this.notice.show(""); this.render(); } }
    else if (action === "toggle") { this.isFocus = !this.isFocus; this.render(); this._scrollToCursor(); }
    else if (action === "refresh") this.notice.attempt(() => this._refreshModel());
    else if (action in this.imageActions) this.imageActions[action](request);
    else if (action === "forward" || action === "back") this.pageLoading.afterwards(() => this.turn(action));
  }

  /** Give a verdict on the selection; on everything that the filter matches only after its number was confirmed. */
  decide(verdict, label) {
    if (!this.pageLoading.allowsVerdict()) return;
    if (this.cardPage.isAllMatching) this.notice.attempt(() => this.bulkConfirm.decideFilter(verdict, label));
    else this.commands.decide(verdict, label);
  }

  /** Draw a decision; turn the page when all its images are decided. @param {{isPageDone?: boolean}} change */
  _afterDecision({ isPageDone }) {
    if (isPageDone) this.turn("forward");
    else { this.render(); this._scrollToCursor(); }
  }

  /** Turn the odd-one-out mode on or off. */
  toggleOddOneOut() {
    const { cardPage } = this;
    [cardPage.isOddOneOut, this.isFocus] = [!cardPage.isOddOneOut, false];
    if (cardPage.isOddOneOut) this.changeQuery(oddOneOutQuery(cardPage.query, cardPage.card?.suggestion ?? 0));
    else { cardPage.clearSelection(); this.render(); }
  }

  /** Accept the unselected cards of this page as one decision; the others stay selected. */
  _acceptUnselected() {
    const { cardPage } = this;
    const selected = new Set(cardPage.selected);
    this.commands.decideCards(unselectedOpen(cardPage.cards, selected), "accept");
    if (selected.size) cardPage.moveTo([...selected][0]);
    this._afterDecision({ isPageDone: !selected.size });
  }

  _responded(response, reasons, settle) {
    if (this.isClosed) return;
    if (response.live) this.liveModel.follow(response.live);
    this.parts.classUpdates.follow(response);
    this.notice.show(reasons);
    this.pageLoading.afterwards(() => this.notice.attempt(async () => {
      if (this.isClosed) return;
      const hasMoved = await settle();
      this.render();
      if (hasMoved) this._scrollToCursor();
      const isIdle = !this.commands.outbox.waiting.length && !this.pageLoading.isOn;
      if (this.cardPage.isAllDecided && isIdle && !this._takeNewVersion()) this.load(() => this.cardPage.load(this.cardPage.start), true);
    }));
    this.counting.schedule();
  }

  /** Move the cursor. @param {any} request by: columns and rows */
  _move({ by, isSelecting }) {
    const step = by[0] + by[1] * (this.isFocus ? 1 : this.parts.grid.columns);
    if (this.cardPage.move(step, isSelecting)) { this.render(); this._scrollToCursor(true); }
    else if (!isSelecting) this.turn(step > 0 ? "forward" : "back", step === -1 ? "end" : "start");
  }

  /** Show another queue. @param {Record<string, string>} part of its query */
  changeQuery(part) {
    const isNew = this.liveModel.adopt();
    const message = part.words ? "The text tower reads the words. Its first start takes ten seconds, or more on a busy machine." : LOADING;
    this.load(() => Promise.all([this.cardPage.changeQuery(part), isNew && this.parts.threshold.load()]), false, message);
    this.parts.toolbar.showQuery(this.cardPage.query);
  }

  /** Show the next or the previous page. */
  turn(direction, where) {
    if (direction === "forward" && this._takeNewVersion()) return;
    this.load(() => this.cardPage[direction](where), true);
  }

  /** Show the first page of a newer model version, if there is one; returns whether there is. */
  _takeNewVersion() {
    if (this.isClosed || this.cardPage.beforeVisit || !this.liveModel.adopt()) return false;
    this.load(() => Promise.all([this.cardPage.restart(), this.parts.threshold.load()]), true);
    return true;
  }

  /** Learn from all decisions now, and show the new suggestions. */
  async _refreshModel() {
    await this.commands.outbox.flush();
    if (!this._takeNewVersion()) await this.liveModel.refresh();
  }

  /** Load a page and draw it with the predicted state of waiting commands; resolves once it is painted.
   * @param {() => Promise<any>} work @param {boolean} isScrolled scroll to the cursor @param {string} message where it is slow */
  load(work, isScrolled = false, message = LOADING) {
    this.notice.show("");
    return this.notice.attempt(() => this.pageLoading.during(async () => {
      await this.notice.whileSlow(work(), message);
      this.commands.reapply();
      this.render();
      if (isScrolled) this._scrollToCursor();
      await afterPaint(); // a key pressed earlier would be for a card that nobody has seen
    }));
  }

  /** Change the reviewer; earlier decisions keep their name. @param {string} name */
  setReviewer(name) {
    this.parts.toolbar.showReviewer(this.reviewer.change(name));
    this.commands.clearUndo();
    this.urlWriter.now();
    this.load(() => this.cardPage.load(this.cardPage.start));
  }

  /** Show the images at a released threshold; resolves once the grid is painted. */
  async thresholdReleased() {
    const { parts: { threshold: { urlState } }, cardPage: { query } } = this;
    if (urlState.threshold) query.threshold = urlState.threshold;
    writeUrlState(urlState);
    if (["border", "reject_hunt"].includes(query.ranking)) await this.load(() => this.cardPage.changeQuery({}));
  }

  /** Show one image of any rank. @param {number} id */
  async visit(id) {
    await this.cardPage.visit(id);
    this.isFocus = true;
    this.render();
    this._scrollToCursor();
  }

  /** Update the histogram and the counts. */
  async _updateCounts() {
    const { cardPage, parts, commands: { outbox } } = this;
    this.nextStep.schedule();
    await parts.threshold.load();
    if (!outbox.waiting.length) await parts.history.load();
    if (!dependsOnDecisions(cardPage.query) || outbox.waiting.length) return;
    await cardPage.recount();
    if (!this.isClosed) parts.toolbar.show(cardPage);
  }

  /** Scroll to the cursor and focus its image, unless a control has the focus. @param {boolean} isForced focus it anyway */
  _scrollToCursor(isForced = false) {
    if (this.isClosed) return;
    const isFree = isForced || !(this.root.activeElement ?? document.activeElement)?.matches("input, textarea, select, button, summary, [role=slider]");
    if (!this.isFocus) this.parts.grid.follow(this.cardPage.cursor, isFree);
    else if (isFree) this.parts.focusView.element.focus({ preventScroll: true });
  }

  /** Give the focus to the image under the cursor. */
  focusImage() {
    const image = this.isFocus ? this.parts.focusView.element : this.parts.grid.tiles[this.cardPage.cursor];
    (image?.checkVisibility() ? image : this.element).focus({ preventScroll: true });
  }

  /** Draw the page of cards. */
  render() {
    if (this.isClosed) return;
    const { cardPage, parts, isFocus, data: { classes } } = this;
    const isEmpty = !cardPage.cards.length;
    parts.threshold.element.hidden = isFocus || cardPage.cards[0]?.suggestion < 0; // one image has the window to itself
    parts.grid.element.hidden = isFocus || isEmpty;
    parts.focusView.element.hidden = !isFocus || isEmpty;
    parts.emptyMessage.hidden = !isEmpty;
    if (isEmpty) parts.emptyMessage.textContent = emptyMessage(cardPage.query, classes);
    Object.assign(this.element.dataset, { size: this.pageSize.size, mode: cardPage.isOddOneOut ? "odd" : "" });
    if (isFocus && cardPage.card) parts.focusView.draw(cardPage);
    else parts.grid.draw(cardPage);
    Object.assign(parts.reason, { hidden: isFocus, textContent: cardPage.card ? [...remarkTexts(cardPage.card), cardPage.card.why].join(" · ") : "" });
    parts.announcement.textContent = announcement(cardPage, classes, isFocus);
    parts.toolbar.show(cardPage);
    showUndo(parts.panel, this.commands.undoStack.text);
    this.urlWriter.drawn([cardPage.start, isFocus, ...Object.values(cardPage.query)].join());
  }
}
