// Detail: the sharp part of a large photograph that a view has zoomed into, asked for at rest.

import type { Kernel } from "./kernel.ts";
import { LabelMap } from "./label_map.ts";
import { Masks } from "./masks.ts";
import { Photograph } from "./photograph.ts";
import type { BoxRow } from "./protocol.ts";
import { toImage, type Size, type Viewport } from "./viewport.ts";

/** More than what is seen is asked for, so that a small pan needs no new detail. */
const AROUND = 0.25;
/** Long side of what is asked for at most, in device pixels. */
const LARGEST = 2048;
/** The preview may be stretched so far before detail is worth asking for. */
const WORTH = 1.25;

export class Detail {
  readonly photograph: Photograph;
  readonly masks = new Masks();
  box: BoxRow | null = null;
  #asked: BoxRow | null = null;

  constructor(
    readonly kernel: Kernel,
    readonly changed: () => void,
    signal: AbortSignal,
  ) {
    this.photograph = new Photograph(changed);
    kernel.on(["_detail_info"], () => this.#receive(), signal);
    kernel.on(["_label_map"], () => this.#askForLabels(), signal);
    signal.addEventListener("abort", () => this.forget());
  }

  /** Asks for what the view shows, where the preview is too coarse for it. */
  want(viewport: Viewport, view: Size, ratio: number, image: Size, preview: Size): void {
    const coarse = (viewport.scale * ratio * image.width) / preview.width;
    if (preview.width >= image.width || coarse < WORTH) return this.forget();
    const seen = seenBox(viewport, view, image, 0);
    if (!seen || (this.#asked && covers(this.#asked, seen, viewport.scale * ratio))) return;
    this.#asked = seenBox(viewport, view, image, AROUND);
    if (this.#asked) this.#ask(this.#asked, true);
  }

  /** A viewport in whose pixels the detail begins at (0, 0). */
  viewportOf(viewport: Viewport): Viewport {
    const [x, y] = this.box ?? [0, 0];
    const { scale, left, top } = viewport;
    return { scale, left: left + x * scale, top: top + y * scale };
  }

  get size(): Size {
    const [, , width, height] = this.box ?? [0, 0, 1, 1];
    return { width, height };
  }

  #ask(box: BoxRow, image: boolean): void {
    this.kernel.ask({ command: "send_detail", box, pixels: LARGEST, image });
  }

  #askForLabels(): void {
    this.masks.map = null; // it is older than what came just now
    if (this.#asked) this.#ask(this.#asked, false);
  }

  #receive(): void {
    const { view, box } = this.kernel.get("_detail_info");
    if (view !== this.kernel.view || !box || !this.#asked) return;
    if (box.join() !== this.#asked.join()) return; // the view has moved on
    const labels = this.kernel.get("_detail_labels");
    const image = this.kernel.get("_detail");
    if (image?.byteLength && this.box?.join() !== box.join()) {
      void this.photograph.load(image);
      this.box = box;
    }
    if (labels?.byteLength) this.masks.map = new LabelMap(labels);
    this.changed();
  }

  /** Lets go of what was asked for. */
  forget(): void {
    if (!this.#asked) return;
    this.#asked = this.box = null;
    this.photograph.free();
    this.masks.map = null;
  }
}

/** The part of the image in sight, in whole pixels, and some of what lies around it. */
function seenBox(viewport: Viewport, view: Size, image: Size, around: number): BoxRow | null {
  const margin = { x: view.width * around, y: view.height * around };
  const from = toImage(viewport, { x: -margin.x, y: -margin.y });
  const to = toImage(viewport, { x: view.width + margin.x, y: view.height + margin.y });
  const left = Math.max(Math.floor(from.x), 0);
  const top = Math.max(Math.floor(from.y), 0);
  const width = Math.min(Math.ceil(to.x), image.width) - left;
  const height = Math.min(Math.ceil(to.y), image.height) - top;
  return width > 0 && height > 0 ? [left, top, width, height] : null;
}

/** Whether a detail holds all that is seen, as sharp as it can be shown. */
function covers(detail: BoxRow, seen: BoxRow, scale: number): boolean {
  const inside =
    detail[0] <= seen[0] &&
    detail[1] <= seen[1] &&
    detail[0] + detail[2] >= seen[0] + seen[2] &&
    detail[1] + detail[3] >= seen[1] + seen[3];
  const longest = Math.max(detail[2], detail[3]);
  const sharpness = Math.min(LARGEST / longest, 1); // pixels of the detail for one of the image
  return inside && (sharpness === 1 || sharpness * WORTH >= scale);
}
