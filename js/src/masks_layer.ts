// The layer of masks: drawn anew where something has changed, and nowhere else.

import { REACH, type BorderStyle } from "./borders.ts";
import type { Detail } from "./detail.ts";
import { inView, type Extent } from "./extent.ts";
import { Layer, type Surface } from "./layer.ts";
import type { Drawn, MaskOptions, Masks } from "./masks.ts";
import type { Size, Viewport } from "./viewport.ts";

/** What the view shows of an image, and of how many pixels that is. */
export interface Sight {
  readonly surface: Surface;
  readonly viewport: Viewport;
  readonly image: Size;
}

export class MasksLayer extends Layer {
  #drawn: (Drawn<string> & { readonly of: readonly unknown[] }) | null = null;

  constructor(
    readonly masks: Masks,
    readonly detail: Detail,
  ) {
    super();
  }

  /**
   * Shows the objects that have a style.
   *
   * @returns whether to show them again, sharper, once the view rests.
   */
  show(
    sight: Sight,
    styles: ReadonlyMap<number, BorderStyle>,
    { moving, ...options }: MaskOptions,
  ): boolean {
    const { surface, viewport, image } = sight;
    const { masks, detail } = this;
    const { size, ratio } = surface;
    const { opacity, outline } = options;
    const of = [viewport, size, ratio, image.width, opacity, outline, detail.masks.map, detail.box];
    const looks = new Map([...styles].map(([id, style]) => [id, JSON.stringify(style)]));
    const before = this.#drawn;
    // What is drawn while it moves is quick rather than sharp, and shown once.
    this.#drawn = moving ? null : { of, looks, version: masks.version };
    const known = !moving && before && of.every((value, i) => value === before.of[i]);
    const part = known ? this.#changedSince(before, looks, sight) : null;
    if (part === "nowhere") return false;
    const draw = (context: CanvasRenderingContext2D) =>
      this.drawOn(context, sight, styles, { ...options, moving }, part);
    return this.draw(surface, draw, part) ?? false;
  }

  /**
   * Draws the label map, and where there is detail, the sharp one instead.
   *
   * @param part of the view that is drawn; null for all of it.
   * @returns whether to draw it again, sharper, once the view rests.
   */
  drawOn(
    context: CanvasRenderingContext2D,
    { surface, viewport, image }: Sight,
    styles: ReadonlyMap<number, BorderStyle>,
    options: MaskOptions,
    part: Extent | null = null,
  ): boolean {
    const { size } = surface;
    const frame = { viewport, image, part, ...surface };
    const { detail, masks } = this;
    if (!detail.masks.map) return masks.draw(context, frame, styles, options);
    const at = detail.viewportOf(viewport);
    const inside = new Path2D();
    inside.rect(at.left, at.top, detail.size.width * at.scale, detail.size.height * at.scale);
    const outside = new Path2D(inside);
    outside.rect(0, 0, size.width, size.height);
    context.save();
    context.clip(outside, "evenodd");
    const coarse = masks.draw(context, frame, styles, options);
    context.restore();
    context.save();
    context.clip(inside);
    const sharp = { ...frame, viewport: at, image: detail.size };
    const rough = detail.masks.draw(context, sharp, styles, options);
    context.restore();
    return coarse || rough;
  }

  /** Draws all of it the next time: the browser may have dropped the pixels. */
  forget(): void {
    this.#drawn = null;
  }

  override free(): void {
    super.free();
    this.forget();
  }

  /** Where in the view, lines included, it is not what was drawn; null for everywhere. */
  #changedSince(
    before: Drawn<string>,
    looks: ReadonlyMap<number, string>,
    { viewport, image }: Sight,
  ): Extent | "nowhere" | null {
    const { masks, detail } = this;
    if (detail.masks.map) {
      // Where there is detail, borders are not those of the map alone.
      const alike = looks.size === before.looks.size && masks.version === before.version;
      const same = alike && [...looks].every(([id, look]) => look === before.looks.get(id));
      return same ? "nowhere" : null;
    }
    const changed = masks.changedSince(before, looks);
    if (changed === null || changed === "nowhere") return changed;
    const stretch = image.width / (masks.map?.size.width ?? image.width);
    return inView(changed, { ...viewport, scale: viewport.scale * stretch }, REACH);
  }
}
