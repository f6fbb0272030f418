// Brush and eraser: a stroke gives pixels to the active object, or takes them from it.

import type { Drag, Press } from "../gestures.ts";
import { toImage, toView, type Point } from "../viewport.ts";
import { drawStroke } from "../hand_drawn.ts";
import { broughtNear, farthest } from "./strokes.ts";
import type { Desk, Tool } from "./tool.ts";

export class Brushing implements Tool {
  readonly cursor = "none";
  #at: Point | null = null;
  /** The stroke so far, in image coordinates. */
  #stroke: { points: Point[]; radius: number; erases: boolean } | null = null;

  constructor(
    readonly desk: Desk,
    readonly erases: boolean,
  ) {}

  hover(at: Point | null): void {
    this.#at = at;
    this.desk.redraw();
  }

  press({ at, background, eraser }: Press): Drag {
    const radius = this.desk.brushRadius / this.desk.viewport.scale;
    this.#stroke = { points: [], radius, erases: this.erases || background || eraser };
    const move = (to: Point) => {
      this.#at = to;
      const point = toImage(this.desk.viewport, to);
      const last = this.#stroke?.points.at(-1);
      const least = Math.max(this.#stroke?.radius ?? 0, 1) / 4;
      if (last && Math.hypot(point.x - last.x, point.y - last.y) < least) return;
      this.#stroke?.points.push(point);
      this.desk.redraw();
    };
    move(at);
    return { atOnce: true, move, end: () => this.#commit(), cancel: () => void this.cancel() };
  }

  draw(context: CanvasRenderingContext2D): void {
    const { viewport, brushRadius, activeColor } = this.desk;
    const stroke = this.#stroke;
    if (stroke?.points.length) {
      const points = stroke.points.map((point) => toView(viewport, point));
      const color = stroke.erases ? null : activeColor;
      drawStroke(context, points, stroke.radius * viewport.scale, color);
    }
    if (!this.#at) return;
    const ring = (color: string, width: number) => {
      if (!this.#at) return;
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.arc(this.#at.x, this.#at.y, brushRadius, 0, 2 * Math.PI);
      context.stroke();
    };
    ring("rgb(0 0 0 / 60%)", 3);
    ring(this.erases ? "#fff" : activeColor, 1.5);
  }

  cancel(): boolean {
    const something = this.#stroke !== null;
    this.#stroke = null;
    this.desk.redraw();
    return something;
  }

  #commit(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    this.desk.redraw();
    if (!stroke?.points.length) return;
    const { kernel, image } = this.desk;
    const { owner } = kernel.shown;
    const points = broughtNear(stroke.points, image);
    const path = points.map(({ x, y }) => [round(x), round(y)] as const);
    const radius = Math.min(round(stroke.radius), farthest(image));
    if (stroke.erases) kernel.send({ command: "erase", object_id: owner, path, radius });
    else kernel.send({ command: "brush", object_id: owner, path, radius });
  }
}

/** A hundredth of a pixel is finer than any hand. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
