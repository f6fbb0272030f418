// Masks: paints a label map once per answer, then draws it under any zoom.

import { Borders, type BorderStyle } from "./borders.ts";
import { parseColor, pixelWord } from "./colors.ts";
import { rounded, union, whole, type Extent } from "./extent.ts";
import type { LabelMap } from "./label_map.ts";
import type { Point, Size, Viewport } from "./viewport.ts";

/** Where masks are drawn, and for an image of how many pixels. */
export interface MaskFrame {
  readonly viewport: Viewport;
  readonly size: Size;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  readonly image: Size;
  /** The part of the view that is drawn; null for all of it. */
  readonly part: Extent | null;
}

export interface MaskOptions {
  readonly opacity: number;
  readonly outline: boolean;
  /** The view is being panned or zoomed: quick is better than sharp. */
  readonly moving: boolean;
}

/** What was drawn: of which `Masks.version`, and how each object looked. */
export interface Drawn<Look> {
  readonly version: number;
  readonly looks: ReadonlyMap<number, Look>;
}

export class Masks {
  readonly #borders = new Borders();
  #map: LabelMap | null = null;
  #version = 0;
  /** Where the newest map differs from the one before it; null where that is not known. */
  #changes: readonly Extent[] | null = null;
  #fill: HTMLCanvasElement | null = null;
  #filled: Drawn<string> | null = null;

  get map(): LabelMap | null {
    return this.#map;
  }

  /** Rises by one with every map. */
  get version(): number {
    return this.#version;
  }

  set map(map: LabelMap | null) {
    const before = this.#map;
    this.#map = map;
    this.#version++;
    this.#changes = null;
    if (!map) {
      this.#borders.free();
      this.#fill = this.#filled = null;
    } else if (before?.ids.length === map.ids.length && before.size.width === map.size.width) {
      const changed = new Set(map.changesSince(before).keys());
      const gone = this.#extentsOf(changed);
      this.#borders.change(map.outlines(changed), changed);
      this.#changes = [...gone, ...this.#extentsOf(changed)];
    } else {
      this.#borders.change(map.outlines(), null);
    }
  }

  /** Whether an object has pixels. */
  has(id: number): boolean {
    return this.#borders.get(id) !== undefined;
  }

  /**
   * Where the objects look otherwise than they were drawn.
   *
   * @returns in pixels of the map; "nowhere", or null where that is not known.
   */
  changedSince<Look>(
    { version, looks: before }: Drawn<Look>,
    looks: ReadonlyMap<number, Look>,
  ): Extent | "nowhere" | null {
    const ids = [...before.keys(), ...looks.keys()];
    const changes = this.#extentsOf(ids.filter((id) => before.get(id) !== looks.get(id)));
    if (version !== this.#version) {
      if (version !== this.#version - 1 || !this.#changes) return null;
      changes.push(...this.#changes);
    }
    return union(changes) ?? "nowhere";
  }

  /**
   * Draws the objects that have a style.
   *
   * @returns whether it should be drawn again, sharper, once the view rests.
   */
  draw(
    context: CanvasRenderingContext2D,
    { viewport, size, ratio, image, part }: MaskFrame,
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
    const frame = { viewport: { ...viewport, scale }, size, ratio, part };
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

  #extentsOf(ids: Iterable<number>): Extent[] {
    return [...ids].map((id) => this.#borders.get(id)).filter((border) => border !== undefined);
  }

  /** The map in colours, painted anew where it has changed. */
  #painted(map: LabelMap, styles: ReadonlyMap<number, BorderStyle>): HTMLCanvasElement {
    const { width, height } = map.size;
    const fill = (this.#fill ??= document.createElement("canvas"));
    const colors = new Map([...styles].map(([id, { color }]) => [id, color]));
    let changed = this.#filled && this.changedSince(this.#filled, colors);
    this.#filled = { version: this.#version, looks: colors };
    if (changed === "nowhere") return fill;
    if (!changed || fill.width !== width || fill.height !== height) {
      fill.width = width;
      fill.height = height;
      changed = whole(map.size);
    }
    const part = rounded(changed);
    const words = new Map([...colors].map(([id, color]) => [id, pixelWord(parseColor(color))]));
    const pixels = new Uint8ClampedArray(map.paint(part, words).buffer);
    const image = new ImageData(pixels, part.right - part.left);
    fill.getContext("2d")?.putImageData(image, part.left, part.top);
    return fill;
  }
}
