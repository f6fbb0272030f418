// The object list: the focus stays in it when its row goes.
import "./page.ts";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { element } from "../src/elements.ts";
import { ObjectList, type ObjectListTarget } from "../src/object_list.ts";
import { object, scene } from "./model.ts";

let list: ObjectList;

beforeEach(() => {
  const image = element("div", { id: "image", tabindex: 0 });
  const target = new Proxy({} as ObjectListTarget, {
    get: (_, name) => () => {
      if (name === "back") image.focus();
    },
  });
  list = new ObjectList(target, new AbortController().signal);
  document.body.replaceChildren(list.node, image);
});

function show(...ids: number[]): void {
  const look = { pixels: 100, solo: null, hovered: 0, changed: new Set<number>(), isSeen: true };
  list.update({ scene: { ...scene(), objects: ids.map((id) => object(id)) }, ...look });
}

function focused(): string | undefined {
  const { activeElement } = document;
  return activeElement?.closest<HTMLElement>("li")?.dataset["objectId"] ?? activeElement?.id;
}

const removing = (id: number): HTMLElement =>
  list.node.querySelector<HTMLElement>(`[data-object-id="${id}"] button[aria-label^="Remove"]`) ??
  assert.fail(`no row of ${id}`);

const REMOVED: [string, number[], number, number[], string][] = [
  ["the next row", [1, 2, 3], 2, [1, 3], "3"],
  ["the last row", [1, 2, 3], 3, [1, 2], "2"],
  ["the image", [1], 1, [], "image"],
];
for (const [where, before, gone, after, next] of REMOVED) {
  test(`when a row goes its focus goes to ${where}`, () => {
    show(...before);
    removing(gone).focus();
    assert.equal(focused(), String(gone));
    show(...after);
    assert.equal(focused(), next);
  });
}

test("a row that goes elsewhere leaves the focus where it is", () => {
  show(1, 2, 3);
  removing(1).focus();
  show(1, 3);
  assert.equal(focused(), "1");
});
