import assert from "node:assert/strict";
import test from "node:test";

import { announcement, description, remarkMarks, remarkTexts } from "../../../dashboard/components/review/images/tile.js";

const CLASSES = ["Bag", "Ankle boot"];
const cardPage = (part) => ({ card: { suggestion: 1, confidence: 0.934, rank: 30, verdict: "" }, isAllMatching: false, numSelected: 0, total: 7700, ...part });

test("in the focus view the next suggestion is announced: class, confidence and position", () => {
  assert.equal(announcement(cardPage(), CLASSES, true), "Ankle boot, .93, 31 of 7,700");
  assert.equal(announcement(cardPage({ card: { suggestion: 0, confidence: 1, rank: 0, verdict: "skip" } }), CLASSES, true), "Bag, 1.00, 1 of 7,700, skipped");
});

test("in the grid the focused tile is read by itself, and the number of selected images is announced", () => {
  assert.equal(announcement(cardPage(), CLASSES, false), "");
  assert.equal(announcement(cardPage({ numSelected: 1200 }), CLASSES, false), "1,200 selected");
  assert.match(announcement(cardPage({ numSelected: 7700, isAllMatching: true }), CLASSES, true), /7,700 selected, all that/);
  assert.equal(announcement(cardPage({ card: null }), CLASSES, true), "");
});

test("a note and a flag stand at the image as a sign and in words", () => {
  const card = { suggestion: 0, confidence: 0.5, verdict: "", name: "a.png", flag: { reviewer: "ann", text: "" }, note: { reviewer: "bob", text: "two\nlines" } };
  assert.equal(remarkMarks(card), "⚑✎");
  assert.equal(description(card, CLASSES), "Bag, confidence 50.0 %, undecided, flagged by ann, note by bob: two lines, a.png");
  assert.deepEqual([remarkMarks({}), remarkTexts({ note: null, flag: null })], ["", []]);
  assert.equal(remarkTexts({ note: { reviewer: "b", text: "x".repeat(500) } })[0].length, "note by b: ".length + 160);
});
