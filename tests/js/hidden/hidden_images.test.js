import assert from "node:assert/strict";
import test from "node:test";

import { hiddenText, nextShown } from "../../../dashboard/components/review/hidden/hidden_images.js";
import { lastReason, offeredReasons, rememberReason } from "../../../dashboard/components/review/hidden/reasons.js";

const cards = [1, 2, 3, 4].map((id) => ({ id }));

test("the cursor goes to the next image that stays, at the end to the one before, and nowhere when none stays", () => {
  assert.equal(nextShown(cards, 1, new Set([2])), 3);
  assert.equal(nextShown(cards, 0, new Set([1, 2, 3])), 4);
  assert.equal(nextShown(cards, 3, new Set([3, 4])), 2);
  assert.equal(nextShown(cards, 1, new Set([4])), 2, "an image that stays keeps the cursor");
  assert.equal(nextShown(cards, 2, new Set([1, 2, 3, 4])), null);
});

test("the message counts the images and has the reason on one line", () => {
  assert.equal(hiddenText(1, "blurred"), "1 image hidden: blurred");
  assert.equal(hiddenText(1200, "  too \n dark "), "1,200 images hidden: too dark");
});

test("the last reason is offered first, each reason once, and not too many", () => {
  assert.deepEqual(offeredReasons("dark", ["blurred", "dark", "blurred"]), ["dark", "blurred"]);
  assert.deepEqual(offeredReasons("", ["blurred"]), ["blurred"]);
  assert.equal(offeredReasons("", Array.from({ length: 40 }, (_, number) => `reason ${number}`)).length, 10);
});

test("a browser keeps the last reason; one that keeps nothing offers none", () => {
  const kept = new Map(), storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  assert.equal(lastReason(storage), "");
  rememberReason(storage, "dark");
  assert.equal(lastReason(storage), "dark");
  const closed = { getItem() { throw new Error("SecurityError"); }, setItem() { throw new Error("QuotaExceededError"); } };
  rememberReason(closed, "dark");
  assert.equal(lastReason(closed), "");
});
