// Marks: what is drawn over the masks besides dots (numbers, bounds, the keyboard's aim).

import { inkOn, parseColor } from "./colors.ts";
import type { BoxRow, SegmentedObject } from "./protocol.ts";
import { toView, type Point, type Size, type Viewport } from "./viewport.ts";

/** An object's number, in its colour. */
export function drawNumber(
  context: CanvasRenderingContext2D,
  { id, color }: SegmentedObject,
  at: Point,
): void {
  const text = String(id);
  context.save();
  context.font = "600 11px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = Math.max(context.measureText(text).width + 9, 17);
  context.fillStyle = color;
  context.strokeStyle = "rgb(0 0 0 / 65%)";
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(at.x - width / 2, at.y - 8.5, width, 17, 8.5);
  context.fill();
  context.stroke();
  context.fillStyle = inkOn(parseColor(color));
  context.fillText(text, at.x, at.y + 0.5);
  context.restore();
}

/** The box that the model keeps the active object in. */
export function drawBound(
  context: CanvasRenderingContext2D,
  bound: BoxRow,
  viewport: Viewport,
): void {
  const [x, y, width, height] = bound;
  const at = toView(viewport, { x, y });
  const lines = (color: string, lineWidth: number, dash: number[]) => {
    context.strokeStyle = color;
    context.lineWidth = lineWidth;
    context.setLineDash(dash);
    context.strokeRect(at.x, at.y, width * viewport.scale, height * viewport.scale);
  };
  lines("rgb(0 0 0 / 60%)", 3, []);
  lines("#fff", 1.25, [5, 4]);
  context.setLineDash([]);
}

/** Where the next click from the keyboard goes. */
export function drawCrosshair(context: CanvasRenderingContext2D, at: Point, size: Size): void {
  const lines = (color: string, width: number) => {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(at.x, 0);
    context.lineTo(at.x, at.y - 7);
    context.moveTo(at.x, at.y + 7);
    context.lineTo(at.x, size.height);
    context.moveTo(0, at.y);
    context.lineTo(at.x - 7, at.y);
    context.moveTo(at.x + 7, at.y);
    context.lineTo(size.width, at.y);
    context.stroke();
  };
  lines("rgb(0 0 0 / 55%)", 3);
  lines("rgb(255 255 255 / 90%)", 1);
}
