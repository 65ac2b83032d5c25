/** Odd one out: a page of one class, doubtful ones first; click the wrong ones, Enter accepts the rest. No DOM. */

/** What the mode asks of the queue. @param {Record<string, string>} query @param {number} fallback a class */
export function oddQuery(query, fallback) {
  return { predicted: query.predicted === "" ? String(fallback) : query.predicted, ranking: "confidence", show: "undecided" };
}

/** The cards that Enter accepts: those still open that were not clicked.
 * @param {import("./api.js").Card[]} cards @param {Set<number>} odd */
export function restOf(cards, odd) {
  return cards.filter((card) => !odd.has(card.id) && (card.verdict === "" || card.verdict === "skip"));
}
