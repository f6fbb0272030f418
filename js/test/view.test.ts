// A whole view: built from traits alone, and gone without a trace.
import { openBitmaps, settle } from "./page.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import widget from "../src/widget.ts";
import { FakeModel, object, scene } from "./model.ts";
import { encode } from "./encode.ts";

let fake: FakeModel;
let el: HTMLElement;
let clean: (() => void)[];

beforeEach(() => {
  fake = new FakeModel();
  el = document.createElement("div");
  document.body.replaceChildren(el);
  clean = [];
});
afterEach(() => clean.forEach((stop) => stop()));

function show(more: { signal?: AbortSignal } = {}): HTMLElement {
  const place = document.createElement("div");
  el.append(place);
  clean.push(widget.render({ model: fake.model, el: place, ...more }));
  return place.querySelector<HTMLElement>(".dynamite-widget") ?? assert.fail("nothing was shown");
}

const query = (root: Element, selector: string): HTMLElement =>
  root.querySelector<HTMLElement>(selector) ?? assert.fail(`no ${selector}`);

function press(root: Element, key: string): void {
  query(root, ".dw-canvas").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

const TWO = scene({
  recent_objects: [
    object(1, { label: "cat" }),
    object(2, { name: "Rex", label: "dog", locked: true }),
  ],
  active: 2,
  labels: ["cat", "dog"],
  can_undo: true,
});

test("a view is rebuilt from traits alone", async () => {
  fake.traits = { ...fake.traits, _scene: TWO, _label_map: encode(["01100220", "01100220"]) };
  const root = show();
  await settle();
  const titles = [...root.querySelectorAll(".dw-object-title")].map((title) => title.textContent);
  assert.deepEqual(titles, ["cat", "Rex"]);
  assert.equal(query(root, ".dw-active").dataset["objectId"], "2");
  assert.equal(query(root, ".dw-label[aria-pressed=true]").dataset["label"], "dog");
  assert.equal(root.getAttribute("aria-busy"), "false");
});

test("it has taken what it needs to keep keys and menus from the notebook", () => {
  const root = show();
  assert.ok(root.hasAttribute("data-lm-suppress-shortcuts"));
  assert.ok(root.hasAttribute("data-jp-suppress-context-menu"));
  assert.equal(query(root, ".dw-canvas").tabIndex, 0);
});

test("it says at once that an answer is awaited, and when it is here", () => {
  const root = show();
  press(root, "n");
  assert.equal(root.getAttribute("aria-busy"), "true");
  fake.answer({ version: 2, recent_objects: [object(1, { clicks: 0, area: 0 })], active: 1 });
  fake.receive({ _status: { ...fake.traits._status, answered: 2 } });
  assert.equal(root.getAttribute("aria-busy"), "false");
});

test("a new object is asked for once, however often N is pressed", () => {
  const root = show();
  press(root, "n");
  press(root, "n");
  fake.answer({ version: 2, recent_objects: [object(1, { clicks: 0, area: 0 })], active: 1 });
  press(root, "n");
  press(root, "n");
  assert.deepEqual(
    fake.sent.map(({ command }) => command),
    ["add_object"],
  );
});

test("digits choose labels where there are some, else objects", () => {
  fake.traits = { ...fake.traits, _scene: TWO };
  const root = show();
  press(root, "1");
  fake.receive({ _scene: { ...TWO, labels: null } });
  press(root, "1");
  press(root, "9");
  assert.deepEqual(
    fake.sent.map(({ command, object_id, label }) => [command, object_id, label]),
    [
      ["set_label", 2, "cat"],
      ["activate", 1, undefined],
    ],
  );
});

/** Enough of object 3 to be seen when it goes. */
const THREES = Array.from({ length: 8 }, () => "33333333");
const announced = (root: Element) => query(root, ".dw-announcer").textContent;

test("an answer is said once all its traits are here, in whatever order they are heard of", async () => {
  fake.traits = { ...fake.traits, _scene: scene({ recent_objects: [object(1)], active: 1 }) };
  fake.traits._label_map = encode(["10000000", ...THREES]);
  const root = show();
  press(root, "c");
  press(root, "h");
  fake.answer({ version: 2, recent_objects: [object(1, { area: 1 }), object(3)] });
  fake.receive({
    _status: { ...fake.traits._status, answered: 3 },
    _label_map: encode(["11000000", ...THREES.map(() => "00000000")]),
    _scene: {
      ...fake.traits._scene,
      version: 3,
      others: [3],
      recent_objects: [object(1, { area: 5025 }), object(3, { area: 1 })],
    },
  });
  await settle();
  assert.equal(announced(root), "Object 1 hidden. Object 1: 5025 pixels. Object 3 changed too.");
  press(root, "h");
  fake.answer({ version: 4, others: [], recent_objects: [object(1, { area: 1 }), object(3)] });
  fake.receive({ _status: { ...fake.traits._status, answered: 4 } });
  await settle();
  assert.equal(announced(root), "Object 1 hidden. Object 1: 1 pixel.");
});

test("an error stands in the strip with its traceback, until it is dismissed", () => {
  const root = show();
  const strip = query(root, ".dw-error[role=alert]");
  assert.equal(strip.hidden, true);
  fake.receive({ _error: { number: 1, message: "the model is tired", details: "Traceback ..." } });
  assert.equal(strip.hidden, false);
  assert.ok(strip.textContent.includes("the model is tired"));
  assert.equal(query(strip, "pre").hidden, true);
  query(strip, ".dw-text-button").click();
  assert.equal(query(strip, "pre").hidden, false);
  query(strip, "[aria-label=Dismiss]").click();
  assert.equal(strip.hidden, true);
  assert.equal(fake.sent.at(-1)?.command, "dismiss_error");
});

test("a kernel that is gone is said, once more with each act, and no act is shown", async () => {
  const root = show();
  fake.isGone = true;
  press(root, "n");
  const strip = query(root, ".dw-error[role=alert]");
  assert.equal(strip.hidden, false);
  assert.match(strip.textContent, /The kernel is gone: run the cell again/);
  assert.equal(root.getAttribute("aria-busy"), "false");
  query(strip, "[aria-label=Dismiss]").click();
  assert.equal(strip.hidden, true);
  press(root, "z");
  await settle();
  assert.equal(strip.hidden, true, "there is nothing to undo");
  press(root, "n");
  await settle();
  assert.equal(strip.hidden, false);
  assert.equal(query(root, ".dw-activity").textContent, "The kernel is gone");
});

test("a label map that cannot be read is said, and the last one stays", () => {
  const root = show();
  fake.receive({ _label_map: new DataView(new ArrayBuffer(3)) });
  assert.ok(query(root, ".dw-error[role=alert]").textContent.includes("20 bytes of header"));
});

test("where the image did not come with the traits it is asked for", () => {
  fake.traits = { ...fake.traits, _image: null, _label_map: null };
  show();
  assert.deepEqual(
    fake.sent.map(({ command }) => command),
    ["send_image"],
  );
});

test("a name is text, whatever stands in it", async () => {
  const name = '<img src=x onerror="alert(1)">';
  fake.traits = { ...fake.traits, _scene: { ...TWO, recent_objects: [object(1, { name })] } };
  const root = show();
  await settle();
  assert.equal(query(root, ".dw-object-title").textContent, name);
  assert.equal(root.querySelector("img"), null);
});

test("sliders change settings, and follow them when Python changes them", () => {
  const root = show();
  const slider = query(root, "input[name=opacity]") as HTMLInputElement;
  slider.value = "0.25";
  slider.dispatchEvent(new Event("input"));
  assert.deepEqual(fake.saved, [{ opacity: 0.25 }]);
  fake.receive({ opacity: 0.75 });
  assert.equal(slider.value, "0.75");
});

test("what a view shows for itself, another does not follow", async () => {
  fake.traits = { ...fake.traits, _scene: TWO };
  const [left, right] = [show(), show()];
  press(left, "p");
  press(left, "s");
  await settle();
  const pressed = (root: Element) => query(root, "[aria-pressed=true].dw-button").dataset["action"];
  assert.deepEqual([pressed(left), pressed(right)], ["brush", "click"]);
  assert.deepEqual(fake.sent, []);
});

test("a view that goes takes its listeners, its images and its element with it", async () => {
  const added: string[] = [];
  const add = document.addEventListener.bind(document);
  document.addEventListener = (
    type: string,
    listener: never,
    options: { signal?: AbortSignal },
  ) => {
    if (!options.signal) added.push(type);
    add(type, listener, options);
  };
  show();
  await settle();
  assert.equal(openBitmaps.size, 1);
  clean.pop()?.();
  assert.equal(fake.listeners, 0);
  assert.equal(openBitmaps.size, 0);
  assert.equal(el.querySelector(".dynamite-widget"), null);
  assert.deepEqual(added, []); // each listener outside the widget ends with its life
});

test("the host's own signal ends a view as well", async () => {
  const host = new AbortController();
  show({ signal: host.signal });
  await settle();
  host.abort();
  assert.equal(fake.listeners, 0);
  assert.equal(openBitmaps.size, 0);
});

test("one view may go while another stays", async () => {
  show();
  const second = show();
  clean.shift()?.();
  fake.answer({ recent_objects: [object(1)], version: 2 });
  await settle();
  assert.equal(second.querySelectorAll(".dw-object").length, 1);
});
