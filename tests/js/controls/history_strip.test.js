import assert from "node:assert/strict";
import test from "node:test";

import { historyEntries } from "../../../dashboard/components/review/controls/history_strip.js";

test("the strip shows decisions in force: neither undos nor what they took back", () => {
  const line = (id, verdict, more = {}) => ({ id, command_id: `c${id}`, verdict, image_id: id, num_images: 1, is_live: true, ...more });
  const entries = historyEntries([line(5, "undo"), line(4, "accept", { is_live: false }), line(3, "bulk_accept", { image_id: null, num_images: 900 }), line(2, "reject")]);
  assert.deepEqual(entries.map((one) => [one.decision, one.image, one.count]), [[3, undefined, 900], [2, 2, 1]]);
});
