// Gestures: turns pointer and wheel events on the canvas into clicks, drags, pans and zooms.
// A press that stays within a few pixels is a click, at the place where it began; one that moves
// is a drag, which pans unless the tool takes it. Mouse, pen and fingers go the same way.

import type { Point } from "./viewport.ts";

/** What the tool does with a press that moves. */
export interface Drag {
  /** True: begins with the press. False: begins only once the pointer has clearly moved. */
  readonly atOnce: boolean;
  move(at: Point): void;
  end(at: Point): void;
  cancel(): void;
}

export interface Press {
  readonly at: Point;
  /** Right button, Alt, Ctrl, or a long touch. */
  readonly background: boolean;
  /** The other end of a pen. */
  readonly eraser: boolean;
}

/** What gestures mean; all points are in view coordinates. */
export interface GestureTarget {
  /** The pointer is down: show what would happen, and say who takes a drag (null: it pans). */
  press(press: Press): Drag | null;
  /** The press ended where it began. */
  click(press: Press): void;
  /** Neither click nor drag came of the press. */
  release(): void;
  hover(at: Point | null): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, anchor: Point): void;
  /** True while every drag pans (hand tool, space bar). */
  readonly alwaysPans: boolean;
  /** Which image is seen: what began on another one is given up. Null: none that can be pressed. */
  readonly place: number | null;
}

/** How far a press may stray and still be a click, in CSS pixels, by kind of pointer. */
const CLICK_RADIUS: Readonly<Partial<Record<string, number>>> = { mouse: 5, pen: 8, touch: 12 };
const LONG_PRESS_MS = 500;
const NOTCH = 100;
const ZOOM_PER_NOTCH = 1.2;

