// What is shown: the kernel's scene, and this view's own acts until the kernel has them.
import "./page.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Kernel } from "../src/kernel.ts";
import { colorOf } from "../src/colors.ts";
import type { ClickRow } from "../src/protocol.ts";
import { FakeModel, clicks, object, scene } from "./model.ts";

function open(fake = new FakeModel()) {
  const life = new AbortController();
  const kernel = new Kernel(fake.model, life.signal);
  return { fake, kernel, life };
}

test("a click is shown at once, and once only when the kernel has it", () => {
  const { fake, kernel } = open();
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: null });
  assert.deepEqual(kernel.shown.clicks, [[3, 2, 1]]);
  assert.equal(kernel.waiting, true);
  fake.answer({
    version: 2,
    recent_objects: [object(1)],
    active: 1,
    click_change: clicks([3, 2, 1]),
  });
  assert.deepEqual(kernel.shown.clicks, [[3, 2, 1]]);
  assert.equal(kernel.shown.sent.size, 0);
});

test("it waits until the answer is here as well", () => {
  const { fake, kernel } = open();
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: 0 });
  fake.answer({ version: 2, click_change: clicks([3, 2, 0]) });
  assert.equal(kernel.waiting, true);
  fake.receive({ _status: { ...fake.traits._status, answered: 2 } });
  assert.equal(kernel.waiting, false);
});

test("quick clicks on a new object share its colour and are not lost in between", () => {
  const { fake, kernel } = open();
  kernel.send({ command: "add_click", x: 1, y: 1, object_id: null });
  const first = fake.sent[0];
  kernel.send({ command: "add_click", x: 2, y: 2, object_id: null });
  assert.deepEqual(kernel.shown.clicks, [
    [1, 1, 1],
    [2, 2, 1],
  ]);
  fake.receive({
    _scene: scene({
      version: 2,
      recent_objects: [object(1)],
      active: 1,
      click_change: clicks([1, 1, 1]),
      received: { [first?.view ?? ""]: 1 },
    }),
  });
  assert.deepEqual(kernel.shown.clicks, [
    [1, 1, 1],
    [2, 2, 1],
  ]);
});

test("a click that the kernel refused disappears again", () => {
  const { fake, kernel } = open();
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: 9 });
  fake.answer({});
  assert.deepEqual(kernel.shown.clicks, []);
});

test("moved and deleted dots, hidden and chosen objects show at once", () => {
  const { fake, kernel } = open();
  fake.answer({
    recent_objects: [object(1), object(2)],
    click_change: clicks([1, 1, 1], [2, 2, 2], [3, 3, 0]),
  });
  kernel.send({ command: "move_click", index: 2, at: [3, 3], x: 5, y: 1 });
  kernel.send({ command: "delete_click", index: 0, at: [1, 1] });
  kernel.send({ command: "set_visible", object_id: 2, visible: false });
  kernel.send({ command: "activate", object_id: 2 });
  assert.deepEqual(kernel.shown.clicks, [
    [2, 2, 2],
    [5, 1, 0],
  ]);
  assert.deepEqual(
    kernel.shown.scene.objects.map(({ visible }) => visible),
    [true, false],
  );
  assert.equal(kernel.shown.scene.active, 2);
});

test("after N the next act is for the new object, however long the kernel takes to give it", () => {
  const { fake, kernel } = open();
  fake.answer({ recent_objects: [object(1)], active: 1 });
  kernel.send({ command: "add_object" });
  assert.equal(kernel.shown.scene.active, null);
  assert.equal(kernel.shown.starting, true);
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: null });
  assert.deepEqual(kernel.shown.clicks.at(-1), [3, 2, 2]);
  assert.equal(kernel.shown.starting, false);
});

for (const act of [
  { command: "undo" },
  { command: "redo" },
  { command: "reset" },
  { command: "remove_object", object_id: 1 },
] as const) {
  test(`after ${act.command} acts name no object until the kernel has said which is active`, () => {
    const { fake, kernel } = open();
    fake.answer({ recent_objects: [object(1), object(2)], active: 1 });
    assert.equal(kernel.shown.owner, 1);
    kernel.send(act);
    assert.equal(kernel.shown.owner, null);
    assert.equal(kernel.shown.starting, false);
    fake.answer({ active: 2 });
    assert.equal(kernel.shown.owner, 2);
  });
}

test("an object chosen after an undo, and one that was not removed, are named", () => {
  const { fake, kernel } = open();
  fake.answer({ recent_objects: [object(1), object(2)], active: 1 });
  kernel.send({ command: "remove_object", object_id: 2 });
  assert.equal(kernel.shown.owner, 1);
  kernel.send({ command: "undo" });
  kernel.send({ command: "activate", object_id: 2 });
  assert.equal(kernel.shown.owner, 2);
});

