import assert from "node:assert/strict";
import test from "node:test";

import { read } from "../../dashboard/components/review/answer.js";

const saved = (command_id) => ({ command_id, status: "saved", reason: "" });
const refused = (command_id, reason) => ({ command_id, status: "refused", reason });
const row = (id, verdict) => ({ id, verdict, label: null });

test("what the server says is drawn, refused ones as they were", () => {
  const answer = { outcomes: [saved("a"), refused("b", "Look again.")], changed: [row(1, "accept"), row(2, "")] };
  const commands = [{ command_id: "a", verdict: "accept", image_id: 1 }, { command_id: "b", verdict: "accept", image_id: 2 }];
  const found = read(answer, commands, []);
  assert.deepEqual(found.rows, answer.changed);
  assert.deepEqual([[...found.refused], found.reasons, found.isWide], [["b"], "Look again.", false]);
});

test("an image decided again since then stays as the hand has drawn it", () => {
  const answer = { outcomes: [saved("a")], changed: [row(1, "accept")] };
  const found = read(answer, [{ command_id: "a", verdict: "accept", image_id: 1 }], [{ verdict: "reject", image_id: 1 }]);
  assert.deepEqual(found.rows, []);
});

test("while an undo waits only refused images change", () => {
  const answer = { outcomes: [saved("a"), refused("b", "No.")], changed: [row(1, "accept"), row(2, "")] };
  const commands = [{ command_id: "a", verdict: "accept", image_id: 1 }, { command_id: "b", verdict: "accept", image_id: 2 }];
  assert.deepEqual(read(answer, commands, [{ verdict: "undo" }]).rows, [row(2, "")]);
});

test("the same reason is said once", () => {
  const answer = { outcomes: [refused("a", "Full."), refused("b", "Full.")], changed: [] };
  assert.equal(read(answer, [], []).reasons, "Full.");
});

test("an undo or a bulk accept reaches beyond the page", () => {
  for (const verdict of ["undo", "bulk_accept"]) {
    assert.ok(read({ outcomes: [], changed: [] }, [{ command_id: "a", verdict }], []).isWide);
  }
});
