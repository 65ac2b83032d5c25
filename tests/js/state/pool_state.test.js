import assert from "node:assert/strict";
import test from "node:test";

import { classMixSentences, isClassMix } from "../../../dashboard/components/review/state/pool_state.js";

test("weights by class mix are offered where the mix alone explains the difference", () => {
  assert.equal(isClassMix({ state: "not valid here", reason: "", shift: "class_mix", origin: "labels" }), true);
  for (const shift of ["none", "other", "untested"]) assert.equal(isClassMix({ state: "estimated", reason: "", shift, origin: "labels" }), false);
  assert.equal(isClassMix(null), false);
});

test("a target error by class mix is called approximate, and withdrawn where more than the mix differs", () => {
  const [meaning, limit] = classMixSentences({ state: "estimated", reason: "weights are estimated." }, "5 %");
  assert.equal(meaning, "About 5 % of what is accepted or less is wrong, approximately.");
  assert.equal(limit, "Estimated: weights are estimated.");
  const [withdrawn] = classMixSentences({ state: "not valid here", reason: "they differ." }, "5 %");
  assert.match(withdrawn, /Not valid here/);
});
