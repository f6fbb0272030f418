// A press that stays is a click, one that moves is a drag; neither is ever taken for the other.
import "./page.ts";
import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";
import { listenForGestures, type Drag, type GestureTarget } from "../src/gestures.ts";

let happened: string[];
let drag: Drag | null;
let surface: HTMLElement;
let life: AbortController;
let alwaysPans: boolean;
let place: number | null;

const note = (text: string) => void happened.push(text);
const at = ({ x, y }: { x: number; y: number }) => `${x},${y}`;
const target: GestureTarget = {
  press: () => {
    note("press");
    return drag;
  },
  click: (press) => note(`${press.background ? "background" : "click"} ${at(press.at)}`),
  release: () => note("release"),
  hover: () => undefined,
  pan: (dx, dy) => note(`pan ${dx},${dy}`),
  zoom: (factor, anchor) => note(`zoom ${factor.toFixed(2)} ${at(anchor)}`),
  get alwaysPans() {
    return alwaysPans;
  },
  get place() {
    return place;
  },
};
const stroke = (atOnce: boolean): Drag => ({
  atOnce,
  move: (to) => note(`move ${at(to)}`),
  end: (to) => note(`end ${at(to)}`),
  cancel: () => note("cancel"),
});

beforeEach(() => {
  happened = [];
  drag = null;
  alwaysPans = false;
  place = 0;
  life = new AbortController();
  surface = document.createElement("div");
  document.body.replaceChildren(surface);
  listenForGestures(surface, target, life.signal);
});

function pointer(type: string, x: number, y: number, more: PointerEventInit = {}): PointerEvent {
  const event = new PointerEvent(`pointer${type}`, {
    clientX: x,
    clientY: y,
    screenX: x,
    screenY: y,
    pointerId: 1,
    pointerType: "mouse",
    button: 0,
    bubbles: true,
    cancelable: true,
    ...more,
  });
  surface.dispatchEvent(event);
  return event;
}

describe("with the mouse", () => {
  test("a press is shown at once and becomes a click when it is let go", () => {
    pointer("down", 20, 10);
    assert.deepEqual(happened, ["press"]);
    pointer("up", 20, 10);
    assert.deepEqual(happened, ["press", "click 20,10"]);
  });
  test("a trembling hand clicks where it pressed", () => {
    pointer("down", 20, 10);
    pointer("move", 23, 13);
    pointer("up", 23, 13);
    assert.deepEqual(happened, ["press", "click 20,10"]);
  });
  test("a drag pans and clicks nothing", () => {
    pointer("down", 20, 10);
    pointer("move", 30, 10);
    pointer("move", 35, 18);
    pointer("up", 35, 18);
    assert.deepEqual(happened, ["press", "release", "pan 10,0", "pan 5,8"]);
  });
  test("a drag that comes back to its start is no click either", () => {
    pointer("down", 20, 10);
    pointer("move", 40, 10);
    pointer("move", 20, 10);
    pointer("up", 20, 10);
    assert.ok(!happened.some((what) => what.startsWith("click")));
  });
  for (const more of [{ button: 2 }, { altKey: true }, { ctrlKey: true }]) {
    test(`${JSON.stringify(more)} says background`, () => {
      pointer("down", 20, 10, more);
      pointer("up", 20, 10, more);
      assert.deepEqual(happened, ["press", "background 20,10"]);
    });
  }
  test("the middle button pans at once", () => {
    pointer("down", 20, 10, { button: 1 });
    pointer("move", 21, 10);
    pointer("up", 21, 10);
    assert.deepEqual(happened, ["pan 1,0"]);
  });
  test("while everything pans, a click does nothing", () => {
    alwaysPans = true;
    pointer("down", 20, 10);
    pointer("up", 20, 10);
    assert.deepEqual(happened, []);
  });
  test("a dot is dragged only once the hand has clearly moved", () => {
    drag = stroke(false);
    pointer("down", 20, 10);
    pointer("move", 22, 10);
    pointer("move", 30, 10);
    pointer("up", 31, 10);
    assert.deepEqual(happened, ["press", "move 30,10", "end 31,10"]);
  });
  test("a brush paints from the first pixel on", () => {
    drag = stroke(true);
    pointer("down", 20, 10);
    pointer("move", 21, 10);
    pointer("up", 21, 10);
    assert.deepEqual(happened, ["press", "move 21,10", "end 21,10"]);
  });
  test("the system's interruption gives up what was begun", () => {
    drag = stroke(true);
    pointer("down", 20, 10);
    pointer("cancel", 20, 10);
    pointer("up", 20, 10);
    assert.deepEqual(happened, ["press", "cancel"]);
  });
  test("no menu opens, here or in the notebook", () => {
    let heard = 0;
    document.body.addEventListener("contextmenu", () => heard++, { signal: life.signal });
    const event = new MouseEvent("contextmenu", { bubbles: true, cancelable: true });
    surface.dispatchEvent(event);
    assert.deepEqual([event.defaultPrevented, heard], [true, 0]);
  });
});

