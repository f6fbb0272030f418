// The image strip says where one is, moves and marks by acts, and acts stay with their image.
import { settle } from "./page.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Kernel } from "../src/kernel.ts";
import type { CollectionInfo } from "../src/protocol.ts";
import widget from "../src/widget.ts";
import { FakeModel, object, scene } from "./model.ts";

const LIST: CollectionInfo = {
  count: 120,
  status: "open",
  shown: null,
  counts: { open: 117, done: 2, skipped: 0, flagged: 1 },
  has_next: true,
  has_previous: false,
  at_hand: null,
  problem: null,
};

let fake: FakeModel;
let el: HTMLElement;
let clean: () => void;

beforeEach(() => {
  fake = new FakeModel();
  fake.traits = { ...fake.traits, _collection: LIST };
  el = document.createElement("div");
  document.body.replaceChildren(el);
  clean = () => undefined;
});
afterEach(() => clean());

async function show(): Promise<HTMLElement> {
  clean = widget.render({ model: fake.model, el });
  await settle();
  return el;
}

const query = (selector: string): HTMLElement =>
  el.querySelector<HTMLElement>(selector) ?? assert.fail(`no ${selector}`);

function press(key: string): void {
  query(".dw-canvas").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

const sent = () => fake.sent.map(({ command, status, to }) => [command, status ?? to]);

test("it says which image of how many is shown, and how many have each mark", async () => {
  fake.traits._image_info = {
    width: 8,
    height: 4,
    name: "street.jpg",
    place: 2,
    held_in: "_image",
  };
  await show();
  assert.equal((query(".dw-image-number") as HTMLInputElement).value, "3");
  assert.equal(query(".dw-image-count").textContent, "of 120");
  assert.equal(query(".dw-image-name").textContent, "street.jpg");
  const options = [...el.querySelectorAll(".dw-image-filter option")];
  assert.deepEqual(
    options.map(({ textContent }) => textContent),
    ["All 120", "Open 117", "Done 2", "Skipped 0", "Flagged 1"],
  );
});

test("one image alone has no strip, and its keys do nothing", async () => {
  fake.traits = { ...fake.traits, _collection: {} };
  await show();
  assert.equal(el.querySelector(".dw-images"), null);
  for (const key of ["PageDown", "d", "x", "!"]) press(key);
  assert.deepEqual(sent(), []);
});

test("keys and buttons move and mark; what is impossible is not asked", async () => {
  await show();
  press("PageDown");
  press("PageUp");
  press("d");
  query("[data-action=flagged]").click();
  query("[data-action=next_image]").click();
  assert.deepEqual(sent(), [
    ["next_image", undefined],
    ["mark_image", "done"],
    ["mark_image", "flagged"],
    ["next_image", undefined],
  ]);
});

test("a mark that is there is taken away by the same key", async () => {
  fake.traits = { ...fake.traits, _collection: { ...LIST, status: "done" } };
  await show();
  assert.equal(query("[data-action=done]").getAttribute("aria-pressed"), "true");
  press("d");
  assert.deepEqual(sent(), [["mark_image", "open"]]);
});

test("an image is chosen by its number, images by their status", async () => {
  await show();
  const number = query(".dw-image-number") as HTMLInputElement;
  for (const text of ["17", "1", "x", "", "0", "121", "2.5"]) {
    number.value = text;
    number.dispatchEvent(new Event("change"));
    assert.equal(number.value, "1");
  }
  const filter = query(".dw-image-filter") as HTMLSelectElement;
  for (const status of ["flagged", "all"]) {
    filter.value = status;
    filter.dispatchEvent(new Event("change"));
  }
  assert.deepEqual(sent(), [
    ["go_to_image", 16],
    ["show_images", "flagged"],
    ["show_images", undefined],
  ]);
});

test("an image that cannot be shown is named with the reason", async () => {
  fake.traits = { ...fake.traits, _image: null, _collection: { ...LIST, problem: "no such file" } };
  fake.traits._image_info = { width: 1, height: 1, name: "gone.jpg", place: 4, held_in: "_image" };
  await show();
  const problem = query(".dw-problem");
  assert.equal(problem.hidden, false);
  assert.ok(problem.textContent.includes("gone.jpg cannot be shown"));
  assert.ok(problem.textContent.includes("no such file"));
  fake.receive({ _collection: LIST });
  await settle();
  assert.equal(problem.hidden, true);
});

test("acts on one image are not drawn on the next, and say which image they are about", () => {
  const kernel = new Kernel(fake.model, new AbortController().signal);
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: null });
  fake.receive({
    _image_info: { width: 8, height: 4, name: "", place: 1, held_in: "_image" },
    _scene: scene({ recent_objects: [object(5)] }),
  });
  assert.deepEqual(kernel.shown.clicks, []);
  kernel.send({ command: "add_click", x: 1, y: 1, object_id: 5 });
  assert.deepEqual(kernel.shown.clicks, [[1, 1, 5]]);
  assert.deepEqual(
    fake.sent.map(({ place }) => place),
    [0, 1],
  );
});
