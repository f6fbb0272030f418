// Borders: draws the outlines of all objects, from a picture of them while the view moves.

import { inkOn, parseColor } from "./colors.ts";
import { inView, meets, whole, type Extent } from "./extent.ts";
import { simplified, type Outline } from "./outlines.ts";
import type { Size, Viewport } from "./viewport.ts";

/** One object's border, in pixels of the label map. */
export interface Border extends Extent {
  /** The line for a zoom, in device pixels for a pixel of the label map. */
  readonly pathAt: (scale: number) => Path2D;
  readonly points: number;
}

export interface BorderStyle {
  readonly color: string;
  readonly active: boolean;
  readonly hovered: boolean;
  /** 1 just after another object's click changed this one, falling to 0. */
  readonly flash: number;
}

/** Where borders are drawn: the view, and the viewport in pixels of the label map. */
export interface BorderFrame {
  readonly viewport: Viewport;
  readonly size: Size;
  readonly ratio: number;
  /** The part of the view that is drawn; null for all of it. */
  readonly part: Extent | null;
}

/** No line reaches farther than this from its border, in CSS pixels, whatever stands out. */
export const REACH = 8;
/** With fewer points than this every frame is drawn anew: it costs a few milliseconds. */
const FEW_POINTS = 3000;
/** From this many device pixels for a pixel of the label map on, lines are drawn as traced. */
const AS_TRACED_FROM = 1.5;
/** Below it they have a quarter of the points, none of them farther away than this: half a pixel. */
const TOLERANCE = 0.5;

export class Borders {
  readonly #borders = new Map<number, Border>();
  #points = 0;
  #picture: HTMLCanvasElement | null = null;
  #drawn: { look: string; frame: BorderFrame } | null = null;

  /**
   * Takes over new outlines.
   *
   * @param of objects that have these outlines now, or none; null for all: no other stays.
   */
  change(outlines: ReadonlyMap<number, Outline>, of: ReadonlySet<number> | null): void {
    if (!of) this.#borders.clear();
    for (const id of of ?? []) this.#borders.delete(id);
    for (const [id, outline] of outlines) this.#borders.set(id, borderOf(outline));
    this.#points = [...this.#borders.values()].reduce((sum, { points }) => sum + points, 0);
    this.#drawn = null;
  }

  get(id: number): Border | undefined {
    return this.#borders.get(id);
  }

  free(): void {
    this.#borders.clear();
    this.#picture = null;
    this.#drawn = null;
  }

  /**
   * Draws all borders that have a style; those that stand out come on top.
   *
   * @returns whether a picture of an earlier view was used: draw again once the view rests.
   */
  draw(
    context: CanvasRenderingContext2D,
    frame: BorderFrame,
    styles: ReadonlyMap<number, BorderStyle>,
    options: { all: boolean; moving: boolean },
  ): boolean {
    const rough = options.all && this.#drawAll(context, frame, styles, options.moving);
    enter(context, frame);
    for (const [id, style] of styles) {
      const border = this.#borders.get(id);
      if (!border || !standsOut(style) || !isSeen(border, frame)) continue;
      strokeBorder(context, border, style, frame);
    }
    context.restore();
    return rough;
  }

