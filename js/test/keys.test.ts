// Keys do what they are bound to inside the widget, and none is heard outside of it.
import "./page.ts";
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { actionsFor, type Person } from "../src/actions.ts";
import { listenForKeys } from "../src/keys.ts";

let done: string[];
let leaked: string[];
let panning: boolean;
let root: HTMLElement;
let canUndo = true;

/** Notes whatever it is asked to do. */
const person = new Proxy({} as Person, {
  get: (_, name: string) => {
    if (name === "canUndo" || name === "canRedo") return canUndo;
    if (name === "tool") return "click";
    if (/^(is|has)[A-Z]/.test(name)) return name.startsWith("has");
    return (...given: unknown[]) => void done.push([name, ...given].join(" "));
  },
});

beforeEach(() => {
  done = [];
  leaked = [];
  panning = false;
  canUndo = true;
  document.body.replaceChildren();
  root = document.createElement("div");
  const notebook = document.createElement("div");
  notebook.append(root);
  document.body.append(notebook);
  for (const type of ["keydown", "keyup", "keypress"]) {
    notebook.addEventListener(type, (event) => leaked.push((event as KeyboardEvent).key));
  }
  listenForKeys(
    root,
    { actions: actionsFor(person), holdPan: (down) => void (panning = down) },
    new AbortController().signal,
  );
});

function press(key: string, more: KeyboardEventInit = {}, target: Element = root): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  // happy-dom takes every Alt for AltGr.
  event.getModifierState = (name) => name === "AltGraph" && more.modifierAltGraph === true;
  target.dispatchEvent(event);
  target.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true, ...more }));
  return event;
}

const BOUND: [string, KeyboardEventInit, string][] = [
  ["n", {}, "newObject"],
  ["b", {}, "chooseTool background"],
  ["z", {}, "undo"],
  ["Z", { ctrlKey: true, shiftKey: true }, "redo"],
  ["z", { metaKey: true }, "undo"],
  ["y", {}, "redo"],
  ["Delete", {}, "removeObject"],
  ["h", {}, "toggleVisible"],
  ["f", {}, "fit"],
  ["+", { shiftKey: true }, "zoom 1.4"],
  ["-", {}, `zoom ${1 / 1.4}`],
  ["?", { shiftKey: true }, "toggleHelp"],
  ["3", {}, "chooseNumber 3"],
  ["ArrowLeft", {}, "moveKeyboard arrowleft"],
  ["ArrowUp", { shiftKey: true }, "moveKeyboard shift+arrowup"],
  ["Enter", {}, "clickKeyboard false"],
  ["Enter", { altKey: true }, "clickKeyboard true"],
  ["Escape", {}, "escape"],
  ["я", { ctrlKey: true, code: "KeyZ" }, "undo"],
  ["Я", { ctrlKey: true, shiftKey: true, code: "KeyZ" }, "redo"],
  ["т", { code: "KeyN" }, "newObject"],
  ["х", { code: "BracketLeft" }, "stepObject -1"],
  ["ъ", { code: "BracketRight" }, "stepObject 1"],
  ["[", { ctrlKey: true, altKey: true, modifierAltGraph: true }, "stepObject -1"], // Windows
  ["]", { modifierAltGraph: true }, "stepObject 1"],
];
for (const [key, modifiers, does] of BOUND) {
  test(`${JSON.stringify(modifiers)} ${key}: ${does}`, () => {
    assert.equal(press(key, modifiers).defaultPrevented, true);
    assert.deepEqual(done, [does]);
  });
}

test("on a Mac Option only reaches signs; elsewhere Alt is meant", () => {
  const { userAgent } = navigator;
  const on = (value: string) =>
    Object.defineProperty(navigator, "userAgent", { value, configurable: true });
  on("(X11; Linux x86_64)");
  press("[", { altKey: true });
  assert.deepEqual(done, []);
  on("(Macintosh)");
  press("[", { altKey: true });
  press("Enter", { altKey: true });
  on(userAgent);
  assert.deepEqual(done, ["stepObject -1", "clickKeyboard true"]);
});

test("letters that keyboards of Latin letters have beside A to Z stand for no other key", () => {
  press("é", { code: "KeyN" });
  press("z", { ctrlKey: true, altKey: true, modifierAltGraph: true });
  assert.deepEqual(done, []);
});

test("the notebook is lent the keys that save it, on every keyboard", () => {
  press("s", { ctrlKey: true });
  press("ы", { ctrlKey: true, code: "KeyS" });
  assert.deepEqual(leaked.slice(0, 2), ["s", "ы"]);
});

test("no key reaches the notebook, bound or not", () => {
  for (const { keys } of actionsFor(person)) for (const key of keys) press(key);
  for (const key of ["x", "d", "j", "0", "F5", "Tab", " "]) press(key);
  assert.deepEqual(leaked, []);
});

test("keys that mean nothing here keep their meaning for the browser", () => {
  assert.equal(press("F5").defaultPrevented, false);
  assert.equal(press("c", { ctrlKey: true }).defaultPrevented, false);
  assert.equal(press("Tab").defaultPrevented, false);
  assert.deepEqual(done, []);
});

test("the space bar pans while it is down", () => {
  root.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
  assert.equal(panning, true);
  root.dispatchEvent(new KeyboardEvent("keyup", { key: " ", bubbles: true }));
  assert.equal(panning, false);
});

test("what cannot be done is not tried", () => {
  canUndo = false;
  press("z");
  assert.deepEqual(done, []);
});

describe("controls inside the widget", () => {
  const inside = (tag: string, type?: string) => {
    const control = document.createElement(tag);
    if (type) control.setAttribute("type", type);
    root.append(control);
    return control;
  };
  test("a text field gets every letter, and the notebook none", () => {
    const field = inside("input");
    assert.equal(press("n", {}, field).defaultPrevented, false);
    press("Backspace", {}, field);
    assert.deepEqual([done, leaked], [[], []]);
  });
  test("a slider gets its arrows, and the widget its letters", () => {
    const slider = inside("input", "range");
    press("ArrowLeft", {}, slider);
    press("n", {}, slider);
    assert.deepEqual(done, ["newObject"]);
  });
  test("a button is pressed by Enter, and the widget gets the rest", () => {
    const button = inside("button");
    press("Enter", {}, button);
    press("z", {}, button);
    assert.deepEqual(done, ["undo"]);
  });
  test("letters that are being composed are left alone", () => {
    press("n", { isComposing: true });
    assert.deepEqual(done, []);
  });
});

test("no key stands for two actions", () => {
  const keys = actionsFor(person).flatMap((action) => action.keys);
  assert.deepEqual([...new Set(keys)], keys);
});
