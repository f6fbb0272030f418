// Flashes show what a click on one object did to others, as far as anybody would want to know.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FLASH_MS, Flashes } from "../src/flashes.ts";
import { LabelMap } from "../src/label_map.ts";
import { encode } from "./encode.ts";

const WIDTH = 60;
const rows = (n: number, ...objects: [id: number, pixels: number][]) =>
  Array<string>(n).fill(objects.map(([id, pixels]) => String(id).repeat(pixels)).join(""));
const map = (...lines: string[]) => new LabelMap(encode(lines));

test("an object that another one's click made smaller flashes, and then no longer", () => {
  const before = map(...rows(60, [1, 20], [2, WIDTH - 20]));
  const after = map(...rows(60, [1, 25], [2, WIDTH - 25]));
  const flashes = new Flashes();
  assert.deepEqual(flashes.start(before, after, [2], 1000), [2]);
  assert.equal(flashes.strength(2, 1000), 1);
  assert.equal(flashes.strength(1, 1000), 0, "nobody asked about the clicked one");
  assert.equal(flashes.strength(2, 1000 + FLASH_MS), 0);
  assert.equal(flashes.any, false);
});

test("a border that settles does not flash", () => {
  const before = map(...rows(60, [1, 20], [2, WIDTH - 20]));
  const pixel = map(...rows(40, [1, 21], [2, 39]), ...rows(20, [1, 20], [2, 40]));
  assert.deepEqual(new Flashes().start(before, pixel, [2], 0), [], "40 of 2400 pixels");
  const small = map(...rows(3, [1, 3], [2, 4]));
  const smaller = map(...rows(3, [1, 4], [2, 3]));
  assert.deepEqual(new Flashes().start(small, smaller, [2], 0), [], "3 of 12 pixels");
});

test("a small object that is gone is told of", () => {
  const before = map(...rows(3, [1, 3], [2, 4]));
  const after = map(...rows(3, [1, 7]));
  assert.deepEqual(new Flashes().start(before, after, [2], 0), [2]);
});
