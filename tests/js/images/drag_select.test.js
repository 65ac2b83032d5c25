import assert from "node:assert/strict";
import test from "node:test";

import { boxOf, touched } from "../../../dashboard/components/review/images/drag_select.js";

/** Three columns of tiles, 100 wide, with gaps of 10. */
const TILES = Array.from({ length: 9 }, (_, place) => {
  const [left, top] = [(place % 3) * 110, Math.floor(place / 3) * 110];
  return { left, top, right: left + 100, bottom: top + 100 };
});

test("a band touches what it overlaps, whichever corner it began in", () => {
  const corners = [[{ x: 50, y: 50 }, { x: 130, y: 130 }], [{ x: 130, y: 130 }, { x: 50, y: 50 }], [{ x: 130, y: 50 }, { x: 50, y: 130 }]];
  for (const [one, other] of corners) assert.deepEqual(touched(boxOf(one, other), TILES), [0, 1, 3, 4]);
});

test("a band in a gap touches nothing, one over everything all", () => {
  assert.deepEqual(touched(boxOf({ x: 102, y: 0 }, { x: 108, y: 300 }), TILES), []);
  assert.equal(touched(boxOf({ x: -50, y: -50 }, { x: 999, y: 999 }), TILES).length, 9);
});

test("a band may end outside the grid", () => {
  assert.deepEqual(touched(boxOf({ x: 250, y: 250 }, { x: 250, y: -400 }), TILES), [2, 5, 8]);
});
