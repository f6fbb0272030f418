// Polygon, lasso and box: an area drawn by hand, corner by corner or in one stroke.

import type { Drag, Press } from "../gestures.ts";
import { toView, type Point } from "../viewport.ts";
import { drawArea } from "../hand_drawn.ts";
import type { Desk, Tool } from "./tool.ts";

/** A corner this near to the first one closes the polygon, in CSS pixels. */
const CLOSING = 10;
/** Two clicks closer than this in time and place, in CSS pixels, are a double-click. */
const DOUBLE_MS = 400;
const DOUBLE_REACH = 5;
/** A lasso's line follows the hand in steps of so many CSS pixels: no hand is finer. */
const STEP = 0.5;

export class Polygon implements Tool {
  readonly cursor = "crosshair";
  #corners: Point[] = []; // in image coordinates
  #at: Point | null = null;
  /** The last click, and when it was. */
  #clicked: { at: Point; when: number } | null = null;

  constructor(readonly desk: Desk) {}

  get isBegun(): boolean {
    return this.#corners.length > 0;
  }

  hover(at: Point | null): void {
    this.#at = at;
    if (this.#corners.length) this.desk.redraw();
  }

  press(): null {
    return null; // a drag pans, also between two corners
  }

  click({ at }: Press): void {
    const second = this.#isSecond(at);
    if (this.#isClosing(at) || (second && this.#corners.length >= 3)) this.finish();
    else if (!second) {
      this.#corners.push(this.desk.pointAt(at));
      this.#at = at;
      this.desk.redraw();
    }
    this.#clicked = { at, when: performance.now() };
  }

  draw(context: CanvasRenderingContext2D): void {
    if (!this.#corners.length) return;
    const corners = this.#corners.map((corner) => toView(this.desk.viewport, corner));
    const closing = this.#at !== null && this.#isClosing(this.#at);
    const line = this.#at && !closing ? [...corners, this.#at] : corners;
    drawArea(context, line, this.desk.activeColor);
    corners.forEach(({ x, y }, i) => {
      const size = i === 0 && closing ? 6 : 3.5;
      context.fillStyle = i === 0 && closing ? this.desk.activeColor : "#fff";
      context.strokeStyle = "rgb(0 0 0 / 70%)";
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  }

  /** Fills it; one or two corners wait for more. */
  finish(): boolean {
    if (!this.#corners.length) return false;
    if (this.#corners.length < 3) return true;
    const corners = this.#corners;
    this.cancel();
    sendArea(this.desk, corners);
    return true;
  }

  cancel(): boolean {
    const something = this.#corners.length > 0;
    this.#corners = [];
    this.#clicked = null;
    this.desk.redraw();
    return something;
  }

  /** Takes the last corner back. */
  shorten(): boolean {
    const something = this.#corners.pop() !== undefined;
    this.#clicked = null;
    this.desk.redraw();
    return something;
  }

  #isSecond(at: Point): boolean {
    const last = this.#clicked;
    if (!last || performance.now() - last.when > DOUBLE_MS) return false;
    return Math.hypot(at.x - last.at.x, at.y - last.at.y) < DOUBLE_REACH;
  }

  #isClosing(at: Point): boolean {
    const first = this.#corners[0];
    if (!first || this.#corners.length < 3) return false;
    const { x, y } = toView(this.desk.viewport, first);
    return Math.hypot(at.x - x, at.y - y) <= CLOSING;
  }
}

export class Lasso implements Tool {
  readonly cursor = "crosshair";
  #line: Point[] = []; // in image coordinates

  constructor(readonly desk: Desk) {}

  press({ at }: Press): Drag {
    this.#line = [this.desk.pointAt(at)];
    return {
      atOnce: true,
      move: (to) => {
        const last = this.#line.at(-1);
        const point = this.desk.pointAt(to);
        const step = STEP / this.desk.viewport.scale;
        if (!last || Math.hypot(point.x - last.x, point.y - last.y) < step) return;
        this.#line.push(point);
        this.desk.redraw();
      },
      end: () => {
        const line = this.#line;
        this.cancel();
        if (line.length >= 3) sendArea(this.desk, line);
      },
      cancel: () => void this.cancel(),
    };
  }

  draw(context: CanvasRenderingContext2D): void {
    if (!this.#line.length) return;
    const line = this.#line.map((point) => toView(this.desk.viewport, point));
    drawArea(context, line, this.desk.activeColor);
  }

  cancel(): boolean {
    const something = this.#line.length > 0;
    this.#line = [];
    this.desk.redraw();
    return something;
  }
}

export class Box implements Tool {
  readonly cursor = "crosshair";
  #from: Point | null = null; // in image coordinates
  #to: Point | null = null;

  constructor(readonly desk: Desk) {}

  press({ at }: Press): Drag {
    this.#from = this.#to = this.desk.pointAt(at);
    return {
      atOnce: true,
      move: (to) => {
        this.#to = this.desk.pointAt(to);
        this.desk.redraw();
      },
      end: () => this.#commit(),
      cancel: () => void this.cancel(),
    };
  }

  draw(context: CanvasRenderingContext2D): void {
    if (!this.#from || !this.#to) return;
    const a = toView(this.desk.viewport, this.#from);
    const b = toView(this.desk.viewport, this.#to);
    const corners = [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
    drawArea(context, corners, this.desk.activeColor);
  }

  cancel(): boolean {
    const something = this.#from !== null;
    this.#from = this.#to = null;
    this.desk.redraw();
    return something;
  }

  #commit(): void {
    const [from, to] = [this.#from, this.#to];
    this.cancel();
    if (!from || !to) return;
    const left = Math.floor(Math.min(from.x, to.x));
    const top = Math.floor(Math.min(from.y, to.y));
    const width = Math.ceil(Math.max(from.x, to.x)) - left;
    const height = Math.ceil(Math.max(from.y, to.y)) - top;
    if (width < 2 || height < 2) return; // a click, not a box
    const { kernel } = this.desk;
    const objectId = kernel.shown.owner;
    kernel.send({ command: "prompt_box", object_id: objectId, box: [left, top, width, height] });
  }
}

function sendArea({ kernel }: Desk, corners: Point[]): void {
  const round = (value: number) => Math.round(value * 100) / 100;
  const points = corners.map(({ x, y }) => [round(x), round(y)] as const);
  kernel.send({ command: "polygon", object_id: kernel.shown.owner, points });
}
