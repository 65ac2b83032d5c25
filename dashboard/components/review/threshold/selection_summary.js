/** Selection summary: counts, estimated error and class mix of the images that the thresholds select. */

import { formatNumber, formatPercent, make } from "../controls/dom.js";
import { errorWords, stateSentence } from "../state/pool_state.js";

export class SelectionSummary {
  /** @param {{classes: string[], onBulkAccept: () => void, onReview: (range: string) => void}} options */
  constructor({ classes, onBulkAccept, onReview }) {
    this.classes = classes;
    this.kept = make("div.summary-line.kept");
    this.error = make("div.summary-line.error");
    this.between = make("div.summary-line.between");
    this.mix = make("div.class-mix", { role: "img" });
    this.accept = make("button.primary", { onclick: onBulkAccept });
    this.review = make("button", { onclick: () => onReview(this.range), title: "Show the undecided images between the two thresholds" });
    this.element = make("div.selection-summary", {}, this.kept, this.error, this.mix, this.between,
      make("div.pair", {}, this.accept, this.review));
  }

  /** Say whether the calibration images are like the pool. @param {import("../state/pool_state.js").PoolCheck|null} check */
  showState(check) {
    this.check = check;
    if (this.pair) this.show(this.pair);
  }

  /** @param {import("./threshold_pair.js").ThresholdPair} pair */
  show(pair) {
    this.pair = pair;
    const { data, counts, between } = pair;
    this.range = pair.range;
    const side = pair.isBelow ? "at most" : "at least";
    this.kept.replaceChildren(make("b", {}, formatNumber(counts.kept)),
      ` of ${formatNumber(data.total)} (${formatPercent(counts.coverage)}) have ${data.score} ${side} ${pair.exact === null ? pair.text : Number(pair.value.toPrecision(4))}`);
    const basis = counts.n
      ? [` [${formatPercent(counts.low)}, ${formatPercent(counts.high)}] · ${formatNumber(counts.wrong)} wrong of ${formatNumber(counts.n)} calibration items`]
      : [" no calibration item is kept"];
    this.error.replaceChildren(errorWords(this.check ?? null), make("b", {}, formatPercent(counts.error)), ...basis);
    this.kept.title = this.kept.textContent ?? ""; // in a narrow window both lines are cut
    this.error.title = [this.error.textContent, stateSentence(this.check ?? null)].filter(Boolean).join(". ");
    this.between.textContent = `${formatNumber(between.open)} to review between the thresholds, ${formatNumber(between.left)} left out`;
    this.accept.disabled = !counts.open;
    this.accept.replaceChildren(`Accept all ${formatNumber(counts.open)}`, make("span.wide", {}, " undecided"));
    this.review.disabled = !between.open;
    this.review.textContent = `Review ${formatNumber(between.open)}`;
    this._showMix(data, counts);
  }

  /** Shares of the kept images as bars, of the labeled images as a mark across each bar. */
  _showMix(data, counts) {
    const rows = data.classes.map((label, row) => ({ row, name: this.classes[label] ?? "other classes", label }));
    const share = (row) => counts.perClass[row] / Math.max(1, counts.kept);
    const most = Math.max(0.001, ...rows.flatMap(({ row }) => [share(row), data.prior[row]]));
    const isOther = this.mix.children.length !== rows.length;
    if (isOther) this.mix.replaceChildren(...rows.map(({ label }) => make("i", {}, make("small", { "aria-hidden": "true" }, keyOf(label, rows.length)))));
    rows.forEach(({ row, name }) => {
      const bar = this.mix.children[row];
      bar.style.setProperty("--share", `${(100 * share(row)) / most}%`);
      bar.style.setProperty("--prior", `${(100 * data.prior[row]) / most}%`);
      bar.title = `${name}: ${formatNumber(counts.perClass[row])} kept (${formatPercent(share(row))}); labeled ${formatPercent(data.prior[row])}`;
    });
    const texts = rows.map(({ row, name }) => `${name} ${formatNumber(counts.perClass[row])}`).join(", ");
    this.mix.setAttribute("aria-label", `Class mix of the kept images, with the labeled mix as a mark: ${texts}`);
  }
}

function keyOf(label, count) {
  return count <= 10 && label >= 0 ? String((label + 1) % 10) : "";
}