describe("with fingers", () => {
  const finger = { pointerType: "touch" };
  const other = { ...finger, pointerId: 2 };
  test("a long touch says background", () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    pointer("down", 20, 10, finger);
    mock.timers.tick(600);
    pointer("up", 20, 10, finger);
    mock.timers.reset();
    assert.deepEqual(happened, ["press", "background 20,10"]);
  });
  test("two fingers zoom and move, and neither clicks", () => {
    pointer("down", 100, 100, finger);
    pointer("down", 200, 100, other);
    pointer("move", 300, 100, other);
    pointer("up", 300, 100, other);
    pointer("up", 100, 100, finger);
    assert.deepEqual(happened, ["press", "release", "pan 50,0", "zoom 2.00 200,100"]);
  });
  test("a finger may stray farther than a mouse", () => {
    pointer("down", 20, 10, finger);
    pointer("move", 29, 10, finger);
    pointer("up", 29, 10, finger);
    assert.deepEqual(happened, ["press", "click 20,10"]);
  });
});

describe("a press that began on another image than it ends on", () => {
  test("is no click, also where it was long", () => {
    pointer("down", 20, 10);
    place = 1;
    pointer("up", 20, 10);
    mock.timers.enable({ apis: ["setTimeout"] });
    pointer("down", 20, 10, { pointerType: "touch" });
    place = null;
    mock.timers.tick(600);
    pointer("up", 20, 10, { pointerType: "touch" });
    mock.timers.reset();
    assert.deepEqual(happened, ["press", "release", "press", "release"]);
  });
  test("is no drag either, nor does it go on", () => {
    drag = stroke(true);
    pointer("down", 20, 10);
    pointer("move", 30, 10);
    place = 1;
    pointer("move", 40, 10);
    place = 0;
    pointer("move", 50, 10);
    pointer("up", 50, 10);
    assert.deepEqual(happened, ["press", "move 30,10", "cancel"]);
  });
});

test("while another image is opened presses mean nothing", () => {
  place = null;
  assert.equal(pointer("down", 20, 10).defaultPrevented, true);
  place = 0;
  pointer("move", 40, 10);
  pointer("up", 40, 10);
  assert.deepEqual(happened, []);
});

describe("the wheel", () => {
  const wheel = (deltaY: number, deltaMode = 0) => {
    // happy-dom's WheelEvent knows no place.
    const place = { clientX: 40, clientY: 30, bubbles: true, cancelable: true };
    const event = Object.assign(new MouseEvent("wheel", place), { deltaY, deltaMode });
    surface.dispatchEvent(event);
    return event;
  };
  test("zooms where the pointer is", () => {
    pointer("move", 40, 30);
    assert.equal(wheel(-100).defaultPrevented, true);
    assert.deepEqual(happened, ["zoom 1.20 40,30"]);
  });
  test("goes on scrolling a page that brought the canvas under a resting pointer", () => {
    document.dispatchEvent(new Event("scroll"));
    assert.equal(wheel(100).defaultPrevented, false);
    assert.deepEqual(happened, []);
  });
  test("counts lines as well as pixels, and no turn is too wild", () => {
    pointer("move", 40, 30);
    wheel(3, 1);
    wheel(1e9);
    assert.deepEqual(happened, ["zoom 0.83 40,30", "zoom 0.33 40,30"]);
  });
});

test("after its life it hears nothing, not even the end of a press", () => {
  pointer("down", 20, 10);
  life.abort();
  pointer("up", 20, 10);
  pointer("down", 20, 10);
  assert.deepEqual(happened, ["press", "release"]);
});
