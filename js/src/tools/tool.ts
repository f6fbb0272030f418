// A tool: what presses and drags on the canvas mean while it is chosen.

import type { Drag, Press } from "../gestures.ts";
import type { Kernel } from "../kernel.ts";
import type { Dot } from "../clicks.ts";
import type { Point, Size, Viewport } from "../viewport.ts";

export type ToolName =
  "click" | "background" | "brush" | "eraser" | "polygon" | "lasso" | "box" | "hand";

/** What a tool may look at and do. Points are in view coordinates unless said otherwise. */
export interface Desk {
  readonly kernel: Kernel;
  readonly image: Size;
  readonly viewport: Viewport;
  readonly dots: readonly Dot[];
  readonly clickRadius: number;
  /** Radius of brush and eraser, in CSS pixels. */
  readonly brushRadius: number;
  /** Colour of the object that the next act belongs to. */
  readonly activeColor: string;
  pixelAt(point: Point): Point | null;
  /** A point of the image, drawn into the image where it lies beside it. */
  pointAt(point: Point): Point;
  redraw(): void;
}

export interface Tool {
  /** CSS cursor while the pointer is over the canvas. */
  readonly cursor: string;
  /** The dot under the pointer, shown as one that a click deletes. */
  readonly hovered?: Dot | null;
  press?(press: Press): Drag | null;
  click?(press: Press): void;
  release?(): void;
  hover?(at: Point | null): void;
  /** What there is changed, under a pointer that may rest. */
  sceneChanged?(): void;
  /** Draws what is being made, in view coordinates. */
  draw?(context: CanvasRenderingContext2D): void;
  /** Enter: finishes what is being made; false if there was nothing. */
  finish?(): boolean;
  /** Esc: gives up what is being made; false if there was nothing. */
  cancel?(): boolean;
  /** The view goes: nothing more happens by itself. */
  end?(): void;
}
