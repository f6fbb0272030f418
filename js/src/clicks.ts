// Clicks: where their dots are, how they look, and which one lies under the pointer.

import { inkOn, parseColor } from "./colors.ts";
import { BACKGROUND, type ClickRow } from "./protocol.ts";
import { toView, type Point, type Viewport } from "./viewport.ts";

export interface Dot {
  /** Its time step: its place in the list of all clicks. */
  readonly index: number;
  readonly click: ClickRow;
  /** "#RRGGBB" of its object. */
  readonly color: string;
  /** Sent, and not part of the answer on screen yet. */
  readonly waiting: boolean;
}

/** A dot is never harder to hit than this, in CSS pixels. */
const SMALLEST_TARGET = 7;
const BACKGROUND_INK = "#1a1a1a";

/** The middle of the click's pixel, in view coordinates. */
export function dotAt(viewport: Viewport, [x, y]: ClickRow): Point {
  return toView(viewport, { x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 });
}

/** The dot under a point of the view: the nearest in reach, the newest of equals; none unseen. */
export function dotUnder(
  dots: readonly Dot[],
  point: Point,
  viewport: Viewport,
  radius: number,
): Dot | null {
  if (radius <= 0) return null;
  const reach = Math.max(radius + 2, SMALLEST_TARGET);
  let found: Dot | null = null;
  let nearest = reach;
  for (const dot of dots) {
    const at = dotAt(viewport, dot.click);
    const distance = Math.hypot(at.x - point.x, at.y - point.y);
    if (distance <= nearest) [found, nearest] = [dot, distance];
  }
  return found;
}

/** Draws one dot; background dots differ by form (a bar in them), not by colour alone. */
export function drawDot(
  context: CanvasRenderingContext2D,
  at: Point,
  look: { color: string; objectId: number; radius: number; hovered: boolean; pulse: number | null },
): void {
  const radius = look.radius + (look.hovered ? 2 : 0);
  if (radius <= 0) return;
  const background = look.objectId === BACKGROUND;
  const color = background ? BACKGROUND_INK : look.color;
  const disc = (size: number, style: string) => {
    context.fillStyle = style;
    context.beginPath();
    context.arc(at.x, at.y, size, 0, 2 * Math.PI);
    context.fill();
  };
  if (look.pulse !== null) {
    context.strokeStyle = background ? "#fff" : color;
    context.lineWidth = 1.5;
    context.globalAlpha = 1 - look.pulse;
    context.beginPath();
    context.arc(at.x, at.y, radius + 3 + 9 * look.pulse, 0, 2 * Math.PI);
    context.stroke();
    context.globalAlpha = 1;
  }
  disc(radius + 2.5, "rgb(0 0 0 / 60%)");
  disc(radius + 1.5, "#fff");
  disc(radius, color);
  if (look.hovered || (background && radius >= 3)) {
    const ink = background ? "#fff" : inkOn(parseColor(look.color));
    const arm = radius * 0.5;
    context.strokeStyle = ink;
    context.lineWidth = Math.max(1.25, radius / 4);
    context.beginPath();
    if (look.hovered) {
      context.moveTo(at.x - arm, at.y - arm);
      context.lineTo(at.x + arm, at.y + arm);
      context.moveTo(at.x - arm, at.y + arm);
      context.lineTo(at.x + arm, at.y - arm);
    } else {
      context.moveTo(at.x - arm * 1.2, at.y);
      context.lineTo(at.x + arm * 1.2, at.y);
    }
    context.stroke();
  }
}
