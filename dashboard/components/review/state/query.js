/** Query of the review queue: its conditions in the URL, in commands and in words. No DOM. */

/** Conditions by their name in the URL; an empty one matches every image. */
export const CONDITIONS = ["show", "predicted", "predicted_group", "runner_up", "label", "by", "decision", "range", "changed", "duplicates", "set", "find", "metadata"];

/** @type {[string, string][]} verdicts that can be shown, and their texts */
export const SHOWN = [["undecided", "undecided"], ["open", "undecided or skipped"], ["all", "all verdicts"], ["accept", "accepted"],
  ["bulk_accept", "bulk-accepted"], ["relabel", "relabeled"], ["reject", "rejected"], ["none", "none of the classes"],
  ["skip", "skipped"], ["unsure", "unsure"], ["flagged", "flagged"], ["noted", "with notes"]];

/** Conditions that are a number, by the same name in URL and command. */
const NUMBERS = ["predicted", "runner_up", "label", "decision"];

/** Conditions that are on or off. */
const FLAGS = ["changed", "duplicates"];

/** @param {Record<string, string|null>} urlState @returns {Record<string, string>} */
export function conditionsOf(urlState) {
  const conditions = Object.fromEntries(CONDITIONS.map((name) => [name, urlState[name] ?? ""]));
  return { ...conditions, show: urlState.show || "undecided" };
}

/** The filter of a command. @param {Record<string, string>} query */
export function toFilter(query) {
  const filter = { show: query.show };
  for (const name of NUMBERS) if (query[name] !== "") filter[name] = Number(query[name]);
  if (query.predicted_group) filter.predicted_group = query.predicted_group;
  if (query.by) filter.reviewer = query.by; // in the URL "reviewer" is the current reviewer
  if (query.find) filter.text = query.find;
  if (isOn(query.changed)) filter.is_changed = true;
  if (isOn(query.duplicates)) filter.is_duplicate = true;
  if (query.set) filter.image_set = query.set;
  if (query.metadata) filter.metadata = metadataConditions(query.metadata);
  if (query.range) {
    const [score, low, high] = query.range.split(",");
    filter.range = [score, Number(low), Number(high)];
  }
  return filter;
}

/** Whether decisions can change which images match. @param {Record<string, string>} query */
export function dependsOnDecisions(query) {
  return query.show !== "all" || Boolean(query.label || query.by || query.decision);
}

/** @param {Record<string, string>} query @param {string[]} classes
 * @returns {string[][]} conditions other than the verdict, each with its text and what is left of it when it is removed */
export function extraConditions(query, classes) {
  const name = (label) => classes[Number(label)] ?? `class ${label}`;
  const texts = {
    predicted: () => `suggested ${name(query.predicted)}`,
    predicted_group: () => `suggested any of ${query.predicted_group}`,
    runner_up: () => `runner-up ${name(query.runner_up)}`,
    label: () => `given ${name(query.label)}`,
    by: () => `decided by ${query.by}`,
    decision: () => `in decision #${query.decision}`,
    range: () => rangeText(query.range),
    changed: () => "changed since the parent run",
    duplicates: () => "near duplicates",
    set: () => `set ${query.set}`,
    find: () => `“${query.find}”`,
  };
  const found = Object.entries(texts).filter(([key]) => (FLAGS.includes(key) ? isOn(query[key]) : query[key])).map(([key, text]) => [key, text()]);
  return [...found, ...metadataTexts(query.metadata).map(([text, others]) => ["metadata", text, others])];
}

/** The whole query in words, for the dialog before a bulk decision. */
export function describe(query, classes) {
  const shown = query.show === "all" ? [] : [SHOWN.find(([key]) => key === query.show)?.[1] ?? query.show];
  return [...shown, ...extraConditions(query, classes).map(([, text]) => text)].join(" · ") || "the whole pool";
}

/** A change of the query with what follows from it: another ranking is drawn anew, and only "similar" is like an image or words.
 * @param {Record<string, any>} query @param {Record<string, any>} part @param {number|undefined} image the one under the cursor */
