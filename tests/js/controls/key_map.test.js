import assert from "node:assert/strict";
import test from "node:test";

import { KEY_HELP, actionOf, helpRows } from "../../../dashboard/components/review/keys/keyboard.js";
import { KeyMap, USUAL_KEYS, keyProblem } from "../../../dashboard/components/review/keys/key_map.js";

globalThis.Element ??= class {};
const press = (key, keyMap) => actionOf({ key, composedPath: () => [null] }, keyMap);

function box(text = null) {
  return { text, getItem() { return this.text; }, setItem(_, value) { this.text = value; }, removeItem() { this.text = null; } };
}

test("an own key does its action, the key before does none, and the next page knows both", () => {
  const storage = box();
  new KeyMap(storage).set("accept", "J");
  const keyMap = new KeyMap(storage);
  assert.deepEqual([press("j", keyMap), press("J", keyMap), press("a", keyMap)], [{ action: "accept" }, { action: "accept" }, null]);
  assert.deepEqual(press("Enter", keyMap), { action: "accept" }, "keys without a letter stay");
});

test("a key belongs to one action: who takes another's gives its own", () => {
  const keyMap = new KeyMap(box());
  assert.equal(keyMap.takenBy("accept", "x"), "reject");
  assert.equal(keyMap.takenBy("accept", "a"), null);
  keyMap.set("accept", "x");
  assert.deepEqual([keyMap.keyOf("accept"), keyMap.keyOf("reject")], ["x", "a"]);
  const keys = Object.values(keyMap.keys);
  assert.equal(new Set(keys).size, keys.length);
});

test("reset brings every key back and leaves nothing in the browser", () => {
  const storage = box();
  const keyMap = new KeyMap(storage);
  keyMap.set("skip", "k");
  keyMap.reset();
  assert.deepEqual([keyMap.keys, storage.text], [USUAL_KEYS, null]);
});

test("what a browser stored and cannot be is left out", () => {
  for (const text of ["{", "null", "[1]", '{"accept": "k", "skip": "k"}', '{"accept": "5"}', '{"fly": "k"}', '{"accept": "ab"}', '{"accept": 3}']) {
    assert.deepEqual(new KeyMap(box(text)).keys, USUAL_KEYS, text);
  }
});

test("an action that came later and whose usual key a person had given away gets the one that became free", () => {
  const keyMap = new KeyMap(box('{"accept": "w", "skip": "h"}'));
  assert.deepEqual([keyMap.actionOf("w"), keyMap.actionOf("h")], ["accept", "skip"]);
  assert.deepEqual(["note", "flag"].map((action) => keyMap.keyOf(action)).sort(), ["a", "s"]);
  assert.equal(new Set(Object.values(keyMap.keys)).size, Object.keys(USUAL_KEYS).length);
});

test("digits, space and named keys cannot be set", () => {
  for (const key of ["1", "0", " ", "Enter", "F5", "ArrowLeft", "Dead"]) assert.match(keyProblem(key), /press a letter or a sign/, key);
  for (const key of ["j", "é", "ñ", ";", "Q"]) assert.equal(keyProblem(key), "", key);
});

test("the help shows the keys as they are set, each action once", () => {
  const keyMap = new KeyMap(box());
  keyMap.set("accept", "j");
  const rows = helpRows(keyMap);
  assert.equal(rows.length, KEY_HELP.length);
  assert.deepEqual(rows.map((row) => row.action).filter(Boolean).sort(), Object.keys(USUAL_KEYS).sort());
  assert.deepEqual(rows[0], { action: "accept", key: "j", more: "Enter", text: "accept the suggested label" });
});

test("a storage that refuses keeps the keys for this page", () => {
  const storage = { ...box(), setItem() { throw new Error("QuotaExceededError"); } };
  const keyMap = new KeyMap(storage);
  keyMap.set("accept", "j");
  assert.equal(keyMap.actionOf("j"), "accept");
});
