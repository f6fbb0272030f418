// Photographs are decoded ahead, shown at once when they were, and never pile up.
import { openBitmaps, settle } from "./page.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Photograph } from "../src/photograph.ts";

let shown: (ImageBitmap | null)[];
let photograph: Photograph;

beforeEach(() => {
  shown = [];
  photograph = new Photograph(() => shown.push(photograph.bitmap));
});
afterEach(() => photograph.free());

const bytes = () => new DataView(new ArrayBuffer(3));

test("what was sent ahead is shown before anything else can happen", async () => {
  const [first, second] = [bytes(), bytes()];
  void photograph.load(first, second);
  await settle();
  void photograph.load(second, first);
  assert.equal(shown.length, 2);
  assert.notEqual(shown[0], shown[1]);
  void photograph.load(first, second); // and so is the way back
  assert.equal(shown[2], shown[0]);
});

test("two bitmaps are kept at most, and none in the end", async () => {
  const list = Array.from({ length: 9 }, bytes);
  for (const [i, data] of list.entries()) {
    void photograph.load(data, list[i - 1] ?? null);
    photograph.prepare(list[i + 1] ?? null);
    if (i % 2) await settle();
  }
  await settle();
  assert.equal(shown.at(-1), photograph.bitmap);
  assert.equal(openBitmaps.size, 1); // nothing comes after the last
  void photograph.load(list[0] ?? assert.fail(), list[1]);
  await settle();
  assert.equal(openBitmaps.size, 2);
  photograph.free();
  assert.equal(openBitmaps.size, 0);
});

test("one that is let go while it is decoded is closed when it is", async () => {
  void photograph.load(bytes(), bytes());
  photograph.free();
  await settle();
  assert.equal(openBitmaps.size, 0);
  assert.deepEqual(shown, []);
});

test("of two in a row only the later is shown", async () => {
  void photograph.load(bytes());
  void photograph.load(bytes());
  await settle();
  assert.equal(shown.length, 1);
  assert.equal(openBitmaps.size, 1);
});

test("what cannot be decoded says so when it is to be shown, and not before", async () => {
  const broken = bytes();
  const decode = globalThis.createImageBitmap;
  globalThis.createImageBitmap = () => Promise.reject(new Error("no photograph"));
  photograph.prepare(broken);
  await settle();
  await assert.rejects(photograph.load(broken), /no photograph/);
  globalThis.createImageBitmap = decode;
});
