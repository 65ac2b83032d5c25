import assert from "node:assert/strict";
import test from "node:test";

import { Cut } from "../../../dashboard/components/review/threshold/threshold_pair.js";

const BINS = 10;
/** One image at 0.05, 0.15, … of class 0; every other one open. */
const data = (score = "confidence") => ({ score, bins: BINS, low: 0, high: 1, total: BINS, classes: [0], counts: [new Array(BINS).fill(1)],
  verdicts: { undecided: [1, 0, 1, 0, 1, 0, 1, 0, 1, 0], accept: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] }, right: new Array(BINS).fill(0), wrong: new Array(BINS).fill(0) });
const step = (value, kept) => ({ value, kept, open: 1, right: 3, wrong: 1, per_class: [kept] });

const made = (value, floor = null, score = "confidence") => {
  const cut = new Cut();
  cut.show(data(score), value, floor);
  return cut;
};

test("on an edge the counts are those of the bins", () => {
  const cut = made(0.7);
  assert.deepEqual([cut.value.toFixed(3), cut.facts.kept, cut.exact], ["0.700", 3, null]);
});

test("between the lines is what neither keeps nor leaves, and only open images are to review", () => {
  const cut = made(0.7, 0.3);
  assert.deepEqual(cut.between, { open: 2, left: 3 });
  assert.ok(cut.hasFloor);
});

test("for entropy low values are kept and the second line stands above the first", () => {
  const cut = made(0.3, 0.8, "entropy");
  assert.deepEqual([cut.facts.kept, cut.between.left], [3, 2]);
  assert.deepEqual(cut.between.open, 2);
  const none = made(0.3, null, "entropy");
  assert.deepEqual([none.hasFloor, none.between.left], [false, 0]);
});

test("the second line never passes the first, whichever of them moves", () => {
  const cut = made(0.7, 0.3);
  cut.toFloor(9);
  assert.equal(cut.floor, 7);
  cut.toBin(2);
  assert.equal(cut.floor, 2);
});

test("one image up or down is one cut of those the server knows", () => {
  const cut = made(0.7);
  assert.equal(cut.nudge(1), false, "nothing is known yet");
  assert.ok(cut.anchor([step(0.61, 5), step(0.65, 4), step(0.7, 3), step(0.76, 2)], 2));
  assert.ok(cut.nudge(1));
  assert.deepEqual([cut.value, cut.facts.kept, cut.facts.error], [0.76, 2, 0.25]);
  assert.equal(cut.nudge(1), false, "no further cut is known");
  for (let times = 0; times < 3; times++) assert.ok(cut.nudge(-1));
  assert.deepEqual([cut.value, cut.facts.kept, cut.reach], [0.61, 5, 0]);
});

test("to the right is looser for entropy", () => {
  const cut = made(0.3, null, "entropy");
  cut.anchor([step(0.35, 5), step(0.3, 4), step(0.2, 3)], 1);
  cut.nudge(1);
  assert.deepEqual([cut.value, cut.facts.kept], [0.35, 5]);
});

test("what the server says about another place is not taken", () => {
  const cut = made(0.7);
  assert.equal(cut.anchor([step(0.5, 5)], 0), false);
  assert.equal(cut.facts.kept, 3);
});

test("a value off every edge is kept as it was typed", () => {
  const cut = made(0.7312);
  assert.deepEqual([cut.value, cut.exact], [0.7312, 0.7312]);
  assert.ok(cut.anchor([step(0.7312, 3)], 0));
  cut.toBin(5);
  assert.deepEqual([cut.value, cut.exact], [0.5, null]);
});

test("a value outside the axis ends at its end", () => {
  assert.ok(made(7).value <= 1);
  assert.ok(made(-7).value >= 0);
});
