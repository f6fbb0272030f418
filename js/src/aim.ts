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
  #told: { readonly pixel: Point; readonly place: number } | null = null;
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
    if (!pixel || this.#isTold(pixel)) return;
    this.#told = { pixel, place: kernel.place };
    kernel.ask({ command: "aim", ...pixel });
  }

  #isTold({ x, y }: Point): boolean {
    const told = this.#told;
    if (!told || told.place !== this.range.kernel.place) return false;
    return x === told.pixel.x && y === told.pixel.y;
  }
}
