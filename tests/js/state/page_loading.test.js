import assert from "node:assert/strict";
import test from "node:test";

import { PageLoading } from "../../../dashboard/components/review/state/page_loading.js";

test("a verdict counts only while no page is loading, and ignored keys are reported with their number", async () => {
  const reports = [];
  const pageLoading = new PageLoading((sentence) => reports.push(sentence));
  assert.equal(pageLoading.allowsVerdict(), true);
  let arrive;
  const turn = pageLoading.during(() => new Promise((done) => { arrive = done; }));
  assert.deepEqual([pageLoading.allowsVerdict(), pageLoading.allowsVerdict()], [false, false]);
  assert.deepEqual(reports, ["The page was loading: 1 key was ignored.", "The page was loading: 2 keys were ignored."]);
  arrive();
  await turn;
  assert.equal(pageLoading.allowsVerdict(), true);
  assert.equal(reports.length, 2);
});

test("two pages loading together: verdicts wait for both, also where one fails", async () => {
  const pageLoading = new PageLoading(() => {});
  let arrive;
  const slow = pageLoading.during(() => new Promise((done) => { arrive = done; }));
  await assert.rejects(pageLoading.during(async () => { throw new Error("Winnow does not answer."); }));
  assert.equal(pageLoading.isOn, true);
  arrive();
  await slow;
  assert.equal(pageLoading.isOn, false);
});

test("moves asked for while a page is loading are made in their order, each once the page before it has arrived", async () => {
  const pageLoading = new PageLoading(() => {});
  const made = [], arrive = [];
  const turn = (name) => pageLoading.during(() => new Promise((done) => { made.push(name); arrive.push(done); }));
  pageLoading.afterwards(() => made.push("at once"));
  const first = turn("down");
  let second = Promise.resolve();
  pageLoading.afterwards(() => { second = turn("up"); });
  pageLoading.afterwards(() => made.push("left"));
  assert.deepEqual(made, ["at once", "down"]);
  arrive[0]();
  await first;
  assert.deepEqual(made, ["at once", "down", "up"]);
  arrive[1]();
  await second;
  assert.deepEqual(made, ["at once", "down", "up", "left"]);
});
