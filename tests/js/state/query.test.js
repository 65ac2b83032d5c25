import assert from "node:assert/strict";
import test from "node:test";

import { CONDITIONS, conditionsOf, describe, extraConditions, dependsOnDecisions, toFilter, oddOneOutQuery, unselectedOpen } from "../../../dashboard/components/review/state/query.js";

const CLASSES = ["coat", "shirt", "bag"];
const query = (part = {}) => conditionsOf(part);

test("without conditions in the URL the queue is the undecided images", () => {
  assert.deepEqual(toFilter(query()), { show: "undecided" });
  assert.equal(describe(query(), CLASSES), "undecided");
  assert.equal(describe(query({ show: "all" }), CLASSES), "the whole pool");
});

test("each condition of the URL arrives in the command, class 0 as well", () => {
  const filter = toFilter(query({ show: "all", predicted: "0", runner_up: "1", label: "2", by: "ann", decision: "17",
    range: "entropy,0.5,1.25", changed: "1", find: "img_7" }));
  assert.deepEqual(filter, { show: "all", predicted: 0, runner_up: 1, label: 2, reviewer: "ann", decision: 17,
    range: ["entropy", 0.5, 1.25], is_changed: true, text: "img_7" });
});

test("every condition is described in words before a bulk decision", () => {
  const full = query({ show: "skip", predicted: "0", runner_up: "1", label: "2", by: "ann", decision: "17",
    range: "entropy,0.5,1.25", changed: "1", find: "img_7" });
  const text = describe(full, CLASSES);
  for (const word of ["skipped", "suggested coat", "runner-up shirt", "given bag", "ann", "#17", "entropy 0.5 to 1.25", "changed", "img_7"]) {
    assert.ok(text.includes(word), word);
  }
  assert.equal(extraConditions(full, CLASSES).length, CONDITIONS.length - 2);
});

test("class 0 is a condition, changed=0 is none", () => {
  assert.deepEqual(extraConditions(query({ runner_up: "0", label: "0", changed: "0" }), CLASSES).map(([name]) => name), ["runner_up", "label"]);
});

test("a class that the URL names and the project lacks is still described", () => {
  assert.equal(extraConditions(query({ runner_up: "99" }), CLASSES)[0][1], "runner-up class 99");
});

test("only queues that look at decisions change by deciding", () => {
  assert.equal(dependsOnDecisions(query({ show: "all", predicted: "1" })), false);
  for (const part of [{}, { show: "all", label: "1" }, { show: "all", by: "ann" }, { show: "all", decision: "3" }]) {
    assert.equal(dependsOnDecisions(query(part)), true);
  }
});

test("in the odd-one-out mode Enter accepts the open cards that are not selected", () => {
  const cards = [{ id: 1, verdict: "" }, { id: 2, verdict: "" }, { id: 3, verdict: "reject" }, { id: 4, verdict: "skip" }];
  assert.deepEqual(unselectedOpen(cards, new Set([2])).map((card) => card.id), [1, 4]);
});

test("the odd-one-out mode shows one class, the least confident first; a chosen class stays, class 0 as well", () => {
  assert.deepEqual(oddOneOutQuery({ predicted: "0" }, 7), { predicted: "0", ranking: "confidence", show: "undecided" });
  assert.equal(oddOneOutQuery({ predicted: "" }, 7).predicted, "7");
});