export function completeChange(query, part, image) {
  const isLeaving = query.ranking === "duplicates" && part.duplicates === "";
  const ranking = part.ranking ?? (isLeaving ? "entropy" : undefined);
  if (ranking === undefined) return "eta" in part ? { drawn: "", ...part } : part;
  const words = ranking === "similar" ? part.words ?? "" : "";
  const like = ranking === "similar" && !words ? String(part.like ?? image ?? "") : "";
  const isWithStacks = ranking === "duplicates" ? { duplicates: "1" } : query.ranking === "duplicates" ? { duplicates: "" } : {};
  return { drawn: "", ...isWithStacks, ...part, ranking, like, words };
}

/** Before the name of a class group in the menu of suggested classes. */
const GROUP = "group:";

/** Value of a class group in the menu of suggested classes. @param {string} name */
export const groupValue = (name) => `${GROUP}${name}`;

/** The value of the query in the menu of suggested classes. @param {Record<string, string>} query */
export const suggestedValue = (query) => (query.predicted_group ? groupValue(query.predicted_group) : query.predicted);

/** What a choice in that menu changes: one class, every class of a group, or no condition. @param {string} value */
export function suggestedQuery(value) {
  const isGroup = value.startsWith(GROUP);
  return { predicted: isGroup ? "" : value, predicted_group: isGroup ? value.slice(GROUP.length) : "" };
}

/** What a search for words changes; without words it ends. @param {string} words */
export function wordsQuery(words) {
  return words ? { ranking: "similar", words } : { ranking: "entropy" };
}

/** What the ranking "similar" compares with, in words; empty for other rankings.
 * @param {Record<string, any>} query @param {string} name file name of the image */
export function likeText(query, name) {
  if (query.ranking !== "similar") return "";
  return query.words ? `like “${query.words}”` : `like ${name || `image ${query.like}`}`;
}

/** The query of the odd-one-out mode: undecided images of one class, the least confident first.
 * @param {Record<string, string>} query @param {number} fallback a class */
export function oddOneOutQuery(query, fallback) {
  return { predicted: query.predicted === "" ? String(fallback) : query.predicted, predicted_group: "", ranking: "confidence", show: "undecided" };
}

/** The cards that Enter accepts in the odd-one-out mode: open ones that are not selected.
 * @param {import("../sync/api.js").Card[]} cards @param {Set<number>} selected */
export function unselectedOpen(cards, selected) {
  return cards.filter((card) => !selected.has(card.id) && (card.verdict === "" || card.verdict === "skip"));
}

function isOn(text) {
  return Boolean(text) && text !== "0";
}

function rangeText(range) {
  const [score, low, high] = range.split(",");
  const short = (text) => String(Number(Number(text).toFixed(4)));
  return `${score} ${short(low)} to ${short(high)}`;
}

/** @param {string} text @returns {[string, string][]} columns and values, in order */
export function metadataConditions(text) {
  return [...new URLSearchParams(text ?? "")];
}

/** Add a condition; one that is there already stays once. @param {string} text @param {string} column @param {string} value */
export function addCondition(text, column, value) {
  const others = metadataConditions(text).filter(([name, other]) => name !== column || other !== value);
  return new URLSearchParams([...others, [column, value]]).toString();
}

/** Every condition with its words, and the text of the others. @param {string} text @returns {[string, string][]} */
export function metadataTexts(text) {
  const all = metadataConditions(text);
  return all.map(([column, value], place) => [
    value === "" ? `no ${column}` : value.includes("..") ? `${column} ${metadataRange(value)}` : `${column} = ${value}`,
    new URLSearchParams(all.filter((_, other) => other !== place)).toString(),
  ]);
}

/** The order of a ranking by a column in words; "" for another ranking. @param {string} ranking */
export function orderText(ranking) {
  const [way, ...name] = ranking.split(":");
  return { ascending: `${name.join(":")}, lowest first`, descending: `${name.join(":")}, highest first` }[way] ?? "";
}

function metadataRange(value) {
  const [low, high] = value.split("..");
  if (low === "") return `up to ${high}`;
  return high === "" ? `from ${low}` : `${low} to ${high}`;
}
