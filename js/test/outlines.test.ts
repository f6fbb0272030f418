// Outlines close around every part and hole of an object, and stay on its border.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelMap } from "../src/label_map.ts";
import { simplified } from "../src/outlines.ts";
import { encode } from "./encode.ts";

const trace = (...rows: string[]) => new LabelMap(encode(rows)).outlines();

/** An object of a square map: the pixels that a test of their place picks. */
function drawn(size: number, isInside: (x: number, y: number) => boolean) {
  const places = Array.from({ length: size }, (_, i) => i);
  return places.map((y) => places.map((x) => (isInside(x, y) ? "1" : "0")).join(""));
}

/** Twice the signed area of a closed line: positive clockwise, as y points down. */
function area(line: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < line.length; i += 2) {
    const j = (i + 2) % line.length;
    sum += (line[i] ?? 0) * (line[j + 1] ?? 0) - (line[j] ?? 0) * (line[i + 1] ?? 0);
  }
  return sum;
}

test("a single pixel is a diamond around its middle", () => {
  assert.deepEqual(
    trace("000", "010", "000")
      .get(1)
      ?.map((line) => [...line]),
    [[1.5, 1, 2, 1.5, 1.5, 2, 1, 1.5]],
  );
});

test("straight borders have two points, however long they are", () => {
  const [line] = trace("1111111111", "1111111111").get(1) ?? [];
  assert.equal((line?.length ?? 0) / 2, 8);
  assert.deepEqual([...(line ?? [])].slice(0, 4), [0.5, 0, 9.5, 0]);
});

test("a hole is a line of its own, walked the other way round", () => {
  const lines = trace("11111", "10001", "10001", "11111").get(1) ?? [];
  assert.equal(lines.length, 2);
  assert.deepEqual(
    lines.map((line) => Math.sign(area(line))),
    [1, -1],
  );
});

test("parts that touch only at a corner stay apart", () => {
  assert.equal(trace("10", "01").get(1)?.length, 2);
});

test("each object has its own outline, also along the edge of the image", () => {
  const outlines = trace("1122", "1122");
  assert.deepEqual([...outlines.keys()], [1, 2]);
  assert.ok(outlines.get(2)?.every((line) => line.every((value, i) => i % 2 || value >= 2)));
});

test("every line surrounds about as many pixels as the object has", () => {
  const rows = drawn(60, (x, y) => Math.hypot(x - 30, y - 28) < 20);
  const pixels = rows.join("").split("1").length - 1;
  const lines = trace(...rows).get(1) ?? [];
  assert.equal(lines.length, 1);
  const [line] = lines;
  assert.ok(line && Math.abs(area(line) / 2 - pixels) < 0.03 * pixels);
});

test("borders of some objects are the same as when all are traced", () => {
  const map = new LabelMap(encode(["1122", "1322", "3333"]));
  const all = map.outlines();
  assert.deepEqual([...map.outlines(new Set([3, 9]))], [[3, all.get(3)]]);
});

/** How far a point lies from a closed line. */
function distance(line: Float32Array, x: number, y: number): number {
  let least = Infinity;
  for (let i = 0; i < line.length; i += 2) {
    const [ax, ay] = [line[i] ?? 0, line[i + 1] ?? 0];
    const j = (i + 2) % line.length;
    const [dx, dy] = [(line[j] ?? 0) - ax, (line[j + 1] ?? 0) - ay];
    const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
    const at = Math.max(0, Math.min(along, 1));
    least = Math.min(least, Math.hypot(x - ax - at * dx, y - ay - at * dy));
  }
  return least;
}

test("a simpler line has a few of the points, and the others lie near it", () => {
  const rows = drawn(400, (column, row) => {
    const [x, y] = [column - 200, row - 190];
    const radius = 120 * (1 + 0.2 * Math.sin(7 * Math.atan2(y, x)));
    return Math.hypot(x, y) < radius && Math.hypot(x, y) > 20;
  });
  const outline = trace(...rows).get(1) ?? [];
  const simple = simplified(outline, 0.5);
  assert.equal(simple.length, 2);
  outline.forEach((line, k) => {
    const fewer = simple[k] ?? new Float32Array();
    assert.ok(fewer.length < line.length / 3, `${fewer.length} of ${line.length}`);
    for (let i = 0; i < line.length; i += 2) {
      assert.ok(distance(fewer, line[i] ?? 0, line[i + 1] ?? 0) <= 0.5 + 1e-4);
    }
  });
});

test("even a single pixel keeps an area", () => {
  const pixel = trace("000", "010", "000").get(1) ?? [];
  assert.ok((simplified(pixel, 0.5)[0]?.length ?? 0) >= 6);
});
