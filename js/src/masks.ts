// Masks: paints a label map once per answer, then draws it under any zoom.

import { parseColor, pixelWord } from "./colors.ts";
import type { LabelMap } from "./label_map.ts";
import type { Outline } from "./outlines.ts";
import type { Point, Size, Viewport } from "./viewport.ts";

/** How one object is shown; objects without a style are not drawn. */
export interface MaskStyle {
  readonly color: string;
  readonly active: boolean;
  readonly hovered: boolean;
  /** 1 just after another object's click changed this one, falling to 0. */
  readonly flash: number;
}

export interface MaskOptions {
  readonly opacity: number;
  readonly outline: boolean;
}

interface Border {
  readonly path: Path2D;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export class Masks {
  #map: LabelMap | null = null;
  #fill: HTMLCanvasElement | null = null;
  #filled = "";
  #borders = new Map<number, Border>();

  get map(): LabelMap | null {
    return this.#map;
  }

  set map(map: LabelMap | null) {
    this.#map = map;
    this.#filled = "";
    this.#borders = new Map();
    if (!map) this.#fill = null;
  }

  /** Draws fills and borders; `image` is the size in whose pixels the viewport counts. */
  draw(
    context: CanvasRenderingContext2D,
    viewport: Viewport,
    view: Size,
    image: Size,
    styles: ReadonlyMap<number, MaskStyle>,
    options: MaskOptions,
  ): void {
    const map = this.#map;
    if (!map) return;
    const stretch = image.width / map.size.width;
    const scale = viewport.scale * stretch;
    const fill = this.#painted(map, styles);
    if (options.opacity > 0) {
      context.save();
      context.globalAlpha = options.opacity;
      context.imageSmoothingEnabled = scale < 2;
      context.drawImage(
        fill,
        viewport.left,
        viewport.top,
        image.width * viewport.scale,
        image.height * viewport.scale,
      );
      context.restore();
    }
    context.save();
    context.translate(viewport.left, viewport.top);
    context.scale(scale, (viewport.scale * image.height) / map.size.height);
    context.lineJoin = "round";
    for (const [id, border] of this.#bordersOf(map)) {
      const style = styles.get(id);
      if (!style || !isSeen(border, viewport, scale, view)) continue;
      if (options.outline || style.active || style.hovered || style.flash > 0) {
        strokeBorder(context, border.path, style, scale);
      }
    }
    context.restore();
  }

  /** A pixel well inside the object, to put its number on; null for an object without pixels. */
  middleOf(id: number, image: Size): Point | null {
    const map = this.#map;
    const border = map && this.#bordersOf(map).get(id);
    if (!border) return null;
    const { width } = map.size;
    const row = Math.min(Math.floor((border.top + border.bottom) / 2), map.size.height - 1);
    let best = { start: 0, length: 0 };
    let start = -1;
    for (let x = Math.floor(border.left); x <= border.right; x++) {
      const inside = x < width && map.ids[row * width + x] === id;
      if (inside && start < 0) start = x;
      if ((!inside || x >= border.right) && start >= 0) {
        if (x - start > best.length) best = { start, length: x - start };
        start = -1;
      }
    }
    const x = best.length ? best.start + best.length / 2 : (border.left + border.right) / 2;
    const stretch = image.width / width;
    return { x: x * stretch, y: (row + 0.5) * stretch };
  }

  #painted(map: LabelMap, styles: ReadonlyMap<number, MaskStyle>): HTMLCanvasElement {
    const { width, height } = map.size;
    this.#fill ??= document.createElement("canvas");
    const look = [...styles].map(([id, { color }]) => `${id}${color}`).join();
    if (this.#filled === look) return this.#fill;
    this.#fill.width = width;
    this.#fill.height = height;
    const words = new Map([...styles].map(([id, { color }]) => [id, pixelWord(parseColor(color))]));
    const pixels = new ImageData(width, height);
    map.paint(new Uint32Array(pixels.data.buffer), (id) => words.get(id) ?? 0);
    this.#fill.getContext("2d")?.putImageData(pixels, 0, 0);
    this.#filled = look;
    return this.#fill;
  }

  #bordersOf(map: LabelMap): Map<number, Border> {
    if (this.#borders.size === 0) {
      for (const [id, outline] of map.outlines) this.#borders.set(id, borderOf(outline));
    }
    return this.#borders;
  }
}

/** A light line in a dark one, in the object's colour: it shows on any photograph. */
function strokeBorder(
  context: CanvasRenderingContext2D,
  path: Path2D,
  style: MaskStyle,
  scale: number,
): void {
  const extra = (style.active ? 1 : 0) + (style.hovered ? 0.5 : 0) + style.flash * 4;
  const stroke = (color: string, width: number) => {
    context.strokeStyle = color;
    context.lineWidth = width / scale;
    context.stroke(path);
  };
  stroke("rgb(0 0 0 / 70%)", 3.5 + extra * 1.5);
  if (style.active || style.flash > 0) stroke("#fff", 2.25 + extra);
  stroke(style.color, style.active ? 1.5 : 1.75 + extra / 2);
}

function isSeen(border: Border, viewport: Viewport, scale: number, view: Size): boolean {
  return (
    border.right * scale + viewport.left > -8 &&
    border.bottom * scale + viewport.top > -8 &&
    border.left * scale + viewport.left < view.width + 8 &&
    border.top * scale + viewport.top < view.height + 8
  );
}

function borderOf(outline: Outline): Border {
  const path = new Path2D();
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of outline) {
    for (let i = 0; i < line.length; i += 2) {
      const x = line[i] ?? 0;
      const y = line[i + 1] ?? 0;
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    path.closePath();
  }
  return { path, left, top, right, bottom };
}
