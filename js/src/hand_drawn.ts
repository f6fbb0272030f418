// What a hand draws, strokes and areas, as it looks until the kernel has made pixels of it.

import type { Drawn } from "./acts.ts";
import { toView, type Point, type Viewport } from "./viewport.ts";

const ERASED = "#1a1a1a";

/** A stroke in view coordinates; without a colour it erases. */
export function drawStroke(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  radius: number,
  color: string | null,
): void {
  context.save();
  context.globalAlpha = 0.65;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = color ?? ERASED;
  context.lineWidth = 2 * radius;
  context.beginPath();
  points.forEach(({ x, y }, i) => {
    if (i === 0) context.moveTo(x, y);
    context.lineTo(x, y);
  });
  context.stroke();
  context.restore();
}

/** An area in view coordinates. */
export function drawArea(
  context: CanvasRenderingContext2D,
  corners: readonly Point[],
  color: string,
): void {
  context.save();
  context.lineJoin = "round";
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  if (corners.length > 2) context.closePath();
  context.fillStyle = color;
  context.globalAlpha = 0.25;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = "rgb(0 0 0 / 70%)";
  context.lineWidth = 3.5;
  context.stroke();
  context.strokeStyle = color;
  context.lineWidth = 1.75;
  context.setLineDash([6, 4]);
  context.stroke();
  context.restore();
}

/** Something drawn that is on its way to the kernel. */
export function drawSent(
  context: CanvasRenderingContext2D,
  { act, color }: Drawn,
  viewport: Viewport,
): void {
  const seen = ([x, y]: readonly [number, number]) => toView(viewport, { x, y });
  switch (act.command) {
    case "brush":
    case "erase": {
      const isErased = act.command === "erase";
      const radius = act.radius * viewport.scale;
      return drawStroke(context, act.path.map(seen), radius, isErased ? null : color);
    }
    case "polygon":
      return drawArea(context, act.points.map(seen), color);
    case "prompt_box": {
      const [x, y, width, height] = act.box;
      const corners = [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
      ] as const;
      return drawArea(context, corners.map(seen), color);
    }
  }
}
