import assert from "node:assert/strict";
import test from "node:test";

import { PointIndex, isInside } from "../../../dashboard/components/map/point_index.js";

/** Points that look random and are the same in every run. */
function points(num) {
  let state = 12345;
  const next = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  const x = Float32Array.from({ length: num }, next), y = Float32Array.from({ length: num }, next);
  return { x, y, index: new PointIndex(x, y) };
}

const EVERY = () => true;

test("a lasso finds exactly the points inside its outline", () => {
  const { x, y, index } = points(3000);
  const outline = [[0.1, 0.2], [0.9, 0.1], [0.5, 0.5], [0.8, 0.9], [0.2, 0.8]];
  const wanted = [...x.keys()].filter((one) => isInside(x[one], y[one], outline));
  assert.deepEqual(index.inside(outline, EVERY), wanted);
  assert.ok(wanted.length > 100);
});

test("points that are not shown are never found", () => {
  const { index } = points(500);
  const box = [[0, 0], [1, 0], [1, 1], [0, 1]];
  assert.ok(index.inside(box, (one) => one % 2 === 0).every((one) => one % 2 === 0));
  assert.equal(index.nearest(0.5, 0.5, 1, () => false), -1);
});

test("the nearest point is the nearest of all, within the radius alone", () => {
  const { x, y, index } = points(2000);
  for (const [left, top] of [[0.5, 0.5], [0.01, 0.99], [0.3, 0.7]]) {
    const distances = [...x.keys()].map((one) => Math.hypot(x[one] - left, y[one] - top));
    assert.equal(index.nearest(left, top, 2, EVERY), distances.indexOf(Math.min(...distances)));
    assert.equal(index.nearest(left, top, Math.min(...distances) / 2, EVERY), -1);
  }
});

test("an outline of two places and a map without points hold nothing", () => {
  assert.deepEqual(points(10).index.inside([[0, 0], [1, 1]], EVERY), []);
  assert.deepEqual(points(0).index.inside([[0, 0], [1, 0], [1, 1]], EVERY), []);
  assert.equal(points(0).index.nearest(0, 0, 1, EVERY), -1);
});
