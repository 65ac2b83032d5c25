import assert from "node:assert/strict";
import test from "node:test";

import { backgrounds, historyEntries } from "../../../dashboard/components/review/controls/history_strip.js";

test("the strip shows decisions in force: neither undos nor what they took back", () => {
  const line = (id, verdict, more = {}) => ({ id, command_id: `c${id}`, verdict, image_id: id, num_images: 1, is_live: true, ...more });
  const entries = historyEntries([line(5, "undo"), line(4, "accept", { is_live: false }), line(3, "bulk_accept", { image_id: null, num_images: 900 }), line(2, "reject")]);
  assert.deepEqual(entries.map((one) => [one.decision, one.image, one.count]), [[3, undefined, 900], [2, 2, 1]]);
});

test("images that come together are one request, each its own part of the sheet; a single one is its own file", () => {
  const api = { image: (id) => `image/${id}`, sprite: (ids, columns) => `sprite/${ids.join("-")}/${columns}` };
  const parts = backgrounds([7, 5, 9], api);
  assert.deepEqual([...new Set(parts.map(([, one]) => one.image))], ['url("sprite/7-5-9/3")']);
  assert.deepEqual(parts.map(([id, one]) => [id, one.size, one.position]), [[7, "300% 100%", "0% 0"], [5, "300% 100%", "50% 0"], [9, "300% 100%", "100% 0"]]);
  assert.deepEqual(backgrounds([4], api), [[4, { image: 'url("image/4")', size: "contain", position: "center" }]]);
});
