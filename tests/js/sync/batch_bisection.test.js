import assert from "node:assert/strict";
import test from "node:test";

import { BatchBisection } from "../../../dashboard/components/review/sync/batch_bisection.js";

const commands = (...names) => names.map((command_id) => ({ command_id }));
const names = (batch) => batch.map(({ command_id }) => command_id);

test("a refused batch is halved down to one command, which is then set aside", () => {
  const bisection = new BatchBisection();
  const waiting = commands("bad", "b", "c", "d");
  for (const size of [4, 2, 1]) {
    const batch = bisection.nextBatch(waiting);
    assert.equal(batch.length, size);
    assert.equal(bisection.refused(batch, "No."), "again");
  }
  assert.deepEqual(names(bisection.nextBatch(waiting)), ["b", "c", "d"]);
});

test("a command refused alone is given up only once another was saved", () => {
  const bisection = new BatchBisection();
  const [bad, good] = commands("bad", "good");
  assert.equal(bisection.refused([bad], "No."), "again");
  assert.equal(bisection.refused([bad], "No."), "wait");
  bisection.answered([good]);
  assert.equal(bisection.refused([bad], "No."), "refuse");
});

test("when a command that was set aside is saved after all, none is suspect", () => {
  const bisection = new BatchBisection();
  const waiting = commands("a", "b");
  bisection.refused([waiting[0]], "The disk is full.");
  bisection.answered([waiting[0]]);
  assert.deepEqual([bisection.suspects.size, bisection.nextBatch(waiting).length], [0, 2]);
});
