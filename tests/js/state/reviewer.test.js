import assert from "node:assert/strict";
import test from "node:test";

import { Reviewer } from "../../../dashboard/components/review/state/reviewer.js";

function box(known) {
  const items = new Map(known ? [["winnow-reviewer", known]] : []);
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) };
}

test("the address says who reviews, else the browser remembers, else it is me", () => {
  assert.equal(new Reviewer("ann", box("ben")).name, "ann");
  assert.equal(new Reviewer(undefined, box("ben")).name, "ben");
  assert.equal(new Reviewer(" ", box()).name, "me");
});

test("a link from a colleague says that it brings another name, and the browser's own one stays remembered", () => {
  const storage = box("ben");
  assert.match(new Reviewer("ann", storage).warning, /You review as ann.*it was ben/);
  assert.equal(new Reviewer(undefined, storage).name, "ben");
  assert.equal(new Reviewer("ben", storage).warning, "");
});

test("a name is tidied and kept; an empty one is me, which the address need not say", () => {
  const storage = box();
  const reviewer = new Reviewer("ann", storage);
  assert.equal(reviewer.change("  Ben   the  botanist "), "Ben the botanist");
  assert.deepEqual([storage.items.get("winnow-reviewer"), reviewer.word], ["Ben the botanist", "Ben the botanist"]);
  assert.deepEqual([reviewer.change(""), reviewer.word], ["me", null]);
  assert.equal(reviewer.change("x".repeat(200)).length, 60);
});
