// Where a click may follow is said once, when the pointer rests there or is pressed.
import "./page.ts";
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Aim } from "../src/aim.ts";
import { Kernel } from "../src/kernel.ts";
import { FakeModel } from "./model.ts";

let fake: FakeModel;
let aim: Aim;
let scale: number;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  fake = new FakeModel();
  scale = 1;
  const kernel = new Kernel(fake.model, new AbortController().signal);
  aim = new Aim({
    kernel,
    get viewport() {
      return { scale, left: 0, top: 0 };
    },
    pixelAt: ({ x, y }) => (x < 0 ? null : { x: Math.floor(x / scale), y: Math.floor(y / scale) }),
  });
});

const told = () => fake.sent.map(({ command, x, y }) => [command, x, y]);

test("a pointer that rests says where, once", () => {
  aim.move({ x: 100, y: 50 });
  mock.timers.tick(1000);
  aim.move({ x: 104, y: 52 });
  mock.timers.tick(1000);
  assert.deepEqual(told(), [["aim", 100, 50]]);
});

test("a pointer on its way says nothing, nor one that left", () => {
  for (let x = 0; x < 300; x += 30) {
    aim.move({ x, y: 50 });
    mock.timers.tick(16);
  }
  aim.move(null);
  mock.timers.tick(1000);
  assert.deepEqual(told(), []);
});

test("a press says so at once, and not again while it stays", () => {
  aim.move({ x: 100, y: 50 });
  aim.take({ x: 100, y: 50 });
  mock.timers.tick(1000);
  assert.deepEqual(told(), [["aim", 100, 50]]);
});

test("beside the photograph nothing is said", () => {
  aim.take({ x: -5, y: 50 });
  assert.deepEqual(told(), []);
});

test("what was one place is two when it is seen larger", () => {
  aim.take({ x: 100, y: 50 });
  aim.take({ x: 108, y: 50 });
  scale = 4;
  aim.take({ x: 108 * 4, y: 50 * 4 });
  assert.deepEqual(told(), [
    ["aim", 100, 50],
    ["aim", 108, 50],
  ]);
});

test("another photograph has other places", () => {
  aim.take({ x: 100, y: 50 });
  fake.receive({ _image_info: { width: 8, height: 4, name: "", place: 1, held_in: "_image" } });
  aim.take({ x: 100, y: 50 });
  assert.equal(told().length, 2);
});

test("nobody waits for an answer to it", () => {
  aim.take({ x: 100, y: 50 });
  assert.equal(aim.range.kernel.waiting, false);
});
