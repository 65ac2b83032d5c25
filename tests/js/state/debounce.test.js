import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { Later } from "../../../dashboard/components/review/state/debounce.js";

test("work waits until the hand rests, and is done once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let done = 0;
  const later = new Later(100, () => done++);
  later.soon();
  mock.timers.tick(99);
  later.soon();
  mock.timers.tick(99);
  assert.equal(done, 0);
  mock.timers.tick(1);
  assert.equal(done, 1);
  later.now();
  assert.equal(done, 1);
  mock.timers.reset();
});

test("held work is kept for later, dropped work is forgotten", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let done = 0;
  const later = new Later(100, () => done++);
  later.soon();
  later.hold();
  mock.timers.tick(1000);
  assert.equal(done, 0);
  later.now();
  assert.equal(done, 1);
  later.soon();
  later.drop();
  later.now();
  mock.timers.tick(1000);
  assert.equal(done, 1);
  mock.timers.reset();
});
