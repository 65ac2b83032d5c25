/** Review of given labels: its queues, and the words that differ from the review of a pool. No DOM. */

/** Name of the run whose pool are the given labels. */
export const GIVEN_RUN = "label_issues";

/** @type {[string, string][]} queues of that run alone, and their texts */
const QUEUES = [["label_issues", "given labels: most doubtful first"], ["contradictions", "given labels: one image, two classes"]];

/** Whether a page address opens the given labels. @param {string} search such as "?run=label_issues" */
export function isGivenRun(search = globalThis.window?.location.search ?? "") {
  return new URLSearchParams(search).get("run") === GIVEN_RUN;
}

/** The queues that a page offers. @param {[string, string][]} rankings of a pool @param {string} [search] */
export function withGivenQueues(rankings, search) {
  return isGivenRun(search) ? [...QUEUES, ...rankings] : rankings;
}

/** What a bulk decision does to given labels, before it is asked for; "" where the images have none.
 * @param {string} verdict @param {{count: number, corrected: number}} counted @param {string} [search] */
export function correctionText(verdict, { count, corrected }, search) {
  if (!isGivenRun(search)) return "";
  const number = (value) => value.toLocaleString("en");
  if (verdict === "none") return `These are given labels: ${number(count)} would be withdrawn.`;
  if (verdict !== "accept" && verdict !== "relabel") return "";
  return `These are given labels, most of them not looked at: ${number(corrected)} of ${number(count)} would be changed to another class, the others confirmed.`;
}

/** The class of a card in words; of a given label that heads doubt, both classes.
 * @param {string} name the suggested class @param {number|undefined} given the class it was given, -1 where it is the same
 * @param {string[]} classes @param {string} [search] */
export function givenAndLikely(name, given, classes, search) {
  return isGivenRun(search) && (given ?? -1) >= 0 ? `${classes[given]} → ${name}?` : name;
}
