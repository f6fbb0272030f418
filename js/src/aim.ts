// Aim: tells the kernel which click may follow, so that its answer is on the way when it does.

import type { Kernel } from "./kernel.ts";
import type { Point } from "./viewport.ts";

/** A pointer that did not move for so long rests. */
const REST_MS = 60;

/** Where a pointer may aim; points are in view coordinates unless said otherwise. */
export interface Range {
  readonly kernel: Kernel;
  pixelAt(at: Point): Point | null;
}

/** What an `add_click` says; without an object it is the active one's, or a new one's. */
export interface ExpectedClick extends Point {
  readonly object_id: number | null;
}

export class Aim {
  /** What was told last: which pixel of which image, and which object is active. */
  #told = "";
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly range: Range) {}

  /** The pointer came to a place; null: it is where no click will follow. */
  move(at: Point | null): void {
    this.stop();
    if (at) this.#rest = setTimeout(() => this.#take(at), REST_MS);
  }

  /** The button is down: says which click follows unless the pointer moves. */
  press(click: ExpectedClick): void {
    this.stop();
    this.range.kernel.ask({ command: "press", ...click });
  }

  /** No click will follow where the pointer is. */
  stop(): void {
    clearTimeout(this.#rest);
  }

  #take(at: Point): void {
    const { kernel } = this.range;
    const pixel = this.range.pixelAt(at);
    if (!pixel) return;
    const told = [pixel.x, pixel.y, kernel.place, kernel.shown.scene.active].join();
    if (told === this.#told) return;
    this.#told = told;
    kernel.ask({ command: "aim", ...pixel });
  }
}
