import assert from "node:assert/strict";
import test from "node:test";

import { correctionText, givenAndLikely, isGivenRun, withGivenQueues } from "../../../dashboard/components/review/images/given_labels.js";

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

test("a bulk decision about given labels says what it changes; of a pool it changes none", () => {
  const counted = { count: 1200, corrected: 34 };
  assert.match(correctionText("accept", counted, GIVEN), /34 of 1,200 would be changed to another class, the others confirmed/);
  assert.match(correctionText("none", counted, GIVEN), /1,200 would be withdrawn/);
  assert.equal(correctionText("skip", counted, GIVEN), "");
  assert.equal(correctionText("accept", counted, POOL), "");
});
