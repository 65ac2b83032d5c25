/** Toolbar above the images: queue, filters, tile size, position, the live model; the rest behind one button. */

import { SIZE_NAMES } from "../images/page_size.js";
import { classOptions } from "../classes/class_groups.js";
import { isGivenRun, withGivenQueues } from "../images/given_labels.js";
import { SHOWN, extraConditions, groupValue, likeText, orderText, suggestedQuery, suggestedValue, unselectedOpen, wordsQuery } from "../state/query.js";
import { fillMenu, formatNumber, make, makeMenu } from "./dom.js";
import { MetadataFilter } from "./metadata_filter.js";

/** Rankings by their names in the code and the URL, each with what it shows first. */
/** @type {[string, string][]} */
const RANKINGS = [["entropy", "highest entropy"], ["confidence", "lowest confidence"], ["margin", "smallest margin"],
  ["most_confident", "most confident first"], ["border", "border: closest to the threshold"],
  ["mixed", "mixed: random and uncertain"], ["mixed_margin", "mixed: random and smallest margin"], ["audit", "audit: uniformly at random"],
  ["reject_hunt", "reject hunt: least confident of the kept"], ["diverse", "diverse: for a cold start"],
  ["calibrate", "calibrate: random, without suggestions"], ["badge", "badge: uncertain and unlike each other"],
  ["similar", "by likeness"], ["duplicates", "near duplicates, stack by stack"]];

const SHARES = [["0.3", "30 % random"], ["0.5", "50 % random"], ["0.7", "70 % random"], ["1", "all random"]];

export class Toolbar {
  /** @param {{query: Record<string, string>, classes: string[], hasParent: boolean, textProblem: string, onChange: (part: object) => void,
   *   onTurn: (direction: "back"|"forward") => void, onResize: (size: string) => void, onOddOneOut: () => void, size: string, live: HTMLElement,
   *   columns: string[], loadMetadata: () => Promise<{columns: any[]}>, reviewer: string, onReviewer: (name: string) => void, onDialog: (name: string) => void}} options */
  constructor({ query, classes, hasParent, textProblem, onChange, onTurn, onResize, onOddOneOut, size, live, columns, loadMetadata, reviewer, onReviewer, onDialog }) {
    this.classes = classes;
    this.onChange = onChange;
    const change = (name) => (value) => onChange({ [name]: value });
    this.classMenu = (first, options = {}) => [["", first], ...classOptions(this.classes, options)];
    this.position = make("span.position");
    this.chips = make("span.conditions");
    this.controls = {
      ranking: makeMenu("Ranking", withGivenQueues(RANKINGS), query.ranking, change("ranking")),
      eta: makeMenu("Random share", SHARES, String(query.eta), change("eta")),
      show: makeMenu("Show", SHOWN, query.show, change("show")),
      predicted: makeMenu("Suggested", this.classMenu("all classes", { groupValue }), suggestedValue(query), (value) => onChange(suggestedQuery(value))),
      runner_up: makeMenu("Runner-up", this.classMenu("any class"), query.runner_up, change("runner_up")),
      label: makeMenu("Label given", this.classMenu("any class"), query.label, change("label")),
      by: field("Decided by", "text", query.by, "name", change("by")),
      decision: field("In decision", "number", query.decision, "#", change("decision")),
      changed: flag(isGivenRun() ? "Doubted labels only" : "Changed since the parent run", query.changed === "1", hasParent || isGivenRun(), (isOn) => onChange({ changed: isOn ? "1" : "" })),
      duplicates: flag("Near duplicates only", query.duplicates === "1", true, (isOn) => onChange({ duplicates: isOn ? "1" : "" })),
      range: this._rangeFields(query.range),
      find: field("Find", "search", query.find, "file name", change("find"), "Part of a file name, or an image number"),
      words: textProblem ? make("p.text-problem", {}, textProblem) : field("Like words", "search", query.words, "red car", (words) => onChange(wordsQuery(words)), "What the images should show, in a few words"),
    };
    const { ranking, eta, show, ...more } = this.controls;
    this.query = query;
    this.metadata = new MetadataFilter({ columns, load: loadMetadata, query: () => this.query, onChange });
    this._showOrder(query.ranking);
    this.redraw = make("button", { onclick: () => onChange({ drawn: "" }), title: "Draw this queue again from the images that are open" }, "draw again");
    this.oddOneOut = make("button.odd-one-out", { onclick: onOddOneOut, "aria-pressed": "false", title: "Shows one class: click the wrong images, Enter accepts the others on the page" }, "odd one out");
    this.reviewer = make("input", { type: "text", value: reviewer, maxlength: 60, "aria-label": "Reviewer", onchange: () => onReviewer(this.reviewer.value) });
    const reviewerField = make("label.menu.reviewer", { title: "Your decisions carry this name; an undo takes back only your own" }, make("span", {}, "Reviewer"), this.reviewer);
    const dialog = (text, name, title) => make("button.plain", { title, onclick: () => onDialog(name) }, text);
    this.more = make("details.more", {}, make("summary", {}, "Filters, view"), make("div.conditions-panel", {}, ...Object.values(more), this.metadata.element, make("hr"), this.redraw,
      makeMenu("Size", SIZE_NAMES, size, onResize), reviewerField));
    this.element = make("div.toolbar", {}, make("div.row.slim", {}, ranking, eta, show, this.more, this.oddOneOut, this.position, this.chips, live,
      dialog("Learning curve", "curve", "What your clicks bought so far"), dialog("Retrain", "retrain", "Train a new run on the labels so far"),
      make("button", { title: "Previous page (PageUp)", "aria-keyshortcuts": "PageUp", "aria-label": "Previous page", onclick: () => onTurn("back") }, "‹"),
      make("button", { title: "Next page (PageDown)", "aria-keyshortcuts": "PageDown", "aria-label": "Next page", onclick: () => onTurn("forward") }, "›")));
  }

