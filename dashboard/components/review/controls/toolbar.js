/** Order and filters above the images, and where one is among them; every filter is a queue with its own address. */

import { SHOWN, extras, restOf } from "../state/query.js";
import { make, menu, number } from "./dom.js";

const RANKINGS = [["entropy", "highest entropy"], ["confidence", "lowest confidence"], ["margin", "smallest margin"],
  ["most_confident", "most confident first"], ["border", "closest to the threshold"],
  ["mixed", "mixed: random and doubtful"], ["audit", "uniformly at random"], ["reject_hunt", "kept ones, doubtful first"], ["diverse", "diverse: a cold start"]];

const SHARES = [["0.3", "30 % random"], ["0.5", "50 % random"], ["0.7", "70 % random"], ["1", "all random"]];

const TILES = [["24", "large"], ["48", "medium"], ["96", "small"], ["200", "tiny"]];

export class Tools {
  /** @param {{query: Record<string, string>, classes: string[], hasParent: boolean, onChange: (part: object) => void,
   *   onTurn: (way: "back"|"forward") => void, onResize: (count: number) => void, onOdd: () => void, past: HTMLElement,
   *   reviewer: string, onReviewer: (name: string) => void}} options */
  constructor({ query, classes, hasParent, onChange, onTurn, onResize, onOdd, past, reviewer, onReviewer }) {
    this.classes = classes;
    this.onChange = onChange;
    const change = (name) => (value) => onChange({ [name]: value });
    const named = (first) => [["", first], ...classes.map((name, label) => [String(label), name])];
    this.where = make("span.where");
    this.chips = make("span.conditions");
    this.controls = {
      count: menu("Tiles", TILES, String(query.count), (count) => onResize(Number(count))),
      ranking: menu("Order", RANKINGS, query.ranking, change("ranking")),
      eta: menu("Random share", SHARES, String(query.eta), change("eta")),
      show: menu("Show", SHOWN, query.show, change("show")),
      predicted: menu("Suggested", named("all classes"), query.predicted, change("predicted")),
      runner_up: menu("Runner-up", named("any class"), query.runner_up, change("runner_up")),
      label: menu("Label given", named("any class"), query.label, change("label")),
      by: field("Decided by", "text", query.by, "name", change("by")),
      decision: field("In decision", "number", query.decision, "#", change("decision")),
      changed: flag("Changed since the parent run", query.changed === "1", hasParent, (isOn) => onChange({ changed: isOn ? "1" : "" })),
      range: this._range(query.range),
      find: field("Find", "search", query.find, "find", change("find")),
    };
    const { count, ranking, eta, show, predicted, find, ...more } = this.controls;
    this.more = make("details.more", {}, make("summary", {}, "Filters"), make("div.conditions-panel", {}, ...Object.values(more)));
    this.anew = make("button", { onclick: () => onChange({ drawn: "" }), title: "Draw this queue again from what is open now" }, "draw anew");
    this.odd = make("button.odd", { onclick: onOdd, "aria-pressed": "false", title: "A page of one class: click the wrong ones, Enter accepts the rest" }, "odd one out");
    this.who = make("input", { type: "text", value: reviewer, maxlength: 60, "aria-label": "Reviewing as", onchange: () => onReviewer(this.who.value) });
    const mine = make("label.menu.reviewer", { title: "Decisions are kept under this name; an undo takes back only its own" }, make("span", {}, "Reviewing as"), this.who);
    this.element = make("div.tools", {},
      make("div.row", {}, ranking, eta, this.anew, show, predicted, find, this.more, this.odd, count, make("span.grow"),
        make("button", { title: "PageUp", "aria-label": "Page before", onclick: () => onTurn("back") }, "‹"),
        make("button", { title: "PageDown", "aria-label": "Next page", onclick: () => onTurn("forward") }, "›")),
      make("div.row.slim", {}, this.where, this.chips, make("span.grow"), past, mine));
  }

  /** Somebody else reviews. @param {string} name */
  greet(name) {
    this.who.value = name;
  }

  /** @param {import("../state/card_page.js").Deck} deck */
  show(deck) {
    const { query } = deck;
    this.odd.setAttribute("aria-pressed", String(deck.isOdd));
    this.controls.eta.hidden = query.ranking !== "mixed";
    this.anew.hidden = !deck.isDrawn;
    const shown = query.show === "all" ? "" : SHOWN.find(([key]) => key === query.show)?.[1] ?? "";
    const first = deck.card ? `${number(deck.card.rank + 1)} of ${number(deck.total)} · ` : "";
    const everything = deck.isAll ? " (everything that the filter matches; a verdict asks first)" : "";
    const selected = deck.isOdd ? ` · ${number(deck.selected.size)} wrong; Enter accepts the other ${number(restOf(deck.cards, deck.selected).length)}` : deck.selected.size ? ` · ${number(deck.numSelected)} selected${everything}` : "";
    this.where.textContent = `${first}${number(deck.matching)} ${shown || "images"}${selected}`;
    this._showConditions(query);
  }

  /** Conditions out of sight are named, and taken away by a click. */
  _showConditions(query) {
    const words = extras(query, this.classes);
    const key = words.join();
    if (key === this.conditions) return;
    this.conditions = key;
    this.chips.replaceChildren(...words.map(([name, text]) =>
      make("button.condition", { title: "Take this condition away", onclick: () => this._drop(name) }, text, make("span", { "aria-hidden": "true" }, " ✕"))));
  }

  /** Show conditions that were set elsewhere. @param {Record<string, string>} query */
  adopt(query) {
    for (const [name, element] of Object.entries(this.controls)) {
      const [input, ...rest] = /** @type {NodeListOf<HTMLInputElement>} */ (element.querySelectorAll("select, input"));
      if (name === "range") {
        const [score, low, high] = query.range ? query.range.split(",") : ["confidence", "", ""];
        [input.value, rest[0].value, rest[1].value] = [score, low, high];
      } else if (input.type === "checkbox") input.checked = query[name] === "1";
      else input.value = query[name];
    }
  }

  _drop(name) {
    this.onChange({ [name]: "" });
  }

  _range(range) {
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

function field(label, type, value, placeholder, onChange) {
  const input = make("input", { type, value, placeholder, "aria-label": label, min: type === "number" ? 1 : null, onchange: () => onChange(input.value.trim()) });
  return make("label.menu", {}, make("span", {}, label), input);
}

function flag(label, isOn, isPossible, onChange) {
  const input = make("input", { type: "checkbox", checked: isOn, disabled: !isPossible, onchange: () => onChange(input.checked) });
  return make("label.check", { title: isPossible ? "" : "This run has no parent run" }, input, label);
}

/** Why there is no card, and what to do. @param {Record<string, string>} query @param {string[]} classes */
export function emptiness(query, classes) {
  const isPlain = query.predicted === "" && !extras(query, classes).length;
  if (isPlain && query.show === "all") return "The pool of this project is empty: every image is labeled or in another part. Add unlabeled images to review some.";
  return isPlain && query.show === "undecided" ? "Every image of the pool is decided. Retrain with these labels, or show the decided ones."
    : "No image matches this filter. Show all, or take a condition away.";
}
