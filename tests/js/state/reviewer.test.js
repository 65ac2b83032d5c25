import assert from "node:assert/strict";
import test from "node:test";

import { Reviewer } from "../../../dashboard/components/review/state/reviewer.js";

function box(known) {
  const items = new Map(known ? [["winnow-reviewer", known]] : []);
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}

test("the reviewer is the name in the URL, else the stored one, else me", () => {
  assert.equal(new Reviewer("ann", box("ben")).name, "ann");
  assert.equal(new Reviewer(undefined, box("ben")).name, "ben");
  assert.equal(new Reviewer(" ", box()).name, "me");
});

test("a link with another name warns, and the stored name stays", () => {
  const storage = box("ben");
  assert.match(new Reviewer("ann", storage).warning, /You review as ann.*stored the name ben/);
  assert.equal(new Reviewer(undefined, storage).name, "ben");
  assert.equal(new Reviewer("ben", storage).warning, "");
});

test("a name is normalized and stored; an empty one is me, which the URL omits", () => {
  const storage = box();
  const reviewer = new Reviewer("ann", storage);
  assert.equal(reviewer.change("  Ben   the  botanist "), "Ben the botanist");
  assert.deepEqual([storage.items.get("winnow-reviewer"), reviewer.urlName], ["Ben the botanist", "Ben the botanist"]);
  assert.deepEqual([reviewer.change(""), reviewer.urlName], ["me", null]);
  assert.equal(reviewer.change("x".repeat(200)).length, 60);
});