  /** Offer the classes again, after they were added or edited. */
  showClasses() {
    const { predicted, runner_up: runnerUp, label } = this.controls;
    fillMenu(predicted.querySelector("select"), this.classMenu("all classes", { groupValue }));
    for (const element of [runnerUp, label]) fillMenu(element.querySelector("select"), this.classMenu("any class"));
    this.conditions = null;
  }

  /** @param {string} name */
  showReviewer(name) {
    this.reviewer.value = name;
  }

  /** @param {import("../state/card_page.js").CardPage} cardPage */
  show(cardPage) {
    const { query, card, selected } = cardPage;
    this.query = query;
    this.oddOneOut.setAttribute("aria-pressed", String(cardPage.isOddOneOut));
    this.redraw.hidden = !cardPage.isDrawn;
    const shown = query.show === "all" ? "" : SHOWN.find(([key]) => key === query.show)?.[1] ?? "";
    const rank = card ? `${formatNumber(card.rank + 1)} of ${formatNumber(cardPage.total)} · ` : "";
    const everything = cardPage.isAllMatching ? " (all that the filter matches; a verdict asks first)" : "";
    const selection = cardPage.isOddOneOut ? ` · ${formatNumber(selected.size)} wrong; Enter accepts the other ${formatNumber(unselectedOpen(cardPage.cards, selected).length)}`
      : selected.size ? ` · ${formatNumber(cardPage.numSelected)} selected${everything}` : "";
    this.position.textContent = `${rank}${formatNumber(cardPage.matching)} ${shown || "images"}${selection}`;
    this._showConditions(query, cardPage.likeName);
  }

