import assert from "node:assert/strict";
import test from "node:test";

import { COLORINGS, bytesOf, classColor, legendOf, pointColors, valueOf } from "../../../dashboard/components/map/point_colors.js";

const CLASSES = ["coat", "shirt", "bag"];
const COLUMNS = {
  num: 4, prediction: Int32Array.of(0, 1, 2, 1), label: Int32Array.of(-1, 1, -1, 0), confidence: Float32Array.of(0.1, 0.5, 0.99, 1),
  decision: Uint8Array.of(0, 1, 7, 2), labeled: Uint8Array.of(0, 0, 0, 1),
};

test("every point has the color of its entry in the legend, in each coloring and scheme", () => {
  for (const [coloring] of COLORINGS) {
    for (const scheme of ["light", "dark"]) {
      const colors = pointColors(COLUMNS, coloring, CLASSES, scheme, () => true, new Set());
      const legend = legendOf(coloring, CLASSES, scheme);
      for (let index = 0; index < COLUMNS.num; index++) {
        const entry = legend.find(({ value }) => value === valueOf(COLUMNS, coloring, index));
        assert.deepEqual([...colors.slice(4 * index, 4 * index + 3)], bytesOf(entry.color), `${coloring} ${index}`);
      }
    }
  }
});

test("hidden points have no alpha, and unselected ones less than selected ones", () => {
  const colors = pointColors(COLUMNS, "prediction", CLASSES, "light", (index) => index !== 0, new Set([2]));
  const alpha = [0, 1, 2, 3].map((index) => colors[4 * index + 3]);
  assert.equal(alpha[0], 0);
  assert.ok(alpha[1] > 0 && alpha[1] < alpha[2]);
});

test("many classes have valid colors, and neighbors differ", () => {
  const colors = Array.from({ length: 120 }, (_, label) => classColor(label, 120, "dark"));
  for (const color of colors) assert.match(color, /^#[0-9a-f]{6}$/);
  for (let label = 1; label < colors.length; label++) assert.notEqual(colors[label], colors[label - 1]);
});

test("a labeled image has a prediction and a label, but neither confidence nor decision", () => {
  assert.equal(valueOf(COLUMNS, "label", 3), 0);
  for (const coloring of ["confidence", "decision"]) {
    const entry = legendOf(coloring, CLASSES, "light").find(({ value }) => value === valueOf(COLUMNS, coloring, 3));
    assert.equal(entry.text, "labeled");
  }
});

test("ranges of a metadata column go along a ramp, values have colors of their own, a missing one is gray", () => {
  const names = ["1 to 2", "3 to 4", "no value"], metadata = Uint8Array.of(0, 1, 2, 1);
  for (const isOrdered of [true, false]) {
    const columns = { ...COLUMNS, metadata, groups: { names, isOrdered } };
    const legend = legendOf("column:depth", CLASSES, "light", columns.groups);
    assert.deepEqual(legend.map(({ text }) => text), names);
    assert.equal(new Set(legend.map(({ color }) => color)).size, 3);
    const colors = pointColors(columns, "column:depth", CLASSES, "light", () => true, new Set());
    for (const index of [0, 1, 2, 3]) {
      assert.deepEqual([...colors.slice(4 * index, 4 * index + 3)], bytesOf(legend[metadata[index]].color));
    }
  }
});
