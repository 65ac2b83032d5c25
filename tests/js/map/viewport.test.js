import assert from "node:assert/strict";
import test from "node:test";

import { Viewport } from "../../../dashboard/components/map/viewport.js";

function viewport() {
  const found = new Viewport(new Float32Array([0, 10]), new Float32Array([0, 5]));
  found.resize(800, 600);
  return found;
}

const isNear = (found, wanted) => found.forEach((value, place) => assert.ok(Math.abs(value - wanted[place]) < 1e-6, `${found} is not ${wanted}`));

test("at first every point is inside the window, and up is up", () => {
  const view = viewport();
  for (const [x, y] of [[0, 0], [10, 5], [0, 5]]) {
    const [left, top] = view.toScreen(x, y);
    assert.ok(left >= 0 && left <= 800 && top >= 0 && top <= 600);
  }
  assert.ok(view.toScreen(5, 5)[1] < view.toScreen(5, 0)[1]);
});

test("a place on the screen leads back to its point, after moving and zooming as well", () => {
  const view = viewport();
  view.pan(30, -70);
  view.zoomAt(3, 100, 200);
  isNear(view.toPlane(...view.toScreen(7, 2)), [7, 2]);
});

test("zooming keeps the point under the pointer where it is", () => {
  const view = viewport(), before = view.toPlane(123, 456);
  view.zoomAt(2.5, 123, 456);
  isNear(view.toPlane(123, 456), before);
});

test("moving follows the pointer, and a reset shows everything again", () => {
  const view = viewport(), [left, top] = view.toScreen(3, 1), first = view.toScreen(0, 0);
  view.pan(25, 40);
  isNear(view.toScreen(3, 1), [left + 25, top + 40]);
  view.zoomAt(9, 0, 0);
  view.reset();
  isNear(view.toScreen(0, 0), first);
});

test("one point alone and no point at all can be shown", () => {
  for (const values of [[2], []]) {
    const view = new Viewport(new Float32Array(values), new Float32Array(values));
    view.resize(100, 100);
    assert.ok(Number.isFinite(view.scale));
  }
});

test("the clip of WebGL puts the middle of the window at 0 and its right end at 1", () => {
  const view = viewport();
  view.pan(40, 20);
  const [sx, sy, dx, dy] = view.clip, at = (left, top) => { const [x, y] = view.toPlane(left, top); return [x * sx + dx, y * sy + dy]; };
  isNear(at(400, 300), [0, 0]);
  isNear(at(800, 0), [1, 1]);
});
