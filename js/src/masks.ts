// Masks: paints a label map once per answer, then draws it under any zoom.

import { Borders, type BorderStyle } from "./borders.ts";
import { parseColor, pixelWord } from "./colors.ts";
import type { LabelMap } from "./label_map.ts";
import type { Point, Size, Viewport } from "./viewport.ts";

/** Where masks are drawn, and for an image of how many pixels. */
export interface MaskFrame {
  readonly viewport: Viewport;
  readonly size: Size;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly image: Size;
}

export interface MaskOptions {
  readonly opacity: number;
  readonly outline: boolean;
  /** The view is being panned or zoomed: quick is better than sharp. */
  readonly moving: boolean;
}

export class Masks {
  readonly #borders = new Borders();
  #map: LabelMap | null = null;
  #fill: HTMLCanvasElement | null = null;
  #filled: string | null = null;

  get map(): LabelMap | null {
    return this.#map;
  }

  set map(map: LabelMap | null) {
    this.#map = map;
    this.#filled = null;
    if (map) {
      this.#borders.outlines = map.outlines;
    } else {
      this.#borders.free();
      this.#fill = null;
    }
  }

  /** Whether an object has pixels. */
  has(id: number): boolean {
    return this.#borders.get(id) !== undefined;
  }

  /**
   * Draws the objects that have a style.
   *
   * @returns whether it should be drawn again, sharper, once the view rests.
   */
  draw(
    context: CanvasRenderingContext2D,
    { viewport, size, ratio, image }: MaskFrame,
    styles: ReadonlyMap<number, BorderStyle>,
    { opacity, outline, moving }: MaskOptions,
  ): boolean {
    const map = this.#map;
    if (!map || styles.size === 0) return false;
    const scale = viewport.scale * (image.width / map.size.width);
    if (opacity > 0) {
      context.save();
      context.globalAlpha = opacity;
      context.imageSmoothingEnabled = scale < 2;
      context.drawImage(
        this.#painted(map, styles),
        viewport.left,
        viewport.top,
        image.width * viewport.scale,
        image.height * viewport.scale,
      );
      context.restore();
    }
    const frame = { viewport: { ...viewport, scale }, size, ratio };
    return this.#borders.draw(context, frame, styles, { all: outline, moving });
  }

  /** A pixel well inside the object, to put its number on; null for an object without pixels. */
  middleOf(id: number, image: Size): Point | null {
    const map = this.#map;
    const border = map && this.#borders.get(id);
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

  #painted(map: LabelMap, styles: ReadonlyMap<number, BorderStyle>): HTMLCanvasElement {
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
}
