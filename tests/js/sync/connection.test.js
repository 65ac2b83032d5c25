import assert from "node:assert/strict";
import test from "node:test";

import { Connection, answers } from "../../../dashboard/components/review/sync/connection.js";

const settle = async () => { for (let turn = 0; turn < 10; turn++) await Promise.resolve(); };

test("what failed while the server was away is done once, after the waiting decisions were sent, when it is back", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const [done, answered] = [[], [Promise.reject(new Error("refused")), Promise.resolve(false), Promise.resolve(true)]];
  const connection = new Connection({ ask: () => answered.shift(), onBack: () => done.push("send") });
  connection.lost();
  connection.lost(() => done.push("page"));
  for (let second = 0; second < 2; second++) { context.mock.timers.tick(1000); await settle(); }
  assert.deepEqual([done, connection.isAway], [[], true]);
  for (let second = 0; second < 3; second++) { context.mock.timers.tick(1000); await settle(); }
  assert.deepEqual([done, connection.isAway, answered.length], [["send", "page"], false, 0]);
});

test("a closed page asks no more", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let asked = 0;
  const connection = new Connection({ ask: async () => { asked++; return false; }, onBack: () => {} });
  connection.lost();
  connection.close();
  context.mock.timers.tick(5000);
  await settle();
  assert.equal(asked, 0);
});

test("the question whether the server answers has an end", async (context) => {
  const limits = [];
  context.mock.method(AbortSignal, "timeout", (limit) => { limits.push(limit); return AbortSignal.abort(); });
  context.mock.method(globalThis, "fetch", (url, { signal }) => (signal ? Promise.reject(signal.reason) : Promise.resolve({ ok: true })));
  await assert.rejects(answers);
  assert.deepEqual(limits, [5_000]);
});