test("what was just done can be undone, and what was just undone redone, before the answer", () => {
  const { fake, kernel } = open();
  kernel.send({ command: "activate", object_id: null });
  assert.equal(kernel.shown.scene.can_undo, false);
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: null });
  assert.equal(kernel.shown.scene.can_undo, true);
  assert.equal(kernel.shown.scene.can_redo, false);
  kernel.send({ command: "undo" });
  assert.equal(kernel.shown.scene.can_redo, true);
  fake.answer({});
  assert.equal(kernel.shown.scene.can_undo, false);
});

test("an object is not taken for empty while a click or stroke on it is on its way", () => {
  const empty = { clicks: 0, area: 0 };
  const { fake, kernel } = open();
  fake.answer({ recent_objects: [object(1, empty), object(2, empty)], active: 2 });
  assert.deepEqual([...kernel.shown.given], []);
  kernel.send({ command: "add_click", x: 1, y: 1, object_id: 0 });
  assert.deepEqual([...kernel.shown.given], []);
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: null });
  kernel.send({ command: "brush", object_id: 1, path: [[1, 1]], radius: 3 });
  assert.deepEqual([...kernel.shown.given], [2, 1]);
  fake.answer({ recent_objects: [object(1), object(2)] });
  assert.deepEqual([...kernel.shown.given], []);
});

test("clicks are added, moved and taken back as the kernel says what changed", () => {
  const { fake, kernel } = open();
  fake.answer({ click_change: clicks([1, 1, 1], [2, 2, 1]) });
  fake.answer({ click_change: { number: 2, since: 1, at: 2, removed: 0, added: [[3, 3, 1]] } });
  fake.answer({ version: 2 });
  fake.answer({ click_change: { number: 3, since: 2, at: 1, removed: 1, added: [[5, 2, 1]] } });
  fake.answer({ click_change: { number: 4, since: 3, at: 0, removed: 1, added: [] } });
  assert.deepEqual(kernel.shown.clicks, [
    [5, 2, 1],
    [3, 3, 1],
  ]);
  assert.deepEqual(fake.sent, []);
});

test("a view that opens later asks once for the clicks that it does not know", () => {
  const { fake } = open();
  fake.answer({ click_change: clicks([1, 1, 1]) });
  fake.answer({ click_change: { number: 2, since: 1, at: 1, removed: 0, added: [[2, 2, 1]] } });
  const { kernel } = open(fake);
  fake.answer({ version: 2 });
  assert.deepEqual(
    fake.sent.map(({ command }) => command),
    ["send_clicks"],
  );
  const all: ClickRow[] = [
    [1, 1, 1],
    [2, 2, 1],
  ];
  fake.receive({ _clicks: { number: 2, clicks: all } });
  assert.deepEqual(kernel.shown.clicks, all);
});

test("objects that changed stand in the page's place, and new ones after it", () => {
  const { fake, kernel } = open();
  fake.receive({ _objects: { page: 1, objects: [object(1), object(2), object(4)] } });
  assert.deepEqual(kernel.shown.scene.objects, []);
  fake.receive({
    _scene: scene({ objects_page: 1, recent_objects: [object(5), object(2, { area: 9 })] }),
  });
  assert.deepEqual(
    kernel.shown.scene.objects.map(({ id, area }) => [id, area]),
    [
      [1, 4],
      [2, 9],
      [4, 4],
      [5, 4],
    ],
  );
});

test("another view's messages are not taken for this one's", () => {
  const { fake, kernel } = open();
  kernel.send({ command: "add_click", x: 3, y: 2, object_id: 0 });
  fake.receive({ _scene: scene({ version: 2, received: { "some other view": 99 } }) });
  assert.equal(kernel.shown.clicks.length, 1);
});

test("messages are numbered, and every view has its own name", () => {
  const { fake, kernel } = open();
  const second = open(fake).kernel;
  kernel.send({ command: "undo" });
  kernel.send({ command: "redo" });
  second.send({ command: "undo" });
  assert.deepEqual(
    fake.sent.map(({ id, command }) => [id, command]),
    [
      [1, "undo"],
      [2, "redo"],
      [1, "undo"],
    ],
  );
  assert.notEqual(fake.sent[0]?.view, fake.sent[2]?.view);
});

test("a host that delivers no scene yet shows nothing and breaks nothing", () => {
  const fake = new FakeModel();
  fake.traits = { ...fake.traits, _scene: undefined as never, _clicks: undefined as never };
  assert.deepEqual(open(fake).kernel.shown.clicks, []);
});

test("after its life it listens to nothing", () => {
  const { fake, life } = open();
  assert.ok(fake.listeners > 0);
  life.abort();
  assert.equal(fake.listeners, 0);
});

