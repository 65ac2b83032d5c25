import assert from "node:assert/strict";
import test from "node:test";

import { Turning } from "../../../dashboard/components/review/state/page_loading.js";

test("a verdict counts only while no page is on its way, and what was pressed is said with its number", async () => {
  const said = [];
  const turning = new Turning((sentence) => said.push(sentence));
  assert.equal(turning.admits(), true);
  let arrive;
  const turn = turning.during(() => new Promise((done) => { arrive = done; }));
  assert.deepEqual([turning.admits(), turning.admits()], [false, false]);
  assert.deepEqual(said, ["The page was turning: 1 key was not used.", "The page was turning: 2 keys were not used."]);
  arrive();
  await turn;
  assert.equal(turning.admits(), true);
  assert.equal(said.length, 2);
});

test("two pages asked for together: verdicts wait for both, also where one fails", async () => {
  const turning = new Turning(() => {});
  let arrive;
  const slow = turning.during(() => new Promise((done) => { arrive = done; }));
  await assert.rejects(turning.during(async () => { throw new Error("Winnow does not answer."); }));
  assert.equal(turning.isOn, true);
  arrive();
  await slow;
  assert.equal(turning.isOn, false);
});

test("steps asked for while a page is on its way are made in their order, each once the page before it has come", async () => {
  const turning = new Turning(() => {});
  const made = [], arrive = [];
  const turn = (name) => turning.during(() => new Promise((done) => { made.push(name); arrive.push(done); }));
  turning.after(() => made.push("at once"));
  const first = turn("down");
  let second = Promise.resolve();
  turning.after(() => { second = turn("up"); });
  turning.after(() => made.push("left"));
  assert.deepEqual(made, ["at once", "down"]);
  arrive[0]();
  await first;
  assert.deepEqual(made, ["at once", "down", "up"]);
  arrive[1]();
  await second;
  assert.deepEqual(made, ["at once", "down", "up", "left"]);
});