interface Held {
  readonly pointer: number;
  /** The image that was pressed. */
  readonly place: number;
  readonly press: Press;
  readonly radius: number;
  readonly drag: Drag | null;
  mode: "pressed" | "dragging" | "panning" | "done";
  last: Point;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Listens on `surface` until the signal aborts. */
export function listenForGestures(
  surface: HTMLElement,
  target: GestureTarget,
  signal: AbortSignal,
): void {
  const touches = new Map<number, Point>();
  let held: Held | null = null;
  let pointedAt: Point | null = null; // where on the screen a person last moved the pointer to
  let hovered: Point | null = null; // the pointer's last place on the surface
  const options = { signal };

  const place = (event: MouseEvent): Point => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  /** A wheel event tells whole pixels; the pointer's own last event told fractions, too. */
  const wheelPlace = (event: MouseEvent): Point => {
    const at = place(event);
    return hovered && distance(hovered, at) < 1.5 ? hovered : at;
  };

  const letGo = () => {
    if (!held) return;
    clearTimeout(held.timer);
    if (held.mode === "dragging") held.drag?.cancel();
    if (held.mode === "pressed") target.release();
    held = null;
  };

  const pressLong = (current: Held) => {
    if (held !== current || current.mode !== "pressed") return;
    if (current.place !== target.place) {
      letGo();
      return;
    }
    current.mode = "done";
    target.click({ ...current.press, background: true });
    if ("vibrate" in navigator) navigator.vibrate(15);
  };

  surface.addEventListener(
    "pointerdown",
    (event) => {
      const at = place(event);
      if (event.pointerType === "touch") {
        touches.set(event.pointerId, at);
        if (touches.size > 1) {
          letGo();
          return;
        } // a second finger: from now on it is a pinch
      }
      if (held) return;
      const right = event.button === 2;
      const eraser = event.button === 5;
      if (event.button !== 0 && event.button !== 1 && !right && !eraser) return;
      event.preventDefault();
      const { place: pressed } = target;
      if (pressed === null) return;
      surface.setPointerCapture(event.pointerId);
      const press: Press = { at, background: right || event.altKey || event.ctrlKey, eraser };
      const pans = event.button === 1 || target.alwaysPans;
      const drag = pans ? null : target.press(press);
      held = {
        pointer: event.pointerId,
        place: pressed,
        press,
        radius: CLICK_RADIUS[event.pointerType] ?? 5,
        drag,
        mode: pans ? "panning" : drag?.atOnce ? "dragging" : "pressed",
        last: at,
        timer: undefined,
      };
      if (event.pointerType === "touch" && held.mode === "pressed" && !press.background) {
        held.timer = setTimeout(pressLong, LONG_PRESS_MS, held);
      }
    },
    options,
  );

  surface.addEventListener(
    "pointermove",
    (event) => {
      const at = (hovered = place(event));
      if (event.screenX !== pointedAt?.x || event.screenY !== pointedAt.y) {
        pointedAt = { x: event.screenX, y: event.screenY };
        armed = true;
      }
      if (touches.has(event.pointerId)) {
        if (touches.size > 1) {
          pinch(event.pointerId, at);
          return;
        }
        touches.set(event.pointerId, at);
      }
      if (held && held.place !== target.place) letGo();
      if (!held) {
        target.hover(at);
        return;
      }
      if (event.pointerId !== held.pointer) return;
      if (held.mode === "pressed" && distance(at, held.press.at) > held.radius) {
        clearTimeout(held.timer);
        held.mode = held.drag ? "dragging" : "panning";
        if (held.mode === "panning") target.release();
      }
      if (held.mode === "dragging") for (const step of steps(event)) held.drag?.move(step);
      if (held.mode === "panning") target.pan(at.x - held.last.x, at.y - held.last.y);
      if (held.mode !== "pressed") held.last = at;
    },
    options,
  );

  surface.addEventListener(
    "pointerup",
    (event) => {
      touches.delete(event.pointerId);
      if (held && held.place !== target.place) letGo();
      if (event.pointerId !== held?.pointer) return;
      const { mode, drag, press, timer } = held;
      held = null;
      clearTimeout(timer);
      if (mode === "dragging") drag?.end(place(event));
      if (mode === "pressed") target.click(press);
    },
    options,
  );

  const cancel = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    if (event.pointerId === held?.pointer) letGo();
  };
  surface.addEventListener("pointercancel", cancel, options);
  surface.addEventListener("lostpointercapture", cancel, options);
  surface.addEventListener("pointerleave", () => target.hover(null), options);
  signal.addEventListener("abort", letGo, { once: true });

  // The right button is the background click: neither the browser's menu nor the notebook's opens.
  surface.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      event.stopPropagation();
    },
    options,
  );

  // The wheel zooms where a person pointed; a page that scrolls the canvas under a resting pointer
  // goes on scrolling.
  let armed = false;
  surface.ownerDocument.addEventListener("scroll", () => (armed = false), {
    capture: true,
    passive: true,
    signal,
  });
  surface.addEventListener(
    "wheel",
    (event) => {
      if (!armed && !event.ctrlKey) return;
      event.preventDefault();
      event.stopPropagation();
      const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? NOTCH / 3 : NOTCH;
      const notches = (event.deltaY * unit) / (event.ctrlKey ? NOTCH / 8 : NOTCH);
      target.zoom(ZOOM_PER_NOTCH ** -Math.max(-6, Math.min(notches, 6)), wheelPlace(event));
    },
    { passive: false, signal },
  );

  function pinch(moved: number, to: Point): void {
    const from = touches.get(moved);
    const other = [...touches].find(([id]) => id !== moved)?.[1];
    touches.set(moved, to);
    if (!from || !other) return;
    const before = Math.max(distance(from, other), 1);
    const middle = (a: Point, b: Point) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    const start = middle(from, other);
    const end = middle(to, other);
    target.pan(end.x - start.x, end.y - start.y);
    target.zoom(Math.max(distance(to, other), 1) / before, end);
  }

  function steps(event: PointerEvent): Point[] {
    const coalesced = "getCoalescedEvents" in event ? event.getCoalescedEvents() : [];
    return (coalesced.length ? coalesced : [event]).map(place);
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
