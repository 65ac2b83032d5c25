import assert from "node:assert/strict";
import test from "node:test";

import { boxBetween, touchedBoxes } from "../../../dashboard/components/review/images/drag_select.js";

/** Three columns of tiles, 100 wide, with gaps of 10. */
const TILES = Array.from({ length: 9 }, (_, index) => {
  const [left, top] = [(index % 3) * 110, Math.floor(index / 3) * 110];
  return { left, top, right: left + 100, bottom: top + 100 };
});

test("a dragged box touches the tiles that it overlaps, from whichever corner it began", () => {
  const corners = [[{ x: 50, y: 50 }, { x: 130, y: 130 }], [{ x: 130, y: 130 }, { x: 50, y: 50 }], [{ x: 130, y: 50 }, { x: 50, y: 130 }]];
  for (const [one, other] of corners) assert.deepEqual(touchedBoxes(boxBetween(one, other), TILES), [0, 1, 3, 4]);
});

test("a box in a gap touches nothing, a box over everything touches all", () => {
  assert.deepEqual(touchedBoxes(boxBetween({ x: 102, y: 0 }, { x: 108, y: 300 }), TILES), []);
  assert.equal(touchedBoxes(boxBetween({ x: -50, y: -50 }, { x: 999, y: 999 }), TILES).length, 9);
});

test("a box may end outside the grid", () => {
  assert.deepEqual(touchedBoxes(boxBetween({ x: 250, y: 250 }, { x: 250, y: -400 }), TILES), [2, 5, 8]);
});
