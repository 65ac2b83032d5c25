import assert from "node:assert/strict";
import test from "node:test";

import { classCounter } from "../../../dashboard/components/review/threshold/class_thresholds.js";

test("a class's own threshold keeps the bins from it on", () => {
  const counts = classCounter({ counts: [1, 2, 3], open: [1, 0, 2], right: [0, 1, 1], wrong: [1, 1, 0] })(1);
  assert.deepEqual([counts.kept, counts.open, counts.n, counts.wrong], [5, 2, 3, 1]);
});
