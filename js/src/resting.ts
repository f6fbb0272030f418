// Resting: a picture of what was drawn, shown again for as long as nothing in it has changed.

import type { Size } from "./viewport.ts";

export class Resting {
  #canvas: HTMLCanvasElement | null = null;
  #shown: readonly unknown[] = [];

  /**
   * Draws, or shows once more what was drawn last.
   *
   * @param of all that the drawing depends on; compared one by one, by identity.
   */
  show(
    context: CanvasRenderingContext2D,
    { size, ratio }: { size: Size; ratio: number },
    of: readonly unknown[],
    draw: (context: CanvasRenderingContext2D) => void,
  ): void {
    const now = [...of, size, ratio];
    if (!this.#canvas || now.some((part, i) => part !== this.#shown[i])) {
      this.#canvas ??= document.createElement("canvas");
      this.#canvas.width = Math.round(size.width * ratio);
      this.#canvas.height = Math.round(size.height * ratio);
      const inner = this.#canvas.getContext("2d");
      if (!inner) return;
      inner.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw(inner);
      this.#shown = now;
    }
    const { width, height } = this.#canvas;
    if (width && height) context.drawImage(this.#canvas, 0, 0, width / ratio, height / ratio);
  }

  /** Gives the picture's memory back: the next one is drawn anew. */
  forget(): void {
    if (this.#canvas) this.#canvas.width = 0;
    this.#canvas = null;
  }
}
