import assert from "node:assert/strict";
import test from "node:test";

import { heardOf } from "../../../dashboard/components/review/images/tile.js";
import { sentenceOf } from "../../../dashboard/components/review/controls/history_dialog.js";

const CLASSES = ["Bag", "Ankle boot"];
const deck = (part) => ({ card: { suggestion: 1, confidence: 0.934, rank: 30, verdict: "" }, isAll: false, numSelected: 0, total: 7700, ...part });

test("in the focus view the next suggestion is heard: its class, how sure, and where one is", () => {
  assert.equal(heardOf(deck(), CLASSES, true), "Ankle boot, .93, 31 of 7,700");
  assert.equal(heardOf(deck({ card: { suggestion: 0, confidence: 1, rank: 0, verdict: "skip" } }), CLASSES, true), "Bag, 1.00, 1 of 7,700, skipped");
});

test("in the grid the tile speaks for itself, and what is selected is heard", () => {
  assert.equal(heardOf(deck(), CLASSES, false), "");
  assert.equal(heardOf(deck({ numSelected: 1200 }), CLASSES, false), "1,200 selected");
  assert.match(heardOf(deck({ numSelected: 7700, isAll: true }), CLASSES, true), /7,700 selected, everything/);
  assert.equal(heardOf(deck({ card: null }), CLASSES, true), "");
});

test("a line of the log says what it did to how many, and by which rule", () => {
  const line = { verdict: "accept", image_id: 7, label: 1, num_images: 1, params: { ranking: "entropy" }, undo_of: null };
  assert.equal(sentenceOf(line, CLASSES), "image 7 accepted");
  assert.equal(sentenceOf({ ...line, verdict: "relabel" }, CLASSES), "image 7 relabeled Ankle boot");
  assert.equal(sentenceOf({ ...line, verdict: "bulk_accept", image_id: null, num_images: 8431, params: { rule: "fixed_threshold" } }, CLASSES),
    "8,431 images bulk-accepted, by fixed threshold");
  assert.equal(sentenceOf({ ...line, verdict: "undo", undo_of: 12 }, CLASSES), "takes back #12");
});
