import assert from "node:assert/strict";
import test from "node:test";

import { Pace, sampleOrder } from "../../../dashboard/components/map/pace.js";

/** Frames of a machine that needs so many milliseconds for all points; returns the share at the end. */
function settled(whole, frames = 200) {
  const pace = new Pace();
  let now = 0, share = pace.moving(now);
  for (let frame = 0; frame < frames; frame++) share = pace.moving((now += Math.max(16.7, whole * share)));
  return { pace, share, between: Math.max(16.7, whole * share), now };
}

test("a quick machine draws every point while the map moves", () => {
  assert.equal(settled(10).share, 1);
});

test("on a slow machine frames stay at thirty a second or more", () => {
  for (const whole of [60, 140, 600]) {
    const { between, share } = settled(whole);
    assert.ok(between <= 1000 / 30, `${whole}: ${between}`);
    assert.ok(share < 1);
  }
});

test("a pause between two moves does not count as a slow frame", () => {
  for (const pause of [200, 900, 5000]) {
    const { pace, now } = settled(10);
    assert.equal(pace.moving(now + pause), 1);
    assert.equal(pace.moving(now + pause + 16.7), 1);
  }
});

test("every point is in the order once, marked ones last, and any beginning is an even sample", () => {
  const marked = Uint8Array.from({ length: 1000 }, (_, index) => Number(index % 10 === 0));
  const order = sampleOrder(marked);
  assert.deepEqual([...order].sort((one, other) => one - other), [...marked.keys()]);
  assert.ok(order.slice(900).every((index) => marked[index] === 1));
  const low = order.slice(0, 200).filter((index) => index < 500).length;
  assert.ok(low > 70 && low < 130, `${low} of 200`);
});
