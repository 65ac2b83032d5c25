/** What the lines keep, in words and as a class mix, beside the histogram; it changes on every frame and never moves. */

import { make, number, percent } from "../controls/dom.js";

export class Readout {
  /** @param {{classes: string[], onAccept: () => void, onBetween: () => void}} options */
  constructor({ classes, onAccept, onBetween }) {
    this.classes = classes;
    this.words = make("div.words");
    this.error = make("div.words.error");
    this.rest = make("div.words.rest");
    this.mix = make("div.mix", { role: "img" });
    this.accept = make("button.primary", { onclick: onAccept });
    this.review = make("button", { onclick: onBetween, title: "The undecided images between the two lines, as a queue" });
    this.element = make("div.readout", {}, this.words, this.error, this.mix, this.rest,
      make("div.pair", {}, this.accept, this.review));
  }

  /** @param {import("./threshold_pair.js").Cut} cut @param {string} text the line's value in words */
  show(cut, text) {
    const { data, facts, between } = cut;
    const side = cut.isBelow ? "at most" : "at least";
    this.words.replaceChildren(make("b", {}, number(facts.kept)),
      ` of ${number(data.total)} (${percent(facts.coverage)}) have ${data.score} ${side} ${text}`);
    const basis = facts.n
      ? [` [${percent(facts.low)}, ${percent(facts.high)}] · ${number(facts.wrong)} wrong of ${number(facts.n)} calibration items`]
      : [" no calibration item is kept"];
    this.error.replaceChildren("estimated error ", make("b", {}, percent(facts.error)), ...basis);
    this.rest.textContent = `${number(between.open)} to review between the lines, ${number(between.left)} left`;
    this.accept.disabled = !facts.open;
    this.accept.textContent = `Accept all ${number(facts.open)} undecided`;
    this.review.disabled = !between.open;
    this.review.textContent = `Review ${number(between.open)}`;
    this._showMix(cut);
  }

  /** Shares of what is kept as bars, of the labeled images as a line across each. */
  _showMix({ data, facts }) {
    const rows = data.classes.map((label, row) => ({ row, name: this.classes[label] ?? "the others", label }));
    const share = (row) => facts.perClass[row] / Math.max(1, facts.kept);
    const most = Math.max(0.001, ...rows.flatMap(({ row }) => [share(row), data.prior[row]]));
    const isOther = this.mix.children.length !== rows.length;
    if (isOther) this.mix.replaceChildren(...rows.map(({ label }) => make("i", {}, make("small", { "aria-hidden": "true" }, keyOf(label, rows.length)))));
    rows.forEach(({ row, name }) => {
      const bar = this.mix.children[row];
      bar.style.setProperty("--share", `${(100 * share(row)) / most}%`);
      bar.style.setProperty("--prior", `${(100 * data.prior[row]) / most}%`);
      bar.title = `${name}: ${number(facts.perClass[row])} kept (${percent(share(row))}); labeled ${percent(data.prior[row])}`;
    });
    const said = rows.map(({ row, name }) => `${name} ${number(facts.perClass[row])}`).join(", ");
    this.mix.setAttribute("aria-label", `Class mix of what is kept, with the labeled mix as a line: ${said}`);
  }
}

function keyOf(label, count) {
  return count <= 10 && label >= 0 ? String((label + 1) % 10) : "";
}
