import assert from "node:assert/strict";
import test from "node:test";

import { loadedPage } from "./fake_api.js";

test("a verdict applies to the selection in the order of the page, without one to the card under the cursor", async () => {
  const { cardPage } = await loadedPage(10);
  assert.deepEqual(cardPage.cardsToDecide().map((card) => card.id), [1000]);
  cardPage.selectBetween(6, 4);
  cardPage.toggle(1);
  assert.deepEqual(cardPage.cardsToDecide().map((card) => card.id), [1001, 1004, 1005, 1006]);
});

test("Shift and an arrow grow the selection from where it began, an arrow alone ends it", async () => {
  const { cardPage } = await loadedPage(10);
  cardPage.cursor = 4;
  cardPage.move(1, true);
  cardPage.move(1, true);
  assert.deepEqual([...cardPage.selected], [1004, 1005, 1006]);
  for (let step = 0; step < 4; step++) cardPage.move(-1, true);
  assert.deepEqual([...cardPage.selected], [1002, 1003, 1004]);
  cardPage.move(1, false);
  assert.deepEqual([cardPage.selected.size, cardPage.cursor], [0, 3]);
});

test("the cursor does not leave the page by a move", async () => {
  const { cardPage } = await loadedPage(10);
  assert.deepEqual([cardPage.move(-1, false), cardPage.move(10, false), cardPage.cursor], [false, false, 0]);
});

test("selecting all takes the page, a decision on it clears the selection", async () => {
  const { cardPage } = await loadedPage(100);
  cardPage.selectAll();
  assert.equal(cardPage.cardsToDecide().length, 48);
  cardPage.advance();
  assert.equal(cardPage.cardsToDecide().length, 1);
});

test("Ctrl+A selects everything that the filter matches, and one click or arrow ends that", async () => {
  const { cardPage } = await loadedPage(100);
  cardPage.selectAll();
  assert.deepEqual([cardPage.isAllMatching, cardPage.numSelected], [true, 100]);
  cardPage.toggle(3);
  assert.deepEqual([cardPage.isAllMatching, cardPage.numSelected], [false, 47]);
  cardPage.selectAll();
  cardPage.move(1, false);
  assert.deepEqual([cardPage.isAllMatching, cardPage.numSelected], [false, 0]);
});

test("nothing is selected where nothing matches", async () => {
  const { cardPage } = await loadedPage(0);
  cardPage.selectAll();
  assert.deepEqual([cardPage.isAllMatching, cardPage.cardsToDecide()], [false, []]);
});

test("tiles touched by a dragged box join the earlier selection", async () => {
  const { cardPage } = await loadedPage(10);
  cardPage.selectIndexes([4, 5, 8], new Set([1001]));
  assert.deepEqual([[...cardPage.selected], cardPage.cursor, cardPage.isAllMatching], [[1001, 1004, 1005, 1008], 8, false]);
  cardPage.selectIndexes([], new Set());
  assert.deepEqual([cardPage.selected.size, cardPage.cursor], [0, 8]);
});

test("in a queue that is a part of the pool Ctrl+A takes the page, since no filter names the others", async () => {
  for (const ranking of ["audit", "badge", "reject_hunt", "calibrate"]) {
    const { cardPage } = await loadedPage(100, { show: "all", ranking });
    cardPage.selectAll();
    assert.deepEqual([cardPage.isAllMatching, cardPage.numSelected], [false, 48]);
  }
});
