import assert from "node:assert/strict";
import test from "node:test";

import { clopperPearson, thresholdCounter, incompleteBeta, logGamma, suffixSums } from "../../../dashboard/components/review/threshold/statistics.js";

const isNear = (found, wanted, tolerance) =>
  assert.ok(Math.abs(found - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${found} is not ${wanted}`);

// count, n, low, high: scipy.stats.beta.ppf
const INTERVALS = [
  [0, 10, 0, 0.308497107819],
  [1, 10, 0.00252857854446, 0.445016117028],
  [3, 204, 0.00304303494568, 0.0423730604077],
  [10, 10, 0.691502892181, 1],
  [17, 500, 0.0199286000462, 0.0538803507361],
  [250, 500, 0.455285569324, 0.544714430676],
  [4900, 5000, 0.975727430207, 0.983698319992],
  [1, 100000, 2.53178047793e-07, 5.57151603477e-05],
  [0, 1, 0, 0.975],
];

test("the interval is scipy's Clopper-Pearson interval", () => {
  for (const [count, n, low, high] of INTERVALS) {
    const found = clopperPearson(count, n);
    isNear(found[0], low, 1e-9);
    isNear(found[1], high, 1e-9);
  }
});

test("without a calibration item anything is possible", () => {
  assert.deepEqual(clopperPearson(0, 0), [0, 1]);
});

test("the incomplete beta function is scipy's", () => {
  for (const [x, a, b, wanted] of [[0.1, 0.5, 0.5, 0.204832764699], [0.3, 2, 5, 0.579825], [0.99, 50, 3, 0.984647374266], [0.02, 4, 201, 0.584090653546], [0.5, 1000, 1000, 0.5]]) {
    isNear(incompleteBeta(x, a, b), wanted, 1e-10);
  }
});

test("the logarithm of gamma is scipy's", () => {
  for (const [x, wanted] of [[0.5, 0.5723649429247], [1, 0], [3.7, 1.428072326665], [100, 359.1342053696], [12345.6, 103959.1850662]]) isNear(logGamma(x), wanted, 1e-10);
});

test("suffix sums count what lies at or above an edge", () => {
  assert.deepEqual([...suffixSums([1, 0, 4])], [5, 4, 4, 0]);
});

const DATA = { score: "confidence", bins: 4, low: 0, high: 1, total: 10, classes: [0, 1], counts: [[1, 2, 0, 3], [0, 1, 1, 2]], verdicts: { undecided: [1, 1, 0, 1], skip: [0, 1, 1, 0], accept: [0, 1, 0, 4] },
  right: [0, 1, 2, 4], wrong: [3, 1, 1, 0] };

test("a threshold on confidence keeps the bins from it on", () => {
  const facts = thresholdCounter(DATA)(2);
  assert.deepEqual([facts.kept, facts.open, facts.perClass, facts.wrong, facts.n], [6, 2, [3, 3], 1, 7]);
  isNear(facts.coverage, 0.6, 1e-12);
  isNear(facts.error, 1 / 7, 1e-12);
});

test("a threshold on entropy keeps the bins below it", () => {
  const facts = thresholdCounter({ ...DATA, score: "entropy" })(2);
  assert.deepEqual([facts.kept, facts.open, facts.perClass, facts.wrong, facts.n], [4, 3, [3, 1], 4, 5]);
});

test("where no calibration item is kept the error is unknown, not zero", () => {
  const facts = thresholdCounter({ ...DATA, right: [1, 0, 0, 0], wrong: [0, 0, 0, 0] })(3);
  assert.ok(Number.isNaN(facts.error));
  assert.deepEqual([facts.low, facts.high], [0, 1]);
});
