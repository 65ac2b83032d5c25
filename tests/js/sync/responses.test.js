import assert from "node:assert/strict";
import test from "node:test";

import { imagesOf, arePredictable, readResponse, predictedRows } from "../../../dashboard/components/review/sync/responses.js";

const saved = (command_id) => ({ command_id, status: "saved", reason: "" });
const refused = (command_id, reason) => ({ command_id, status: "refused", reason });
const row = (id, verdict) => ({ id, verdict, label: null });

test("the server's rows are shown, refused ones as they were", () => {
  const answer = { outcomes: [saved("a"), refused("b", "Look again.")], changed: [row(1, "accept"), row(2, "")] };
  const commands = [{ command_id: "a", verdict: "accept", image_id: 1 }, { command_id: "b", verdict: "accept", image_id: 2 }];
  const found = readResponse(answer, commands, []);
  assert.deepEqual(found.rows, answer.changed);
  assert.deepEqual([[...found.refused], found.reasons, found.isBeyondPage], [["b"], "Look again.", false]);
});

test("an image decided again since then keeps the predicted state", () => {
  const answer = { outcomes: [saved("a")], changed: [row(1, "accept")] };
  const found = readResponse(answer, [{ command_id: "a", verdict: "accept", image_id: 1 }], [{ verdict: "reject", image_id: 1 }]);
  assert.deepEqual(found.rows, []);
});

test("while an undo waits only refused images change", () => {
  const answer = { outcomes: [saved("a"), refused("b", "No.")], changed: [row(1, "accept"), row(2, "")] };
  const commands = [{ command_id: "a", verdict: "accept", image_id: 1 }, { command_id: "b", verdict: "accept", image_id: 2 }];
  assert.deepEqual(readResponse(answer, commands, [{ verdict: "undo" }]).rows, [row(2, "")]);
});

test("the same reason is given once", () => {
  const answer = { outcomes: [refused("a", "Full."), refused("b", "Full.")], changed: [] };
  assert.equal(readResponse(answer, [], []).reasons, "Full.");
});

test("an undo or a bulk accept reaches beyond the page", () => {
  for (const verdict of ["undo", "bulk_accept"]) {
    assert.ok(readResponse({ outcomes: [], changed: [] }, [{ command_id: "a", verdict }], []).isBeyondPage);
  }
});

test("a page accepted as one decision is predicted image by image", () => {
  const command = { command_id: "p", verdict: "accept", params: { images: [[7, 2], [9, 0]] } };
  assert.deepEqual(imagesOf(command), [7, 9]);
  assert.deepEqual(predictedRows(command), [{ id: 7, verdict: "accept", label: 2 }, { id: 9, verdict: "accept", label: 0 }]);
  assert.ok(arePredictable([command]));
  const answer = { outcomes: [refused("p", "Look again.")], changed: [row(7, ""), row(9, "")] };
  assert.deepEqual(readResponse(answer, [command], [{ verdict: "undo" }]).rows, answer.changed);
});

test("a verdict on everything that a filter matches cannot be predicted", () => {
  for (const verdict of ["reject", "relabel", "bulk_accept"]) {
    assert.equal(arePredictable([{ command_id: "f", verdict, params: { filter: { show: "all" } } }]), false);
  }
});

test("a verdict predicts its label: the suggestion, another class, or none", () => {
  const drawn = (verdict, label) => predictedRows({ command_id: "a", verdict, image_id: 4, suggestion: 1, label })[0].label;
  assert.deepEqual([drawn("accept"), drawn("reject"), drawn("relabel", 0), drawn("none"), drawn("skip")], [1, 1, 0, null, null]);
});

test("a note and a flag are predicted, and leave verdict and label alone", () => {
  const note = { command_id: "n", verdict: "note", image_id: 4, reviewer: "ann", params: { text: "blurred" } };
  assert.deepEqual(predictedRows(note), [{ id: 4, note: { id: 0, reviewer: "ann", time: "", text: "blurred" } }]);
  assert.deepEqual(predictedRows({ ...note, params: { text: "" } }), [{ id: 4, note: null }]);
  assert.deepEqual(predictedRows({ command_id: "f", verdict: "flag", image_id: 4, reviewer: "ann" }), [{ id: 4, flag: { id: 0, reviewer: "ann", time: "", text: "" } }]);
  assert.deepEqual(predictedRows({ command_id: "f", verdict: "unflag", image_id: 4 }), [{ id: 4, flag: null }]);
  assert.deepEqual([imagesOf(note), arePredictable([note])], [[4], true]);
});
