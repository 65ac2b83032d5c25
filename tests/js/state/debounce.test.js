import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { Debounce } from "../../../dashboard/components/review/state/debounce.js";

test("work waits for a pause, and is done once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let done = 0;
  const debounce = new Debounce(100, () => done++);
  debounce.schedule();
  mock.timers.tick(99);
  debounce.schedule();
  mock.timers.tick(99);
  assert.equal(done, 0);
  mock.timers.tick(1);
  assert.equal(done, 1);
  debounce.flush();
  assert.equal(done, 1);
  mock.timers.reset();
});

test("paused work stays pending, cancelled work is forgotten", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let done = 0;
  const debounce = new Debounce(100, () => done++);
  debounce.schedule();
  debounce.pause();
  mock.timers.tick(1000);
  assert.equal(done, 0);
  debounce.flush();
  assert.equal(done, 1);
  debounce.schedule();
  debounce.cancel();
  debounce.flush();
  mock.timers.tick(1000);
  assert.equal(done, 1);
  mock.timers.reset();
});
