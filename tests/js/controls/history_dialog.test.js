import assert from "node:assert/strict";
import test from "node:test";

import { decisionText } from "../../../dashboard/components/review/controls/history_dialog.js";

const CLASSES = ["Bag", "Ankle boot"];

test("a decision of the log in words: the verdict, how many images, by which rule", () => {
  const decision = { verdict: "accept", image_id: 7, label: 1, num_images: 1, params: { ranking: "entropy" }, undo_of: null };
  assert.equal(decisionText(decision, CLASSES), "image 7 accepted");
  assert.equal(decisionText({ ...decision, verdict: "relabel" }, CLASSES), "image 7 relabeled Ankle boot");
  assert.equal(decisionText({ ...decision, verdict: "bulk_accept", image_id: null, num_images: 8431, params: { rule: "fixed_threshold" } }, CLASSES),
    "8,431 images bulk-accepted, by fixed threshold");
  assert.equal(decisionText({ ...decision, verdict: "undo", undo_of: 12 }, CLASSES), "undo of #12");
});
