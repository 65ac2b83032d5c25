import assert from "node:assert/strict";
import test from "node:test";

import { LiveModel } from "../../../dashboard/components/review/state/live_model.js";
import { words } from "../../../dashboard/components/review/controls/live_status.js";

const RUN = "001-head-hog";
const at = (decision, more = {}) => ({
  version: decision ? `${RUN}@${decision}` : RUN, decision, num_new: 0, interval: 20, is_fitting: false, message: "", ...more,
});

function model(state, asked) {
  const log = { used: [], changes: 0, ready: 0, asked: 0 };
  const answers = [];
  const api = {
    useVersion: (version) => log.used.push(version),
    live: async () => { log.asked++; return answers.shift(); },
    refreshLive: async () => answers.shift(),
  };
  const made = new LiveModel({ api, run: RUN, state, asked, onChange: () => log.changes++, onReady: () => log.ready++ });
  return { made, log, answers };
}

test("the page shows the newest version, or an older one that the URL names", () => {
  assert.deepEqual(model(at(40)).log.used, [`${RUN}@40`]);
  assert.deepEqual(model(at(40), `${RUN}@20`).log.used, [`${RUN}@20`]);
  assert.equal(model(at(40), `${RUN}@20`).made.isNewer, true);
});

test("a version of another run, or one that is not there yet, is not asked for", () => {
  assert.deepEqual(model(at(40), "002-head-hog@20").log.used, [`${RUN}@40`]);
  assert.deepEqual(model(at(40), `${RUN}@60`).log.used, [`${RUN}@40`]);
  assert.deepEqual(model(at(0)).log.used, [RUN]);
});

test("a new version is shown only when it is adopted", () => {
  const { made, log } = model(at(0));
  assert.equal(made.adopt(), false);
  made.follow(at(20));
  assert.deepEqual(log.used, [RUN]);
  assert.equal(made.urlName, null);
  assert.equal(made.adopt(), true);
  assert.deepEqual(log.used, [RUN, `${RUN}@20`]);
  assert.equal(made.urlName, `${RUN}@20`);
  assert.equal(made.adopt(), false);
});

test("while it is being fitted the server is asked until it is there", async () => {
  const { made, log, answers } = model(at(0));
  answers.push(at(0, { is_fitting: true }), at(20));
  made.follow(at(0, { is_fitting: true }));
  await new Promise((done) => setTimeout(done, 1100));
  assert.equal(log.asked, 2);
  assert.equal(made.isNewer, true);
  assert.equal(log.ready, 0, "nobody asked for it");
  made.cancel();
});

test("a version that was asked for is told when it is there", async () => {
  const { made, log, answers } = model(at(0, { num_new: 3 }));
  answers.push(at(0, { is_fitting: true }), at(3));
  await made.refresh();
  await new Promise((done) => setTimeout(done, 600));
  assert.equal(log.ready, 1);
  made.cancel();
});

test("the status says what the model knows and when it learns again", () => {
  assert.equal(words(at(0, { num_new: 5 }), false)[1], "model of the run · learns in 15 decisions");
  assert.equal(words(at(40, { num_new: 19 }), false)[1], "model knows decision #40 · learns in 1 decision");
  assert.equal(words(at(40, { num_new: 7, interval: 0 }), false)[1], "model knows decision #40 · 7 decisions since");
  assert.equal(words(at(40), true)[1], "new suggestions from the next page");
  assert.deepEqual(words(at(40, { message: "The features are gone." }), false).slice(0, 2), ["failed", "model: not updated"]);
  assert.equal(words(at(40, { is_fitting: true }), false)[0], "fitting");
});
