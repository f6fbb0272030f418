// Brush size: the slider that stands in the toolbar while a brush or the eraser is chosen.

import { element } from "./elements.ts";

/** Bounds of the radius, in CSS pixels. */
export const BRUSH = { least: 1, most: 200 };

export class BrushSize {
  readonly node: HTMLLabelElement;
  readonly #input = element("input", { type: "range", min: 0, max: 1, step: 0.01 });
  readonly #value = element("output", {});

  constructor(choose: (radius: number) => void, signal: AbortSignal) {
    const name = element("span", {}, "Size");
    this.node = element(
      "label",
      { class: "dw-slider dw-brush-size" },
      name,
      this.#input,
      this.#value,
    );
    this.node.title = "Brush size (, and .)";
    const ratio = BRUSH.most / BRUSH.least;
    this.#input.addEventListener(
      "input",
      () => choose(BRUSH.least * ratio ** Number(this.#input.value)),
      { signal },
    );
  }

  /**
   * Shows a radius; null while no brush is chosen. Equal steps are equal factors.
   * Its room is kept: a toolbar that becomes a row higher would move the photograph.
   */
  update(radius: number | null): void {
    this.node.style.visibility = radius === null ? "hidden" : "";
    if (radius === null) return;
    const place = Math.log(radius / BRUSH.least) / Math.log(BRUSH.most / BRUSH.least);
    this.#input.value = String(place);
    this.#input.style.setProperty("--dw-filled", String(place));
    this.#value.textContent = `${Math.round(2 * radius)} px`;
  }
}
