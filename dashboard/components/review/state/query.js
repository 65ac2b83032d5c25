/** The review queue as a query: conditions in the URL, in a command and in words, and the odd-one-out mode. No DOM. */

/** Conditions by their name in the address; an empty one lets everything through. */
export const CONDITIONS = ["show", "predicted", "runner_up", "label", "by", "decision", "range", "changed", "find"];

/** @type {[string, string][]} verdicts that can be shown, and their words */
export const SHOWN = [["undecided", "undecided"], ["open", "undecided or skipped"], ["all", "all verdicts"], ["accept", "accepted"],
  ["bulk_accept", "bulk-accepted"], ["relabel", "relabeled"], ["reject", "rejected"], ["none", "none of the classes"],
  ["skip", "skipped"], ["unsure", "can't tell"]];

const PLAIN = { predicted: "predicted", runner_up: "runner_up", label: "label", decision: "decision" };

/** @param {Record<string, string|null>} place what the address says @returns {Record<string, string>} */
export function conditionsOf(place) {
  const found = Object.fromEntries(CONDITIONS.map((name) => [name, place[name] ?? ""]));
  return { ...found, show: place.show || "undecided" };
}

/** The filter as a command carries it. @param {Record<string, string>} query */
export function toFilter(query) {
  const filter = { show: query.show };
  for (const [name, key] of Object.entries(PLAIN)) if (query[name] !== "") filter[key] = Number(query[name]);
  if (query.by) filter.reviewer = query.by; // "reviewer" in the address is who looks
  if (query.find) filter.text = query.find;
  if (isOn(query.changed)) filter.is_changed = true;
  if (query.range) {
    const [score, low, high] = query.range.split(",");
    filter.range = [score, Number(low), Number(high)];
  }
  return filter;
}

/** Whether decisions can change which images match. @param {Record<string, string>} query */
export function isMoving(query) {
  return query.show !== "all" || Boolean(query.label || query.by || query.decision);
}

/** @param {Record<string, string>} query @param {string[]} classes
 * @returns {[string, string][]} conditions beyond verdict and class, each with its words */
export function extras(query, classes) {
  const name = (label) => classes[Number(label)] ?? `class ${label}`;
  const words = {
    runner_up: () => `runner-up ${name(query.runner_up)}`,
    label: () => `given ${name(query.label)}`,
    by: () => `decided by ${query.by}`,
    decision: () => `in decision #${query.decision}`,
    range: () => rangeWords(query.range),
    changed: () => "changed since the parent run",
    find: () => `“${query.find}”`,
  };
  return Object.entries(words).filter(([key]) => (key === "changed" ? isOn(query.changed) : query[key])).map(([key, say]) => [key, say()]);
}

/** The whole filter in words, as the dialog before a commitment says it. */
export function describe(query, classes) {
  const shown = query.show === "all" ? [] : [SHOWN.find(([key]) => key === query.show)?.[1] ?? query.show];
  const predicted = query.predicted === "" ? [] : [`suggested ${classes[Number(query.predicted)]}`];
  return [...shown, ...predicted, ...extras(query, classes).map(([, text]) => text)].join(" · ") || "the whole pool";
}

function isOn(text) {
  return Boolean(text) && text !== "0";
}

function rangeWords(range) {
  const [score, low, high] = range.split(",");
  const short = (text) => String(Number(Number(text).toFixed(4)));
  return `${score} ${short(low)} to ${short(high)}`;
}

/** What the mode asks of the queue. @param {Record<string, string>} query @param {number} fallback a class */
export function oddQuery(query, fallback) {
  return { predicted: query.predicted === "" ? String(fallback) : query.predicted, ranking: "confidence", show: "undecided" };
}

/** The cards that Enter accepts: those still open that were not clicked.
 * @param {import("../sync/api.js").Card[]} cards @param {Set<number>} odd */
export function restOf(cards, odd) {
  return cards.filter((card) => !odd.has(card.id) && (card.verdict === "" || card.verdict === "skip"));
}
