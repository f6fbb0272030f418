// A move to an image that is at hand is shown before the kernel has heard of it.
import { openBitmaps, settle } from "./page.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import widget from "../src/widget.ts";
import { encode } from "./encode.ts";
import { FakeModel, clicks, object, scene } from "./model.ts";
import type { ImageInfo } from "../src/protocol.ts";

const FIRST: ImageInfo = { width: 8, height: 4, name: "a.jpg", place: 0, held_in: "_image" };
const NEXT: ImageInfo = { width: 4, height: 8, name: "b.jpg", place: 1, held_in: "_other_image" };
const COLLECTION = {
  count: 5,
  status: "open",
  shown: null,
  counts: { open: 5, done: 0, skipped: 0, flagged: 0 },
  has_next: true,
  has_previous: true,
  problem: null,
} as const;

let fake: FakeModel;
let root: HTMLElement;
let clean: () => void;

beforeEach(async () => {
  fake = new FakeModel();
  fake.traits = {
    ...fake.traits,
    _image_info: FIRST,
    _other_image: new DataView(new Uint8Array([4, 5, 6]).buffer),
    _collection: { ...COLLECTION, at_hand: NEXT },
    _scene: scene({ recent_objects: [object(1)], click_change: clicks([1, 1, 1]) }),
  };
  const place = document.createElement("div");
  document.body.replaceChildren(place);
  clean = widget.render({ model: fake.model, el: place });
  root = place.querySelector<HTMLElement>(".dynamite-widget") ?? assert.fail();
  await settle();
});
afterEach(() => clean());

const press = (key: string) =>
  root
    .querySelector(".dw-canvas")
    ?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const name = () => root.querySelector(".dw-image-name")?.textContent;
const objects = () => root.querySelectorAll(".dw-object").length;

test("its photograph is shown at once, without the objects of the one before", async () => {
  assert.equal(openBitmaps.size, 2);
  press("PageDown");
  await settle();
  assert.equal(name(), "b.jpg");
  assert.equal(objects(), 0);
  assert.equal(root.getAttribute("aria-busy"), "true");
  assert.deepEqual(
    fake.sent.map(({ command, place }) => [command, place]),
    [["next_image", 0]],
  );
  fake.receive({ _image_info: NEXT, _collection: { ...COLLECTION, at_hand: FIRST } });
  fake.answer({
    recent_objects: [object(7)],
    click_change: { number: 2, since: 1, at: 0, removed: 1, added: [] },
  });
  await settle();
  assert.equal(name(), "b.jpg");
  assert.equal(objects(), 1);
  assert.equal(root.getAttribute("aria-busy"), "false");
  assert.equal(openBitmaps.size, 2);
});

test("what is done there before the answer is about that image", () => {
  press("PageDown");
  press("n");
  press("d");
  assert.deepEqual(
    fake.sent.map(({ command, place }) => [command, place]),
    [
      ["next_image", 0],
      ["add_object", 1],
      ["mark_image", 1],
    ],
  );
});

test("the mark of the image before is neither shown nor taken away there", async () => {
  fake.receive({ _collection: { ...COLLECTION, at_hand: NEXT, status: "done" } });
  await settle();
  const done = () => root.querySelector("[data-action=done]")?.getAttribute("aria-pressed");
  assert.equal(done(), "true");
  press("PageDown");
  await settle();
  assert.equal(done(), "false");
  press("d");
  await settle();
  assert.equal(done(), "true");
  press("d");
  assert.deepEqual(
    fake.sent.map(({ place, status }) => [place, status]),
    [
      [0, undefined],
      [1, "done"],
      [1, "open"],
    ],
  );
});

test("where the kernel is gone, the view stays where it is", async () => {
  fake.isGone = true;
  press("PageDown");
  await settle();
  assert.equal(name(), "a.jpg");
  assert.equal(objects(), 1);
});

test("where the kernel did not go, the view comes back", async () => {
  press("PageDown");
  await settle();
  fake.answer({});
  await settle();
  assert.equal(name(), "a.jpg");
  assert.equal(objects(), 1);
});

test("where the kernel went elsewhere, the view goes with it", async () => {
  press("PageDown");
  const elsewhere = { ...NEXT, name: "c.jpg", place: 2 };
  fake.receive({ _image_info: elsewhere, _label_map: encode(["0110", "0110"]) });
  fake.answer({ recent_objects: [object(1), object(2)] });
  await settle();
  assert.equal(name(), "c.jpg");
  assert.equal(objects(), 2);
});

test("a move the other way, or a second one, waits for the kernel", async () => {
  press("PageUp");
  await settle();
  assert.equal(name(), "a.jpg");
  fake.answer({});
  press("PageDown");
  press("PageDown");
  await settle();
  assert.equal(name(), "b.jpg");
  assert.equal(fake.sent.length, 3);
});
