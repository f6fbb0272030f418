// Which click may follow is said when the pointer rests, once, and when the button goes down.
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
    pixelAt: ({ x, y }) => (x < 0 ? null : { x: Math.floor(x / scale), y: Math.floor(y / scale) }),
  });
});

const rest = (x: number, y: number) => {
  aim.move({ x, y });
  mock.timers.tick(1000);
};

const told = () => fake.sent.map(({ command, x, y }) => [command, x, y]);

test("a pointer that rests says where, once", () => {
  rest(100, 50);
  rest(100, 50);
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

test("beside the photograph nothing is said", () => {
  rest(-5, 50);
  assert.deepEqual(told(), []);
});

test("the next pixel is another place, however large pixels are seen", () => {
  scale = 4;
  rest(400, 200);
  rest(403, 202);
  rest(432, 200);
  assert.deepEqual(told(), [
    ["aim", 100, 50],
    ["aim", 108, 50],
  ]);
});

test("another photograph has other places", () => {
  rest(100, 50);
  fake.receive({ _image_info: { width: 8, height: 4, name: "", place: 1, held_in: "_image" } });
  rest(100, 50);
  assert.equal(told().length, 2);
});

test("a press is said at once, and no rest there after it", () => {
  aim.move({ x: 100, y: 50 });
  aim.press({ x: 100, y: 50, object_id: 3 });
  mock.timers.tick(1000);
  assert.deepEqual(told(), [["press", 100, 50]]);
  assert.equal(fake.sent[0]?.object_id, 3);
});

test("nobody waits for an answer to it", () => {
  rest(100, 50);
  aim.press({ x: 100, y: 50, object_id: null });
  assert.equal(aim.range.kernel.waiting, false);
});
