// Detail is asked for once for a view at rest, and shown in its own place as soon as it is decoded.
import { settle } from "./page.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Detail } from "../src/detail.ts";
import { Kernel } from "../src/kernel.ts";
import type { BoxRow } from "../src/protocol.ts";
import { encode } from "./encode.ts";
import { FakeModel } from "./model.ts";

const IMAGE = { width: 12_000, height: 8000 };
const PREVIEW = { width: 2048, height: 1365 };
const decodeAtOnce = globalThis.createImageBitmap;

let fake: FakeModel;
let life: AbortController;
let detail: Detail;
let changes: number;

beforeEach(() => {
  fake = new FakeModel();
  life = new AbortController();
  const kernel = new Kernel(fake.model, life.signal);
  changes = 0;
  detail = new Detail(kernel, () => changes++, life.signal);
});
afterEach(() => {
  life.abort();
  globalThis.createImageBitmap = decodeAtOnce;
});

/** The view is drawn: so much of it, the image's pixel (x, y) at its top left corner. */
function look(x: number, y: number, scale = 0.4, ratio = 2, width = 1200, height = 600): void {
  const viewport = { scale, left: -x * scale, top: -y * scale };
  detail.want(viewport, { width, height }, ratio, IMAGE, PREVIEW);
}

const asked = () => fake.sent.filter(({ command }) => command === "send_detail");
const lastBox = () => asked().at(-1)?.["box"] as BoxRow;

/** The kernel answers what was asked last. */
function answer(image = new DataView(new ArrayBuffer(3))): void {
  const { view, id, box } = asked().at(-1) ?? assert.fail("nothing was asked");
  fake.receive({ _detail: image, _detail_labels: encode(["11", "11"]) });
  fake.receive({ _detail_info: { view, id, box: box as BoxRow } });
}

for (const [scale, ratio, width] of [
  [0.4, 2, 1200],
  [0.4, 1, 2500],
  [0.2, 2, 1900],
  [0.5, 3, 2400], // more than the kernel gives
  [0.9, 1, 1000],
  [6, 2, 1200],
] as const) {
  test(`at rest ${width} px are asked for once, at scale ${scale}, ${ratio} to a pixel`, async () => {
    for (let i = 0; i < 4; i++) {
      look(1000, 1000, scale, ratio, width);
      answer();
      await settle();
    }
    assert.equal(asked().length, 1);
    for (const dx of [-0.05, 0.05]) look(1000 + (dx * width) / scale, 1000, scale, ratio, width);
    assert.equal(asked().length, 1); // a small pan needs no other
  });
}

test("what is asked for can be given sharp where the view is not too large for that", () => {
  for (const width of [600, 800, 900, 1200, 1500]) {
    for (const scale of [0.3, 0.6, 3]) {
      look(1000, 1000, scale, 2, width);
      const { box, pixels } = asked().at(-1) ?? assert.fail();
      const [, , across] = box as BoxRow;
      assert.ok(across * Math.min(scale * 2, 1) <= Number(pixels) + 2, `${width} at ${scale}`);
      assert.ok(Number(pixels) <= 4096);
      detail.forget();
    }
  }
});

test("a closer look asks for a sharper detail", () => {
  look(1000, 1000, 0.25);
  answer();
  look(1300, 1300, 0.26);
  assert.equal(asked().length, 1);
  look(1300, 1300, 0.35);
  assert.equal(asked().length, 2);
});

test("until the next detail is decoded the last one stays in its place", async () => {
  look(1000, 1000);
  const first = lastBox();
  answer();
  await settle();
  assert.deepEqual(detail.box, first);
  const { bitmap } = detail.photograph;
  const { map } = detail.masks;
  let decode = () => {};
  globalThis.createImageBitmap = async (...args: [ImageBitmapSource]) => {
    await new Promise<void>((done) => (decode = done));
    return decodeAtOnce(...args);
  };
  look(4000, 1000);
  const second = lastBox();
  assert.notDeepEqual(first, second);
  answer();
  await settle();
  assert.equal(detail.photograph.bitmap, bitmap);
  assert.equal(detail.masks.map, map);
  assert.deepEqual(detail.box, first);
  const before = changes;
  decode();
  await settle();
  assert.notEqual(detail.photograph.bitmap, bitmap);
  assert.notEqual(detail.masks.map, map);
  assert.deepEqual(detail.box, second);
  assert.equal(changes, before + 1);
});

test("labels that come alone are shown with the picture that is there", async () => {
  look(1000, 1000);
  answer();
  await settle();
  const { bitmap } = detail.photograph;
  fake.receive({ _label_map: encode(["00000000", "00000000", "00000000", "00000001"]) });
  assert.equal(detail.masks.map, null);
  assert.equal(asked().at(-1)?.["image"], false);
  answer(new DataView(new ArrayBuffer(5))); // another view's picture has come meanwhile
  await settle();
  assert.ok(detail.masks.map);
  assert.equal(detail.photograph.bitmap, bitmap);
});
