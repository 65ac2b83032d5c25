import assert from "node:assert/strict";
import test from "node:test";

import { KEY_HELP, actionOf } from "../../../dashboard/components/review/keys/keyboard.js";

/** Just enough of a DOM element: it lies in one element, named by a selector. */
globalThis.Element = class {
  constructor(inside = "") { [this.inside, this.type, this.isOpen] = inside.split(":"); }
  closest(selectors) {
    const names = [this.inside, `[type=${this.type}]`];
    return selectors.split(",").some((selector) => names.includes(selector.trim())) ? this : null;
  }
  matches(selector) { return selector === ":open" && this.isOpen === "open"; }
};

const press = (key, more = {}, inside = "") => actionOf({ key, composedPath: () => [new Element(inside)], ...more });

test("each key is its action", () => {
  const wanted = { a: "accept", Enter: "accept", x: "reject", n: "none", s: "skip", u: "unsure", z: "undo", Backspace: "undo",
    f: "toggle", "?": "help", "/": "search", Escape: "clear", A: "accept" };
  for (const [key, action] of Object.entries(wanted)) assert.deepEqual(press(key), { action });
});

test("digits are the first ten classes, 0 the tenth", () => {
  assert.deepEqual([press("1").label, press("9").label, press("0").label], [0, 8, 9]);
});

test("nothing fires while somebody types, not even an arrow", () => {
  for (const box of ["input", "input:number", "input:search", "textarea", "select::open", "[contenteditable=true]"]) {
    for (const key of ["a", "Enter", "1", "Backspace", "ArrowLeft"]) assert.equal(press(key, {}, box), null);
  }
});

test("Enter and space belong to the control that has the focus, letters do not", () => {
  for (const control of ["button", "a[href]", "summary", "[role=button]", "[role=tab]"]) {
    assert.equal(press("Enter", {}, control), null, control);
    assert.equal(press(" ", {}, control), null, control);
    assert.deepEqual(press("a", {}, control), { action: "accept" });
  }
});

test("a threshold handle and a slider keep their arrows; letters go to the review page", () => {
  for (const slider of ["[role=slider]", "input:range"]) {
    for (const key of ["ArrowLeft", "PageUp"]) assert.equal(press(key, {}, slider), null);
    assert.deepEqual(press("a", {}, slider), { action: "accept" });
  }
});

test("letters and digits decide though a menu or a check box has the focus; a closed menu keeps what steps through it", () => {
  for (const control of ["select", "input:checkbox", "input:range"]) {
    for (const [key, action] of Object.entries({ a: "accept", x: "reject", 2: "relabel", z: "undo", "/": "search" })) {
      assert.equal(press(key, {}, control)?.action, action, `${control} ${key}`);
    }
  }
  for (const key of ["ArrowDown", "PageDown", "Enter", " "]) assert.equal(press(key, {}, "select"), null, key);
  assert.deepEqual(press("Enter", {}, "input:checkbox"), { action: "accept" });
});

test("a held key repeats arrows, never a decision", () => {
  for (const key of ["a", "Enter", "x", "1", "z"]) assert.equal(press(key, { repeat: true }), null);
  assert.equal(press("ArrowRight", { repeat: true }).action, "move");
});

test("the browser keeps its own shortcuts, but for select all", () => {
  for (const key of ["c", "r", "f", "z", "1"]) assert.equal(press(key, { ctrlKey: true }), null);
  assert.deepEqual(press("a", { metaKey: true }), { action: "selectAll" });
});

test("the help names every deciding key", () => {
  const named = KEY_HELP.map(([keys]) => keys).join(" ");
  for (const key of ["a", "Enter", "x", "n", "s", "u", "z", "Backspace", "f", "?", "/", "click", "Shift+click", "Ctrl+click", "drag", "Ctrl+A", "PageUp"]) assert.ok(named.includes(key), key);
});

test("arrows move by column and row, with Shift they select", () => {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  for (const [key, by] of Object.entries(moves)) {
    assert.deepEqual(press(key, { shiftKey: false }), { action: "move", by, isSelecting: false });
    assert.equal(press(key, { shiftKey: true }).isSelecting, true);
    for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.equal(press(key, { [held]: true }), null);
  }
});

test("page keys turn the page, Ctrl+A selects, a key without a meaning does nothing", () => {
  assert.deepEqual([press("PageDown"), press("PageUp")], [{ action: "forward" }, { action: "back" }]);
  assert.deepEqual(press("a", { ctrlKey: true }), { action: "selectAll" });
  for (const key of ["q", "Tab", "F5", "Shift", "é"]) assert.equal(press(key), null, key);
});
