// The object editor: what is typed becomes what was meant, and nothing is lost of it.
import "./page.ts";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ObjectEditor } from "../src/object_editor.ts";
import { object } from "./model.ts";

let said: unknown[][];
let editor: ObjectEditor;

beforeEach(() => {
  said = [];
  const target = new Proxy({} as ObjectEditor["target"], {
    get: (_, name: string) => {
      return (...given: unknown[]) => void said.push([name, ...given]);
    },
  });
  editor = new ObjectEditor(target, new AbortController().signal);
  document.body.replaceChildren(editor.node);
  editor.update(object(1, { attributes: { age: 3 } }), null);
  editor.open();
});

const field = (name: string): HTMLInputElement =>
  editor.node.querySelector<HTMLInputElement>(`[name="${name}"]`) ?? assert.fail(`no ${name}`);

const VALUES: [string, string | number | boolean][] = [
  ["7", 7],
  [" -12 ", -12],
  ["0.25", 0.25],
  [".5", 0.5],
  ["1.50", 1.5],
  ["2.0", 2],
  ["100", 100],
  ["1e-7", 1e-7],
  ["true", true],
  ["007", "007"],
  ["+4930123", "+4930123"],
  ["1E5", "1E5"],
  ["12345678901234567890", "12345678901234567890"],
  ["NaN", "NaN"],
  ["1.2.0", "1.2.0"],
  ["1.2.", "1.2."],
  ["5.", 5],
  ["", ""],
];
for (const [text, value] of VALUES) {
  test(`an attribute typed as "${text}" is ${typeof value} ${value}`, () => {
    field("attribute age").value = text;
    field("attribute age").dispatchEvent(new Event("change"));
    assert.deepEqual(said, [["setAttribute", 1, "age", value]]);
  });
}

test("Enter closes it, but not the one that chooses among letters being composed", () => {
  const press = (isComposing: boolean) => {
    const how = { key: "Enter", isComposing, bubbles: true, cancelable: true };
    const event = new KeyboardEvent("keydown", how);
    field("name").dispatchEvent(event);
    return event.defaultPrevented;
  };
  assert.equal(press(true), false);
  assert.equal(editor.node.hidden, false);
  assert.equal(press(false), true);
  assert.equal(editor.node.hidden, true);
});
