// The click tool: a pixel belongs to the active object, or to the background; dots move and go.

import { Aim, type ExpectedClick } from "../aim.ts";
import { dotAt, dotUnder, drawDot, type Dot } from "../clicks.ts";
import type { Drag, Press } from "../gestures.ts";
import { BACKGROUND } from "../protocol.ts";
import type { Point } from "../viewport.ts";
import type { Desk, Tool } from "./tool.ts";

/** Two clicks closer than this in time and place, in CSS pixels, are a double-click. */
const DOUBLE_MS = 250;
const DOUBLE_REACH = 8;

export class Clicking implements Tool {
  /** The dot under the pointer: it shows that a click would delete it. */
  hovered: Dot | null = null;
  #pressed: { at: Point; background: boolean } | null = null;
  #moving: { dot: Dot; to: Point } | null = null;
  /** What the last click did, made a dot or deleted one. */
  #done: { at: Point; when: number; owner: number | null; deleted: boolean } | null = null;
  /** The second press of a double-click: it would take back what the first one did. */
  #second = false;
  #pointer: Point | null = null;
  readonly #aim: Aim;

  constructor(
    readonly desk: Desk,
    readonly background: boolean,
  ) {
    this.#aim = new Aim(desk);
  }

  get cursor(): string {
    return this.hovered ? "pointer" : "crosshair";
  }

  hover(at: Point | null): void {
    this.#pointer = at;
    const before = this.hovered;
    this.hovered = at && this.#dotUnder(at);
    if (this.hovered !== before) this.desk.redraw();
    this.#takeAim();
  }

  /** Another object may be active, or a dot lie here now. */
  sceneChanged(): void {
    if (!this.#pressed) this.#takeAim();
  }

  press(press: Press): Drag | null {
    const { at, background } = press;
    const dot = this.#dotUnder(at);
    this.#second = this.#isSecond(at, dot);
    this.hovered = dot;
    if (!dot && !this.#second) this.#pressed = { at, background: background || this.background };
    this.desk.redraw();
    const click = dot || this.#second ? null : this.#clickAt(press);
    if (click) this.#aim.press(click);
    else this.#aim.stop();
    return dot ? this.#dragOf(dot) : null;
  }

  release(): void {
    this.#pressed = null;
    this.#second = false;
    this.hovered = null;
    this.desk.redraw();
  }

  click(press: Press): void {
    const second = this.#second;
    this.release();
    if (second) return;
    const { kernel } = this.desk;
    const dot = this.#dotUnder(press.at);
    const done = { at: press.at, when: performance.now(), owner: kernel.shown.owner };
    if (dot) {
      this.#done = { ...done, deleted: true };
      const [x, y] = dot.click;
      return void kernel.send({ command: "delete_click", index: dot.index, at: [x, y] });
    }
    const click = this.#clickAt(press);
    if (!click) return;
    this.#done = { ...done, deleted: false };
    kernel.send({ command: "add_click", ...click });
  }

  draw(context: CanvasRenderingContext2D): void {
    const { desk } = this;
    const look = { radius: desk.clickRadius, hovered: false, pulse: null };
    if (this.#pressed && desk.pixelAt(this.#pressed.at)) {
      const objectId = this.#pressed.background ? BACKGROUND : -1;
      drawDot(context, this.#pressed.at, { ...look, color: desk.activeColor, objectId });
    }
    if (this.#moving) {
      const { dot, to } = this.#moving;
      const radius = desk.clickRadius + 2;
      drawDot(context, to, { ...look, radius, color: dot.color, objectId: dot.click[2] });
      const from = dotAt(desk.viewport, dot.click);
      context.setLineDash([3, 3]);
      context.strokeStyle = "#fff";
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
      context.setLineDash([]);
    }
  }

  cancel(): boolean {
    const something = this.#moving !== null;
    this.#moving = this.#pressed = null;
    this.desk.redraw();
    return something;
  }

  end(): void {
    this.#aim.stop();
  }

  #takeAim(): void {
    if (this.background) return;
    const at = this.#pointer;
    this.#aim.move(at && !this.#dotUnder(at) ? at : null);
  }

  #isSecond(at: Point, dot: Dot | null): boolean {
    const done = this.#done;
    if (!done || performance.now() - done.when > DOUBLE_MS) return false;
    if (Math.hypot(at.x - done.at.x, at.y - done.at.y) >= DOUBLE_REACH) return false;
    // Where the dot of the first click is not shown, a click on another object is none of two.
    const another = done.owner !== null && done.owner !== this.desk.kernel.shown.owner;
    return done.deleted || dot !== null || !another;
  }

  #clickAt({ at, background }: Press): ExpectedClick | null {
    const pixel = this.desk.pixelAt(at);
    const toBackground = background || this.background;
    const objectId = toBackground ? BACKGROUND : this.desk.kernel.shown.owner;
    return pixel && { ...pixel, object_id: objectId };
  }

  #dotUnder(at: Point): Dot | null {
    if (this.desk.kernel.get("masks_only")) return null;
    return dotUnder(this.desk.dots, at, this.desk.viewport, this.desk.clickRadius);
  }

  #dragOf(dot: Dot): Drag {
    let begun = false;
    const stop = () => {
      this.#moving = null;
      this.#second = false;
      this.hovered = null;
      this.desk.redraw();
    };
    return {
      atOnce: false,
      move: (to) => {
        if (begun && !this.#moving) return; // Esc has given it up
        begun = true;
        this.#moving = { dot, to };
        this.desk.redraw();
      },
      end: (to) => {
        const wanted = this.#moving !== null;
        stop();
        const pixel = this.desk.pixelAt(to);
        const [x, y] = dot.click;
        if (!wanted || !pixel || (pixel.x === x && pixel.y === y)) return;
        const at = [x, y] as const;
        this.desk.kernel.send({ command: "move_click", index: dot.index, at, ...pixel });
      },
      cancel: stop,
    };
  }
}
