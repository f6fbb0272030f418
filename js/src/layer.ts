// A layer of the canvas: as large as the view in device pixels, drawn in CSS pixels.

import { element } from "./elements.ts";
import { rounded, whole, type Extent } from "./extent.ts";
import type { Size } from "./viewport.ts";

/** What a layer covers. */
export interface Surface {
  readonly size: Size;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
}

export class Layer {
  readonly node = element("canvas", { "aria-hidden": "true" });

  /**
   * Draws anew, on an empty canvas, and returns what the drawing does.
   *
   * @param part of the layer outside of which all stays as it is; null for all of it.
   */
  draw<T>(
    { size, ratio }: Surface,
    draw: (context: CanvasRenderingContext2D) => T,
    part: Extent | null = null,
  ): T | undefined {
    const { node } = this;
    const width = Math.round(size.width * ratio);
    const height = Math.round(size.height * ratio);
    if (node.width !== width || node.height !== height) {
      node.width = width;
      node.height = height;
    }
    const context = node.getContext("2d");
    if (!context) return undefined;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { left, top, right, bottom } = part ? rounded(part, ratio) : whole(size);
    const area = [left, top, right - left, bottom - top] as const;
    if (!part) {
      context.clearRect(...area);
      return draw(context);
    }
    context.save();
    context.beginPath();
    context.rect(...area);
    context.clip();
    context.clearRect(...area);
    const drawn = draw(context);
    context.restore();
    return drawn;
  }

  /** Gives the memory of the pixels back. */
  free(): void {
    this.node.width = 0;
  }
}