  #drawAll(
    context: CanvasRenderingContext2D,
    frame: BorderFrame,
    styles: ReadonlyMap<number, BorderStyle>,
    moving: boolean,
  ): boolean {
    if (this.#points < FEW_POINTS || frame.part) {
      const plain = [...styles].filter(([, style]) => !standsOut(style));
      this.#stroke(context, frame, new Map(plain)); // wider lines will cover the others
      return false;
    }
    const look = [...styles].map(([id, { color }]) => `${id}${color}`).join();
    const drawn = this.#drawn?.look === look ? this.#drawn : null;
    const same = drawn !== null && isSame(drawn.frame, frame);
    const picture = same || (drawn && moving) ? this.#picture : this.#redraw(frame, look, styles);
    const from = (same || !drawn || !moving ? frame : drawn.frame).viewport;
    if (!picture) return false;
    const zoom = frame.viewport.scale / from.scale;
    context.drawImage(
      picture,
      frame.viewport.left - from.left * zoom,
      frame.viewport.top - from.top * zoom,
      (picture.width / frame.ratio) * zoom,
      (picture.height / frame.ratio) * zoom,
    );
    return !same && moving && drawn !== null;
  }

  #redraw(
    frame: BorderFrame,
    look: string,
    styles: ReadonlyMap<number, BorderStyle>,
  ): HTMLCanvasElement | null {
    this.#picture ??= document.createElement("canvas");
    this.#picture.width = Math.round(frame.size.width * frame.ratio);
    this.#picture.height = Math.round(frame.size.height * frame.ratio);
    const context = this.#picture.getContext("2d");
    if (!context) return null;
    context.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
    this.#stroke(context, frame, styles);
    this.#drawn = { look, frame };
    return this.#picture;
  }

  #stroke(
    context: CanvasRenderingContext2D,
    frame: BorderFrame,
    styles: ReadonlyMap<number, BorderStyle>,
  ): void {
    enter(context, frame);
    for (const [id, { color }] of styles) {
      const border = this.#borders.get(id);
      if (!border || !isSeen(border, frame)) continue;
      const plain = { color, active: false, hovered: false, flash: 0 };
      strokeBorder(context, border, plain, frame);
    }
    context.restore();
  }
}

function enter(context: CanvasRenderingContext2D, { viewport }: BorderFrame): void {
  context.save();
  context.translate(viewport.left, viewport.top);
  context.scale(viewport.scale, viewport.scale);
  context.lineJoin = "bevel";
}

/** In the object's colour, in a line that is dark where that is light and light where it is dark:
 * one of the two shows on any photograph. The active one has both. */
function strokeBorder(
  context: CanvasRenderingContext2D,
  border: Border,
  style: BorderStyle,
  { viewport: { scale }, ratio }: BorderFrame,
): void {
  const path = border.pathAt(scale * ratio);
  const extra = (style.active ? 1 : 0) + (style.hovered ? 0.5 : 0) + style.flash * 4;
  const stroke = (color: string, width: number) => {
    context.strokeStyle = color;
    context.lineWidth = width / scale;
    context.stroke(path);
  };
  const both = style.active || style.flash > 0;
  const dark = both || inkOn(parseColor(style.color)) === "#000";
  stroke(dark ? "rgb(0 0 0 / 70%)" : "rgb(255 255 255 / 85%)", 3.5 + extra * 1.5);
  if (both) stroke("#fff", 2.25 + extra);
  stroke(style.color, style.active ? 1.5 : 1.75 + extra / 2);
}

function standsOut({ active, hovered, flash }: BorderStyle): boolean {
  return active || hovered || flash > 0;
}

function isSame(a: BorderFrame, b: BorderFrame): boolean {
  return (
    a.ratio === b.ratio &&
    a.size.width === b.size.width &&
    a.size.height === b.size.height &&
    a.viewport.scale === b.viewport.scale &&
    a.viewport.left === b.viewport.left &&
    a.viewport.top === b.viewport.top
  );
}

function isSeen(border: Border, { viewport, size, part }: BorderFrame): boolean {
  return meets(inView(border, viewport, REACH), part ?? whole(size));
}

function borderOf(outline: Outline): Border {
  const rough = simplified(outline, TOLERANCE);
  const path = pathOf(rough);
  let traced: Path2D | undefined;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of outline) {
    for (let i = 0; i < line.length; i += 2) {
      const x = line[i] ?? 0;
      const y = line[i + 1] ?? 0;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  return {
    pathAt: (scale) => (scale < AS_TRACED_FROM ? path : (traced ??= pathOf(outline))),
    points: rough.reduce((sum, line) => sum + line.length / 2, 0),
    left,
    top,
    right,
    bottom,
  };
}

function pathOf(outline: Outline): Path2D {
  const path = new Path2D();
  for (const line of outline) {
    path.moveTo(line[0] ?? 0, line[1] ?? 0);
    for (let i = 2; i < line.length; i += 2) path.lineTo(line[i] ?? 0, line[i + 1] ?? 0);
    path.closePath();
  }
  return path;
}
