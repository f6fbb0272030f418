// What a hand draws arrives: never too far outside of the image, never in too many points.
import "./page.ts";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Kernel } from "../src/kernel.ts";
import { Brushing } from "../src/tools/brushing.ts";
import { Lasso } from "../src/tools/drawing.ts";
import { broughtNear } from "../src/tools/strokes.ts";
import type { Desk, Tool } from "../src/tools/tool.ts";
import type { Point } from "../src/viewport.ts";
import { FakeModel } from "./model.ts";

const IMAGE = { width: 300, height: 100 };

let fake: FakeModel;
let desk: Desk;

beforeEach(() => {
  fake = new FakeModel();
  const inside = (value: number, length: number) => Math.min(Math.max(value, 0), length);
  desk = {
    kernel: new Kernel(fake.model, new AbortController().signal),
    image: IMAGE,
    viewport: { scale: 2, left: 0, top: 0 },
    dots: [],
    clickRadius: 4,
    brushRadius: 20,
    activeColor: "#000000",
    pixelAt: () => null,
    pointAt: ({ x, y }) => ({ x: inside(x / 2, IMAGE.width), y: inside(y / 2, IMAGE.height) }),
    redraw: () => undefined,
  };
});

/** Draws through points of the view, and returns what was sent. */
function draw(tool: Tool, points: readonly Point[], field: "path" | "points") {
  const [first, last] = [points[0] ?? assert.fail(), points.at(-1) ?? assert.fail()];
  const drag = tool.press?.({ at: first, background: false, eraser: false });
  for (const point of points) drag?.move(point);
  drag?.end(last);
  return fake.sent.at(-1)?.[field] as [number, number][];
}

test("a stroke that goes far outside comes no farther than the kernel takes", () => {
  const far = [
    { x: 100, y: 100 },
    { x: 100, y: 5000 },
    { x: -9000, y: 5000 },
    { x: 8000, y: -5000 },
  ];
  const path = draw(new Brushing(desk, false), far, "path");
  for (const [x, y] of path) {
    assert.ok(x >= -300 && x <= 600, String(x));
    assert.ok(y >= -300 && y <= 400, String(y));
  }
});

test("a brush is never wider than the kernel takes", () => {
  desk = { ...desk, brushRadius: 1000 };
  draw(new Brushing(desk, false), [{ x: 100, y: 100 }], "path");
  assert.equal(fake.sent.at(-1)?.["radius"], 300);
});

test("inside of those bounds a line stays straight, wherever its ends are", () => {
  // Down and to the right at 45 degrees, up to where no brush reaches the image any more.
  const path = broughtNear(
    [
      { x: 50, y: 50 },
      { x: 2050, y: 2050 },
    ],
    IMAGE,
  );
  assert.deepEqual(path, [
    { x: 50, y: 50 },
    { x: 400, y: 400 },
    { x: 600, y: 400 },
    { x: 600, y: 400 },
  ]);
  const across = broughtNear(
    [
      { x: -1000, y: -1000 },
      { x: 1000, y: 1000 },
    ],
    IMAGE,
  );
  for (const { x, y } of across.slice(1, 4)) assert.ok(Math.abs(x - y) < 1e-9 || y === 400);
});

test("what lies near is sent as it was drawn", () => {
  const near = [
    { x: -299, y: 399 },
    { x: 0, y: 0 },
    { x: 599, y: -299 },
  ];
  assert.deepEqual(broughtNear(near, IMAGE), near);
});

test("a lasso drawn slowly has no more points than the kernel takes", () => {
  const slow = Array.from({ length: 30_000 }, (_, i) => ({
    x: 200 + 80 * Math.cos(i / 4000),
    y: 100 + 80 * Math.sin(i / 4000),
  }));
  const points = draw(new Lasso(desk), slow, "points");
  assert.ok(points.length < 2000, String(points.length));
  assert.ok(points.length > 500, String(points.length)); // about a point for half a CSS pixel
});
