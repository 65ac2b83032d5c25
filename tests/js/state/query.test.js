import assert from "node:assert/strict";
import test from "node:test";

import { CONDITIONS, addCondition, metadataConditions, metadataTexts, orderText, completeChange, conditionsOf, describe, extraConditions, dependsOnDecisions, toFilter, likeText, oddOneOutQuery, suggestedQuery, suggestedValue, unselectedOpen, wordsQuery } from "../../../dashboard/components/review/state/query.js";

const CLASSES = ["coat", "shirt", "bag"];
const query = (part = {}) => conditionsOf(part);

test("without conditions in the URL the queue is the undecided images", () => {
  assert.deepEqual(toFilter(query()), { show: "undecided" });
  assert.equal(describe(query(), CLASSES), "undecided");
  assert.equal(describe(query({ show: "all" }), CLASSES), "the whole pool");
});

test("each condition of the URL arrives in the command, class 0 as well", () => {
  const filter = toFilter(query({ show: "all", predicted: "0", predicted_group: "clothes", runner_up: "1", label: "2", by: "ann", decision: "17",
    range: "entropy,0.5,1.25", changed: "1", duplicates: "1", set: "ab12cd", find: "img_7", metadata: "camera=A&depth=1..2" }));
  assert.deepEqual(filter, { show: "all", predicted: 0, predicted_group: "clothes", runner_up: 1, label: 2, reviewer: "ann", decision: 17,
    range: ["entropy", 0.5, 1.25], is_changed: true, is_duplicate: true, image_set: "ab12cd", text: "img_7", metadata: [["camera", "A"], ["depth", "1..2"]] });
});

test("every condition is described in words before a bulk decision", () => {
  const full = query({ show: "skip", predicted: "0", predicted_group: "clothes", runner_up: "1", label: "2", by: "ann", decision: "17",
    range: "entropy,0.5,1.25", changed: "1", duplicates: "1", set: "ab12cd", find: "img_7", metadata: "camera=A" });
  const text = describe(full, CLASSES);
  for (const word of ["skipped", "suggested coat", "suggested any of clothes", "runner-up shirt", "given bag", "ann", "#17", "entropy 0.5 to 1.25", "changed", "near duplicates", "set ab12cd", "img_7", "camera = A"]) {
    assert.ok(text.includes(word), word);
  }
  assert.equal(extraConditions(full, CLASSES).length, CONDITIONS.length - 1);
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
  assert.deepEqual(oddOneOutQuery({ predicted: "0" }, 7), { predicted: "0", predicted_group: "", ranking: "confidence", show: "undecided" });
  assert.equal(oddOneOutQuery({ predicted: "" }, 7).predicted, "7");
});

test("the queue of likeness takes the named image, else the one under the cursor, and loses it with another ranking", () => {
  const before = { ...query(), ranking: "margin", drawn: "7", like: "" };
  assert.deepEqual(completeChange(before, { ranking: "similar", like: 12 }, 3), { drawn: "", ranking: "similar", like: "12", words: "" });
  assert.equal(completeChange(before, { ranking: "similar", like: undefined }, 3).like, "3");
  assert.equal(completeChange(before, { ranking: "entropy" }, 3).like, "");
  assert.deepEqual(completeChange(before, { predicted: "1" }, 3), { predicted: "1" });
});

test("words take the place of the image, and an image or another ranking that of the words", () => {
  const before = { ...query(), ranking: "similar", drawn: "", like: "12", words: "" };
  const searched = completeChange(before, wordsQuery("red car"), 3);
  assert.deepEqual([searched.ranking, searched.like, searched.words], ["similar", "", "red car"]);
  const found = { ...before, ...searched };
  assert.deepEqual(completeChange(found, { ranking: "similar", like: 4 }, 3).words, "");
  assert.equal(completeChange(found, { ranking: "margin" }, 3).words, "");
  assert.deepEqual(completeChange(found, wordsQuery(""), 3).ranking, "entropy");
  assert.deepEqual(completeChange(found, { predicted: "1" }, 3), { predicted: "1" });
});

test("the text of likeness names the words, else the file, else the number, and is empty for other rankings", () => {
  assert.equal(likeText({ ranking: "similar", words: "red car", like: "" }, ""), "like “red car”");
  assert.equal(likeText({ ranking: "similar", words: "", like: "7" }, "a.png"), "like a.png");
  assert.equal(likeText({ ranking: "similar", words: "", like: "7" }, ""), "like image 7");
  assert.equal(likeText({ ranking: "margin", words: "", like: "" }, "a.png"), "");
});

test("the queue of near duplicates is its filter as well, so that everything that matches is what it shows", () => {
  const before = { ...query(), ranking: "entropy" };
  assert.equal(completeChange(before, { ranking: "duplicates" }, 3).duplicates, "1");
  const stacked = { ...before, ranking: "duplicates", duplicates: "1" };
  assert.equal(completeChange(stacked, { ranking: "margin" }, 3).duplicates, "");
  assert.equal(completeChange(stacked, { duplicates: "" }, 3).ranking, "entropy");
});

test("each condition that is on has its own text, whatever the others are", () => {
  assert.deepEqual(extraConditions(query({ duplicates: "1" }), CLASSES), [["duplicates", "near duplicates"]]);
  assert.deepEqual(extraConditions(query({ changed: "1", duplicates: "0" }), CLASSES), [["changed", "changed since the parent run"]]);
});

test("columns and values of any text come back from the URL", () => {
  const hostile = [["a=b&c", "x&y=z"], ["ü %", "10..20"], ["a=b&c", ""]];
  const text = hostile.reduce((found, [column, value]) => addCondition(found, column, value), "");
  assert.deepEqual(metadataConditions(text), hostile);
});

test("a condition stands once, and its chip leaves the others", () => {
  const text = addCondition(addCondition(addCondition("", "camera", "A"), "depth", "1..2"), "camera", "A");
  assert.equal(text, "depth=1..2&camera=A");
  assert.deepEqual(metadataTexts(text), [["depth 1 to 2", "camera=A"], ["camera = A", "depth=1..2"]]);
  assert.deepEqual(metadataTexts(""), []);
});

test("open ranges and missing values have words", () => {
  assert.deepEqual(metadataTexts("depth=..2&depth=1..&camera=").map(([words]) => words), ["depth up to 2", "depth from 1", "no camera"]);
});

test("an order by a column is told from the other rankings", () => {
  assert.equal(orderText("descending:a:b"), "a:b, highest first");
  assert.equal(orderText("entropy"), "");
});

test("the menu of suggested classes chooses one class or a whole group, and shows what was chosen", () => {
  for (const [value, part] of Object.entries({ "": { predicted: "", predicted_group: "" }, 3: { predicted: "3", predicted_group: "" }, "group:3: b": { predicted: "", predicted_group: "3: b" } })) {
    assert.deepEqual(suggestedQuery(value), part);
    assert.equal(suggestedValue(query(part)), value);
  }
});
