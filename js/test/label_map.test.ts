// A label map knows whose a pixel is, what changed, and how to be painted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelMap } from "../src/label_map.ts";
import { encode } from "./encode.ts";

const map = (...rows: string[]) => new LabelMap(encode(rows));

test("a point of a larger image finds the pixel that stands for it", () => {
  const small = map("01", "20");
  const image = { width: 200, height: 200 };
  assert.equal(small.idAt({ x: 150, y: 20 }, image), 1);
  assert.equal(small.idAt({ x: 99.9, y: 100 }, image), 2);
  assert.equal(small.idAt({ x: -1, y: 20 }, image), 0);
  assert.equal(small.idAt({ x: 150, y: 200 }, image), 0);
});

test("objects that gained or lost pixels are counted, the others are not named", () => {
  const before = map("0011", "0022", "3300");
  const after = map("0111", "0022", "3000");
  assert.deepEqual([...after.changesSince(before)].sort(), [
    [1, 1],
    [3, 1],
  ]);
  assert.deepEqual([...after.changesSince(after)], []);
});

test("a pixel that changes hands counts for both", () => {
  assert.deepEqual([...map("12").changesSince(map("11"))].sort(), [
    [1, 1],
    [2, 1],
  ]);
});

test("painting gives every object its colour and leaves the rest transparent", () => {
  const words = new Map([
    [1, 101],
    [3, 103],
    [7, 107],
  ]);
  const paint = (left: number, top: number, right: number, bottom: number) => {
    return [...map("0123", "1032").paint({ left, top, right, bottom }, words)];
  };
  assert.deepEqual(paint(0, 0, 4, 2), [0, 101, 0, 103, 101, 0, 103, 0]);
  assert.deepEqual(paint(1, 0, 3, 2), [101, 0, 0, 103]);
});