test("what is removed is gone at once, unless it is locked or only the kernel knows it", () => {
  const { fake, kernel } = open();
  fake.answer({
    recent_objects: [object(1), object(2, { locked: true }), object(3)],
    active: 3,
    click_change: clicks([1, 1, 1], [2, 2, 3]),
  });
  const ids = () => kernel.shown.scene.objects.map(({ id }) => id);
  kernel.send({ command: "remove_object", object_id: 1 });
  kernel.send({ command: "remove_object", object_id: 2 });
  assert.deepEqual(ids(), [2, 3]);
  assert.deepEqual(kernel.shown.clicks, [[2, 2, 3]]);
  kernel.send({ command: "undo" });
  kernel.send({ command: "remove_object", object_id: null });
  assert.deepEqual(ids(), [2, 3]);
});

test("a newcomer is expected where an act must make one, and nowhere else", () => {
  const { fake, kernel } = open();
  fake.answer({ recent_objects: [object(1)], active: null });
  const click = { command: "add_click", x: 1, y: 1, object_id: null } as const;
  kernel.send({ command: "erase", object_id: null, path: [[1, 1]], radius: 3 });
  assert.equal(kernel.shown.newcomer, false);
  kernel.send(click);
  assert.equal(kernel.shown.newcomer, true);
  kernel.send({ command: "activate", object_id: 1 });
  kernel.send(click);
  assert.equal(kernel.shown.newcomer, false);
  kernel.send({ command: "undo" });
  kernel.send(click);
  assert.equal(kernel.shown.newcomer, false, "undo may bring one back, whose click it is");
  kernel.send({ command: "add_object" });
  kernel.send(click);
  assert.equal(kernel.shown.newcomer, true);
});

test("who is active is uncertain from an act that begins or ends an object to the answer", () => {
  const { fake, kernel } = open();
  fake.answer({ recent_objects: [object(1)] });
  kernel.send({ command: "add_click", x: 1, y: 1, object_id: 0 });
  assert.equal(kernel.shown.unsure, false);
  kernel.send({ command: "brush", object_id: null, path: [[1, 1]], radius: 3 });
  assert.equal(kernel.shown.unsure, true);
  kernel.send({ command: "activate", object_id: 1 });
  assert.equal(kernel.shown.unsure, false);
  kernel.send({ command: "undo" });
  assert.equal(kernel.shown.unsure, true);
  fake.answer({});
  assert.equal(kernel.shown.unsure, false);
});

test("what a kernel that is gone did not hear is not shown as if it were done", () => {
  const { fake, kernel } = open();
  const lost: string[] = [];
  kernel.lost = (error) => lost.push(String(error));
  assert.equal(kernel.send({ command: "add_click", x: 1, y: 1, object_id: null }), true);
  fake.isGone = true;
  kernel.ask({ command: "aim", x: 2, y: 2 });
  assert.equal(kernel.isGone, true);
  assert.deepEqual(kernel.shown.clicks, [], "what it heard last died with it");
  assert.equal(kernel.waiting, false);
  assert.equal(kernel.send({ command: "add_click", x: 3, y: 2, object_id: null }), false);
  kernel.ask({ command: "aim", x: 4, y: 2 });
  assert.deepEqual(kernel.shown.clicks, []);
  assert.deepEqual(lost, ["Error: Cannot send", "Error: Cannot send"], "an aim is no act");
  fake.isGone = false;
  assert.equal(kernel.send({ command: "undo" }), true);
  assert.equal(kernel.isGone, false);
});

test("an object on its way has begun with its first stroke, and one that was undone is none", () => {
  const { fake, kernel } = open();
  fake.answer({});
  kernel.send({ command: "add_object" });
  assert.equal(kernel.shown.starting, true);
  kernel.send({ command: "erase", object_id: null, path: [[1, 1]], radius: 3 });
  assert.equal(kernel.shown.starting, true, "nothing was drawn of it");
  kernel.send({ command: "brush", object_id: null, path: [[1, 1]], radius: 3 });
  assert.equal(kernel.shown.starting, false);
  kernel.send({ command: "add_object" });
  kernel.send({ command: "undo" });
  assert.equal(kernel.shown.starting, false);
});

test("what belongs to objects on their way has their ids, and so their colours", () => {
  const { fake, kernel } = open();
  fake.answer({ recent_objects: [object(1)], active: 1, next_id: 4 });
  const at = { x: 3, y: 2, object_id: null } as const;
  const ids = () => kernel.shown.clicks.map(([, , id]) => id);
  kernel.send({ command: "add_object" });
  kernel.send({ command: "add_click", ...at });
  kernel.send({ command: "add_click", ...at });
  kernel.send({ command: "add_object" });
  kernel.send({ command: "add_click", ...at });
  kernel.send({ command: "brush", object_id: null, path: [[1, 1]], radius: 3 });
  assert.deepEqual(ids(), [4, 4, 5]);
  assert.equal(kernel.shown.drawn[0]?.color, colorOf(5));
  kernel.send({ command: "remove_object", object_id: null });
  kernel.send({ command: "add_click", ...at });
  assert.equal(ids().at(-1), -1, "a lock may have kept it: only the kernel knows whose it is");
  assert.notEqual(colorOf(-1), colorOf(1));
});
