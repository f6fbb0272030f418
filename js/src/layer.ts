// A layer of the canvas: as large as the view in device pixels, drawn in CSS pixels.

import { element } from "./elements.ts";
import type { Size } from "./viewport.ts";

/** What a layer covers. */
export interface Surface {
  readonly size: Size;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
}

export class Layer {
  readonly node = element("canvas", { "aria-hidden": "true" });
  #shown: readonly unknown[] | null = null;

  /** Draws anew, on an empty canvas, and returns what the drawing does. */
  draw<T>({ size, ratio }: Surface, draw: (context: CanvasRenderingContext2D) => T): T | undefined {
    const { node } = this;
    this.#shown = null;
    const width = Math.round(size.width * ratio);
    const height = Math.round(size.height * ratio);
    if (node.width !== width || node.height !== height) {
      node.width = width;
      node.height = height;
    }
    const context = node.getContext("2d");
    if (!context) return undefined;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    return draw(context);
  }

  /**
   * The same, but leaves what is there while nothing has changed in it.
   *
   * @param of all that the drawing depends on; compared one by one, by identity.
   */
  drawIfChanged<T>(
    surface: Surface,
    of: readonly unknown[],
    draw: (context: CanvasRenderingContext2D) => T,
  ): T | undefined {
    const now = [...of, surface.size, surface.ratio];
    if (now.every((part, i) => part === this.#shown?.[i])) return undefined;
    const drawn = this.draw(surface, draw);
    this.#shown = now;
    return drawn;
  }

  /** Draws anew the next time: the browser may have dropped the pixels. */
  forget(): void {
    this.#shown = null;
  }

  /** Gives the memory of the pixels back. */
  free(): void {
    this.#shown = null;
    this.node.width = 0;
  }
}
