import assert from "node:assert/strict";
import test from "node:test";

import { givenAndLikely, isGivenRun, withGivenQueues } from "../../../dashboard/components/review/images/given_labels.js";

const GIVEN = "?project=p&run=label_issues", POOL = "?project=p&run=001-head-hog";

test("queues of given labels are offered for their run alone", () => {
  assert.equal(isGivenRun(GIVEN), true);
  assert.deepEqual(withGivenQueues([["entropy", "e"]], POOL), [["entropy", "e"]]);
  assert.deepEqual(withGivenQueues([["entropy", "e"]], GIVEN).map(([name]) => name), ["label_issues", "contradictions", "entropy"]);
});

test("a doubted label names both classes, one that heads agree with its own", () => {
  assert.equal(givenAndLikely("shirt", 0, ["coat", "shirt"], GIVEN), "coat → shirt?");
  assert.equal(givenAndLikely("shirt", -1, ["coat", "shirt"], GIVEN), "shirt");
  assert.equal(givenAndLikely("shirt", 0, ["coat", "shirt"], POOL), "shirt");
});
