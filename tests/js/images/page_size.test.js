import assert from "node:assert/strict";
import test from "node:test";

import { arrangement, capacity } from "../../../dashboard/components/review/images/page_size.js";

test("tiles keep their size where rows fill the height", () => {
  assert.deepEqual({ ...arrangement("medium", 1250, 552), empty: 0 }, { count: 24, tile: 132, empty: 0 });
});

test("tiles give way where a third of the height would stay empty", () => {
  const { count, tile } = arrangement("medium", 1250, 512);
  assert.equal(count, 27);
  assert.ok(tile >= 0.85 * 132);
});

test("no size gets fewer images than it had, and a page has 200 at most", () => {
  for (const size of ["large", "medium", "small", "tiny"]) {
    for (let height = 200; height < 1200; height += 7) {
      const [least, gap, below] = { large: [212, 8, 18], medium: [132, 8, 18], small: [92, 5, 18], tiny: [46, 3, 0] }[size];
      const columns = Math.floor((1250 + gap) / (least + gap)), tile = (1250 - (columns - 1) * gap) / columns;
      const before = Math.min(200, columns * Math.max(1, Math.floor((height + gap) / (tile + below + gap))));
      assert.ok(capacity(size, 1250, height) >= before, `${size} ${height}`);
      assert.ok(capacity(size, 1250, height) <= 200);
    }
  }
});
