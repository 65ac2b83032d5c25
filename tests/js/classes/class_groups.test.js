import assert from "node:assert/strict";
import test from "node:test";

import { appearanceVersion, setClassAppearance } from "../../../dashboard/components/review/classes/class_colors.js";
import { classGroups, classOptions, hasGroups, isUnfolded } from "../../../dashboard/components/review/classes/class_groups.js";
import { matchingGroups } from "../../../dashboard/components/review/classes/class_search.js";
import { ClassUpdates } from "../../../dashboard/components/review/classes/class_updates.js";

const CLASSES = ["cat", "truck", "dog", "mug"];

test("groups stand in the order of their first class, classes without one come last", () => {
  setClassAppearance({ order: [3, 2, 1, 0], groups: { 0: "animals", 2: "animals", 1: "vehicles" } });
  assert.deepEqual(classGroups(4), [{ name: "animals", labels: [2, 0] }, { name: "vehicles", labels: [1] }, { name: "", labels: [3] }]);
  assert.equal(hasGroups(4), true);
  assert.deepEqual(classOptions(CLASSES), [["animals", [["2", "dog"], ["0", "cat"]]], ["vehicles", [["1", "truck"]]], ["3", "mug"]]);
});

test("without groups there is one list in the class order, and merged classes are in none", () => {
  setClassAppearance({ order: [1, 0], merged: [2] });
  assert.deepEqual(classGroups(4), [{ name: "", labels: [1, 0, 3] }]);
  assert.equal(hasGroups(4), false);
  assert.deepEqual(classGroups(0), []);
});

test("a search finds classes by a part of their name or of their group's", () => {
  setClassAppearance({ groups: { 0: "Animals", 2: "Animals" } });
  assert.deepEqual(matchingGroups(CLASSES, " anim "), [{ name: "Animals", labels: [0, 2] }]);
  assert.deepEqual(matchingGroups(CLASSES, "u"), [{ name: "", labels: [1, 3] }]);
  assert.deepEqual(matchingGroups(CLASSES, "x"), []);
});

test("of many classes the group of one is unfolded", () => {
  const group = { name: "a", labels: [4, 5] };
  assert.equal(isUnfolded(group, 24, undefined), true);
  assert.equal(isUnfolded(group, 25, 5), true);
  assert.equal(isUnfolded(group, 25, 6), false);
  assert.equal(isUnfolded(group, 25, undefined), false);
});

/** Updates over a server that answers with an appearance. */
function updates(answer) {
  const seen = { asked: [], changes: [] };
  const classes = ["cat", "dog"];
  const api = { classes: async (known) => { seen.asked.push(known); return answer(); } };
  const one = new ClassUpdates({ api, classes, onChange: (isMerged) => seen.changes.push(isMerged) });
  one.begin({ version: "1", merged: [] });
  return { one, classes, seen };
}

test("only another version asks the server, and its names replace those in place", async () => {
  const { one, classes, seen } = updates(() => ({ classes: ["cat", "hound", "owl"], appearance: { version: "2", merged: [], groups: { 1: "animals" } } }));
  one.follow({ classes_version: "1" });
  assert.deepEqual(seen.asked, []);
  one.follow({ classes_version: "2" });
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([seen.asked, classes, seen.changes, appearanceVersion()], [["1"], ["cat", "hound", "owl"], [false], "2"]);
});

test("an added class is known at once, a merge is told, the same version changes nothing", async () => {
  const { one, classes, seen } = updates(() => ({ classes: ["cat", "dog (merged into cat)"], appearance: { version: "3", merged: [1] } }));
  one.follow({ classes: ["cat", "dog", "owl"], classes_version: "1" });
  assert.deepEqual(classes, ["cat", "dog", "owl"]);
  await one.ask();
  assert.deepEqual(seen.changes, [false, true]);
  one.take({ classes: [], appearance: { version: "3" } });
  assert.equal(classes.length, 2);
});

test("a server that does not answer changes nothing", async () => {
  const { one, classes, seen } = updates(() => { throw new Error("away"); });
  await one.ask();
  await one.ask();
  assert.deepEqual([classes.length, seen.changes, seen.asked.length], [2, [], 2]);
});

test("a version that is named while the server is asked is asked for as well", async () => {
  let number = 1;
  const { one, seen } = updates(() => ({ classes: ["cat"], appearance: { version: String(++number), merged: [] } }));
  one.follow({ classes_version: "2" });
  one.follow({ classes_version: "3" });
  await new Promise((done) => setTimeout(done));
  assert.deepEqual([seen.asked, appearanceVersion()], [["1", "2"], "3"]);
});

test("a menu may offer each group as a whole, before its classes", () => {
  setClassAppearance({ groups: { 0: "animals", 2: "animals" } });
  const options = classOptions(CLASSES, { groupValue: (name) => `group:${name}` });
  assert.deepEqual(options, [["animals", [["group:animals", "animals: all 2"], ["0", "cat"], ["2", "dog"]]], ["1", "truck"], ["3", "mug"]]);
});
