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
  editor.open(object(1, { attributes: { age: 3 } }), null);
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

const commit = (name: string) => void said.push(["commit", name]);

test("a name is typed while the object is still being made", () => {
  editor.expect(commit);
  field("name").value = "ca";
  field("name").setSelectionRange(2, 2);
  editor.update(object(2), null); // the scene changed; which object is meant is not certain yet
  assert.equal(field("name").value, "ca");
  editor.open(object(2), null);
  assert.match(editor.node.textContent, /Object 2/);
  assert.equal(field("name").value, "ca");
  assert.equal(document.activeElement, field("name"));
  assert.equal(field("name").selectionStart, 2, "and typing goes on");
  assert.deepEqual(said, []);
  field("name").value = "car";
  field("name").dispatchEvent(new Event("change"));
  assert.deepEqual(said, [["rename", 2, "car"]]);
});

test("a name that was typed to its end does not wait for its object", () => {
  const expects = editor.expect(commit);
  assert.equal(expects(), true);
  field("name").value = " car ";
  field("name").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  assert.equal(editor.node.hidden, true);
  assert.equal(expects(), false);
  assert.deepEqual(said, [["commit", "car"], ["back"]]);
});

test("who leaves the field of a name has typed it to its end", () => {
  const expects = editor.expect(commit);
  field("name").value = "car";
  field("name").blur();
  assert.equal(expects(), false);
  assert.equal(editor.node.hidden, true);
  assert.deepEqual(said, [["commit", "car"]]);
  editor.expect(commit);
  field("name").blur();
  assert.equal(said.length, 1, "and who typed nothing has said nothing");
});

test("without an object nothing stays open, and nothing typed goes to another one", () => {
  editor.expect(commit);
  field("name").value = "car";
  editor.leave();
  assert.deepEqual(said, [["commit", "car"], ["back"]]);
  assert.equal(editor.node.hidden, true);
  editor.open(object(3), null);
  assert.equal(field("name").value, object(3).name);
  editor.expect(commit);
  field("name").value = "bus";
  editor.forget();
  assert.equal(editor.node.hidden, true);
  assert.deepEqual(said.slice(2), [["back"]], "who typed gets the focus back");
  editor.open(object(3), null);
  assert.match(editor.node.textContent, /Object 3/);
});
