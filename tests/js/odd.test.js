import assert from "node:assert/strict";
import test from "node:test";

import { classCounter } from "../../dashboard/components/review/multiples.js";
import { oddQuery, restOf } from "../../dashboard/components/review/odd.js";

test("Enter accepts what is open and was not clicked", () => {
  const cards = [{ id: 1, verdict: "" }, { id: 2, verdict: "" }, { id: 3, verdict: "reject" }, { id: 4, verdict: "skip" }];
  assert.deepEqual(restOf(cards, new Set([2])).map((card) => card.id), [1, 4]);
});

test("the mode is a page of one class, doubtful ones first; a class that was chosen stays, class 0 as well", () => {
  assert.deepEqual(oddQuery({ predicted: "0" }, 7), { predicted: "0", ranking: "confidence", show: "undecided" });
  assert.equal(oddQuery({ predicted: "" }, 7).predicted, "7");
});

test("a class's own line keeps the bins from it on", () => {
  const facts = classCounter({ counts: [1, 2, 3], open: [1, 0, 2], right: [0, 1, 1], wrong: [1, 1, 0] })(1);
  assert.deepEqual([facts.kept, facts.open, facts.n, facts.wrong], [5, 2, 3, 1]);
});
