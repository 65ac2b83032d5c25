import assert from "node:assert/strict";
import test from "node:test";

import { UndoStack } from "../../../dashboard/components/review/state/undo_stack.js";

test("an undo takes back a whole selection at once, the latest first", () => {
  const undoStack = new UndoStack();
  undoStack.push(["a"], [{ id: 1, verdict: "", label: null }]);
  undoStack.push(["b", "c"], [{ id: 2, verdict: "skip", label: null }, { id: 3, verdict: "", label: null }]);
  const step = undoStack.pop();
  assert.equal(step.commands.size, 2);
  assert.deepEqual(step.before.map((row) => [row.id, row.verdict]), [[2, "skip"], [3, ""]]);
  assert.equal(undoStack.pop().before[0].id, 1);
  assert.equal(undoStack.pop(), null);
});

test("a refused command cannot be undone", () => {
  const undoStack = new UndoStack();
  undoStack.push(["a"], [{ id: 1, verdict: "", label: null }]);
  undoStack.push(["b"], [{ id: 2, verdict: "", label: null }]);
  undoStack.remove(["b"]);
  assert.equal(undoStack.pop().before[0].id, 1);
});

test("the state before a command can be shown again when the server refuses it", () => {
  const undoStack = new UndoStack();
  undoStack.push(["one", "two"], [{ id: 1, verdict: "", label: null }, { id: 2, verdict: "skip", label: null }]);
  assert.deepEqual(undoStack.statesBefore(new Set(["two"]), new Set([2])), [{ id: 2, verdict: "skip", label: null }]);
  assert.deepEqual(undoStack.statesBefore(new Set(["other"]), new Set([2])), []);
});

test("hidden images are a step of their own, which stays until it was taken back", () => {
  const undoStack = new UndoStack();
  undoStack.push(["a"], []);
  undoStack.push([], [], "2 × hide", 7);
  assert.deepEqual([undoStack.hidden, undoStack.text], [7, "2 × hide"]);
  undoStack.remove(["b"]);
  assert.equal(undoStack.hidden, 7, "a refused command leaves it");
  undoStack.push(["c"], []);
  assert.equal(undoStack.hidden, null, "the latest step is a command");
  undoStack.pop();
  undoStack.forgetHidden(7);
  assert.deepEqual([undoStack.hidden, undoStack.pop().commands.size], [null, 1]);
});
