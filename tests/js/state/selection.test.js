import assert from "node:assert/strict";
import test from "node:test";

import { deal } from "./pool.js";

test("a selection is what the hand chose, in the order of the page; without one the card under the cursor", async () => {
  const { deck } = await deal(10);
  assert.deepEqual(deck.targets().map((card) => card.id), [1000]);
  deck.selectBetween(6, 4);
  deck.toggle(1);
  assert.deepEqual(deck.targets().map((card) => card.id), [1001, 1004, 1005, 1006]);
});

test("Shift and an arrow grow the selection from where it began, an arrow alone ends it", async () => {
  const { deck } = await deal(10);
  deck.cursor = 4;
  deck.move(1, true);
  deck.move(1, true);
  assert.deepEqual([...deck.selected], [1004, 1005, 1006]);
  for (let step = 0; step < 4; step++) deck.move(-1, true);
  assert.deepEqual([...deck.selected], [1002, 1003, 1004]);
  deck.move(1, false);
  assert.deepEqual([deck.selected.size, deck.cursor], [0, 3]);
});

test("the cursor does not leave the page by a move", async () => {
  const { deck } = await deal(10);
  assert.deepEqual([deck.move(-1, false), deck.move(10, false), deck.cursor], [false, false, 0]);
});

test("selecting all takes the page, a decision on it clears the selection", async () => {
  const { deck } = await deal(100);
  deck.selectAll();
  assert.equal(deck.targets().length, 48);
  deck.advance();
  assert.equal(deck.targets().length, 1);
});

test("Ctrl+A means all that the filter matches, and one click or arrow ends that", async () => {
  const { deck } = await deal(100);
  deck.selectAll();
  assert.deepEqual([deck.isAll, deck.numSelected], [true, 100]);
  deck.toggle(3);
  assert.deepEqual([deck.isAll, deck.numSelected], [false, 47]);
  deck.selectAll();
  deck.move(1, false);
  assert.deepEqual([deck.isAll, deck.numSelected], [false, 0]);
});

test("nothing is selected where nothing matches", async () => {
  const { deck } = await deal(0);
  deck.selectAll();
  assert.deepEqual([deck.isAll, deck.targets()], [false, []]);
});

test("places touched by a band join what was selected before", async () => {
  const { deck } = await deal(10);
  deck.selectPlaces([4, 5, 8], new Set([1001]));
  assert.deepEqual([[...deck.selected], deck.cursor, deck.isAll], [[1001, 1004, 1005, 1008], 8, false]);
  deck.selectPlaces([], new Set());
  assert.deepEqual([deck.selected.size, deck.cursor], [0, 8]);
});