  /** Name the conditions that the closed filter panel hides; a click removes one. */
  _showConditions(query, likeName) {
    const text = likeText(query, likeName);
    const like = text ? [["ranking", text, "entropy"]] : [];
    const conditions = [...like, ...extraConditions(query, this.classes)];
    const key = conditions.join();
    if (key === this.conditions) return;
    this.conditions = key;
    this.chips.replaceChildren(...conditions.map(([name, text, without = ""]) =>
      make("button.condition", { title: `Remove this condition: ${text}`, onclick: () => this.onChange({ [name]: without }) }, make("span.condition-text", {}, text), make("span", { "aria-hidden": "true" }, " ✕"))));
  }

  /** Show conditions that were set elsewhere. @param {Record<string, string>} query */
  showQuery(query) {
    this.query = query;
    this._showOrder(query.ranking);
    for (const [name, element] of Object.entries(this.controls)) {
      const [input, ...rest] = /** @type {NodeListOf<HTMLInputElement>} */ (element.querySelectorAll("select, input"));
      if (!input) continue;
      if (name === "range") {
        const [score, low, high] = query.range ? query.range.split(",") : ["confidence", "", ""];
        [input.value, rest[0].value, rest[1].value] = [score, low, high];
      } else if (input.type === "checkbox") input.checked = query[name] === "1";
      else input.value = name === "predicted" ? suggestedValue(query) : query[name];
    }
  }

  /** Show an order by metadata, which the menu of rankings does not list. @param {string} ranking */
  _showOrder(ranking) {
    const menu = this.controls.ranking.querySelector("select"), text = orderText(ranking);
    if (text && ![...menu.options].some((option) => option.value === ranking)) menu.append(make("option", { value: ranking }, text));
    menu.value = ranking;
    this.controls.eta.hidden = !ranking.startsWith("mixed");
  }

  _rangeFields(range) {
    const [score, low, high] = range ? range.split(",") : ["confidence", "", ""];
    const apply = () => {
      const isSet = from.value !== "" || to.value !== "";
      this.onChange({ range: isSet ? `${which.value},${from.value || 0},${to.value || (which.value === "entropy" ? 16 : 1)}` : "" });
    };
    const which = make("select", { "aria-label": "Score of the range", onchange: () => (from.value || to.value) && apply() },
      ...["confidence", "entropy", "margin"].map((name) => make("option", { value: name }, name)));
    which.value = score;
    const [from, to] = [["from", low], ["to", high]].map(([name, value]) =>
      make("input.short", { type: "number", step: "any", min: 0, value: value ?? "", placeholder: name, "aria-label": `Score ${name}`, onchange: apply }));
    return make("div.menu", {}, which, from, to);
  }
}

function field(label, type, value, placeholder, onChange, title = null) {
  const input = make("input", { type, value, placeholder, title, "aria-label": label, min: type === "number" ? 1 : null, onchange: () => onChange(input.value.trim()) });
  return make("label.menu", {}, make("span", {}, label), input);
}

function flag(label, isOn, isPossible, onChange) {
  const input = make("input", { type: "checkbox", checked: isOn, disabled: !isPossible, onchange: () => onChange(input.checked) });
  return make("label.check", { title: isPossible ? "" : "This run has no parent run" }, input, label);
}

/** Why the queues of remarks are empty. @type {Record<string, string>} */
const NO_REMARK = {
  flagged: "No image of this queue is flagged. The button flag below the images flags one for a colleague.",
  noted: "No image of this queue has a note. The button note below the images writes one.",
};

/** Why no image is shown, and what to do. @param {Record<string, string>} query @param {string[]} classes */
export function emptyMessage(query, classes) {
  const isPlain = !extraConditions(query, classes).length;
  if (isPlain && query.show === "all") return "The pool of this project is empty: every image is labeled or in another split. Create a project with unlabeled images.";
  if (isPlain && query.show in NO_REMARK) return NO_REMARK[query.show];
  return isPlain && query.show === "undecided" ? "Every image of the pool is decided. Retrain with these labels, or show all verdicts."
    : "No image matches this filter. Show all verdicts, or remove a condition.";
}
