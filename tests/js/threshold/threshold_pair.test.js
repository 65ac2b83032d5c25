import assert from "node:assert/strict";
import test from "node:test";

import { ThresholdPair } from "../../../dashboard/components/review/threshold/threshold_pair.js";

const BINS = 10;
/** One image at 0.05, 0.15, … of class 0; every other one open. */
const data = (score = "confidence") => ({ score, bins: BINS, low: 0, high: 1, total: BINS, classes: [0], counts: [new Array(BINS).fill(1)],
  verdicts: { undecided: [1, 0, 1, 0, 1, 0, 1, 0, 1, 0], accept: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1] }, right: new Array(BINS).fill(0), wrong: new Array(BINS).fill(0) });
const step = (value, kept) => ({ value, kept, open: 1, right: 3, wrong: 1, per_class: [kept] });

const made = (value, floor = null, score = "confidence") => {
  const pair = new ThresholdPair();
  pair.show(data(score), value, floor);
  return pair;
};

test("at a bin edge the counts are those of the bins", () => {
  const pair = made(0.7);
  assert.deepEqual([pair.value.toFixed(3), pair.counts.kept, pair.exact], ["0.700", 3, null]);
});

test("between the thresholds only open images are to review", () => {
  const pair = made(0.7, 0.3);
  assert.deepEqual(pair.between, { open: 2, left: 3 });
  assert.ok(pair.hasReview);
});

test("for entropy low values are kept and the second threshold is above the first", () => {
  const pair = made(0.3, 0.8, "entropy");
  assert.deepEqual([pair.counts.kept, pair.between.left], [3, 2]);
  assert.deepEqual(pair.between.open, 2);
  const none = made(0.3, null, "entropy");
  assert.deepEqual([none.hasReview, none.between.left], [false, 0]);
});

test("the second threshold never passes the first, whichever of them moves", () => {
  const pair = made(0.7, 0.3);
  pair.moveReview(9);
  assert.equal(pair.reviewBin, 7);
  pair.moveToBin(2);
  assert.equal(pair.reviewBin, 2);
});

test("one image up or down is one step of those that the server sent", () => {
  const pair = made(0.7);
  assert.equal(pair.nudge(1), false, "nothing is known yet");
  assert.ok(pair.setSteps([step(0.61, 5), step(0.65, 4), step(0.7, 3), step(0.76, 2)], 2));
  assert.ok(pair.nudge(1));
  assert.deepEqual([pair.value, pair.counts.kept, pair.counts.error], [0.76, 2, 0.25]);
  assert.equal(pair.nudge(1), false, "no further pair is known");
  for (let times = 0; times < 3; times++) assert.ok(pair.nudge(-1));
  assert.deepEqual([pair.value, pair.counts.kept, pair.numStepsAhead], [0.61, 5, 0]);
});

test("to the right is looser for entropy", () => {
  const pair = made(0.3, null, "entropy");
  pair.setSteps([step(0.35, 5), step(0.3, 4), step(0.2, 3)], 1);
  pair.nudge(1);
  assert.deepEqual([pair.value, pair.counts.kept], [0.35, 5]);
});

test("steps around another value are ignored", () => {
  const pair = made(0.7);
  assert.equal(pair.setSteps([step(0.5, 5)], 0), false);
  assert.equal(pair.counts.kept, 3);
});

test("a value between bin edges is kept as it was typed", () => {
  const pair = made(0.7312);
  assert.deepEqual([pair.value, pair.exact], [0.7312, 0.7312]);
  assert.ok(pair.setSteps([step(0.7312, 3)], 0));
  pair.moveToBin(5);
  assert.deepEqual([pair.value, pair.exact], [0.5, null]);
});

test("a value outside the axis becomes its end", () => {
  assert.ok(made(7).value <= 1);
  assert.ok(made(-7).value >= 0);
});
