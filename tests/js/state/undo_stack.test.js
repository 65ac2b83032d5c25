import assert from "node:assert/strict";
import test from "node:test";

import { Memory } from "../../../dashboard/components/review/state/undo_stack.js";

test("undo gives back a whole selection at once, the latest first", () => {
  const memory = new Memory();
  memory.add(["a"], [{ id: 1, verdict: "", label: null }]);
  memory.add(["b", "c"], [{ id: 2, verdict: "skip", label: null }, { id: 3, verdict: "", label: null }]);
  const step = memory.take();
  assert.equal(step.commands.size, 2);
  assert.deepEqual(step.before.map((row) => [row.id, row.verdict]), [[2, "skip"], [3, ""]]);
  assert.equal(memory.take().before[0].id, 1);
  assert.equal(memory.take(), null);
});

test("what the server refused is not there to be undone", () => {
  const memory = new Memory();
  memory.add(["a"], [{ id: 1, verdict: "", label: null }]);
  memory.add(["b"], [{ id: 2, verdict: "", label: null }]);
  memory.forget(["b"]);
  assert.equal(memory.take().before[0].id, 1);
});

test("what a command stood on can be drawn again where the server will never take it", () => {
  const memory = new Memory();
  memory.add(["one", "two"], [{ id: 1, verdict: "", label: null }, { id: 2, verdict: "skip", label: null }]);
  assert.deepEqual(memory.before(new Set(["two"]), new Set([2])), [{ id: 2, verdict: "skip", label: null }]);
  assert.deepEqual(memory.before(new Set(["other"]), new Set([2])), []);
});
