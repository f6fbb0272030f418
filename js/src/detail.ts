// Detail: the sharp part of a large photograph that a view has zoomed into, asked for at rest.

import type { Kernel } from "./kernel.ts";
import { LabelMap } from "./label_map.ts";
import { Masks } from "./masks.ts";
import { Photograph } from "./photograph.ts";
import type { BoxRow } from "./protocol.ts";
import { toImage, type Size, type Viewport } from "./viewport.ts";

/** More than what is seen is asked for, so that a small pan needs no new detail. */
const AROUND = 0.25;
/** So much more at least, however large the view is. */
const LEAST_AROUND = 0.1;
/** Long side of what is asked for, in device pixels, where the view is not larger itself. */
const LARGEST = 2048;
/** The kernel gives no more. */
const MOST = 4096;
/** The preview may be stretched so far before detail is worth asking for. */
const WORTH = 1.25;

/** What was asked for, for a view with so many device pixels for one of the image. */
interface Asked {
  readonly box: BoxRow;
  readonly pixels: number;
  readonly scale: number;
}

/** What the kernel gave. */
interface Part {
  readonly asked: Asked;
  readonly image: DataView;
  readonly labels: DataView | null;
}

export class Detail {
  readonly photograph = new Photograph(() => this.#show());
  readonly masks = new Masks();
  #asked: Asked | null = null;
  /** The newest; shown once its picture is decoded. */
  #come: Part | null = null;
  #shown: Part | null = null;

  constructor(
    readonly kernel: Kernel,
    readonly changed: () => void,
    signal: AbortSignal,
  ) {
    kernel.on(["_detail_info"], () => this.#receive(), signal);
    kernel.on(["_label_map"], () => this.#askForLabels(), signal);
    signal.addEventListener("abort", () => this.forget());
  }

  /** Asks for what the view shows, where the preview is too coarse for it. */
  want(viewport: Viewport, view: Size, ratio: number, image: Size, preview: Size): void {
    const coarse = (viewport.scale * ratio * image.width) / preview.width;
    if (preview.width >= image.width || coarse < WORTH) return this.forget();
    const seen = seenBox(viewport, view, image, 0);
    const scale = viewport.scale * ratio;
    if (!seen || (this.#asked && covers(this.#asked, seen, scale))) return;
    const longest = Math.max(seen[2], seen[3]) * Math.min(scale, 1);
    const enough = Math.ceil(longest * (1 + 2 * LEAST_AROUND));
    const pixels = Math.min(Math.max(enough, LARGEST), MOST);
    const around = Math.min(Math.max((pixels / longest - 1) / 2, LEAST_AROUND), AROUND);
    const box = seenBox(viewport, view, image, around) ?? seen;
    this.#asked = { box, pixels, scale };
    this.#ask(this.#asked, true);
  }

  /** Where what is shown lies. */
  get box(): BoxRow | null {
    return this.#shown?.asked.box ?? null;
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

  #ask({ box, pixels }: Asked, image: boolean): void {
    this.kernel.ask({ command: "send_detail", box, pixels, image });
  }

  #askForLabels(): void {
    this.masks.map = null; // it is older than what came just now
    if (this.#come) this.#come = { ...this.#come, labels: null };
    if (this.#asked) this.#ask(this.#asked, false);
  }

  #receive(): void {
    const { view, box } = this.kernel.get("_detail_info");
    const asked = this.#asked;
    if (view !== this.kernel.view || !box || !asked) return;
    if (box.join() !== asked.box.join()) return; // the view has moved on
    // Where labels came alone, the picture at hand may be another view's by now.
    const known = [this.#come, this.#shown].find((part) => part?.asked === asked);
    const image = known?.image ?? this.kernel.get("_detail");
    const labels = this.kernel.get("_detail_labels");
    if (!image?.byteLength) return;
    this.#come = { asked, image, labels: labels?.byteLength ? labels : null };
    void this.photograph.load(image);
  }

  /** Picture, labels and place change together. */
  #show(): void {
    this.#shown = this.#come;
    const labels = this.#come?.labels;
    this.masks.map = labels ? new LabelMap(labels) : null;
    this.changed();
  }

  /** Lets go of what was asked for. */
  forget(): void {
    if (!this.#asked) return;
    this.#asked = this.#come = this.#shown = null;
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

/** Whether a detail holds all that is seen, as sharp as it can be shown or was asked for. */
function covers({ box, pixels, scale }: Asked, seen: BoxRow, now: number): boolean {
  const inside =
    box[0] <= seen[0] &&
    box[1] <= seen[1] &&
    box[0] + box[2] >= seen[0] + seen[2] &&
    box[1] + box[3] >= seen[1] + seen[3];
  const whole = Math.max(box[2], box[3]) <= pixels; // it has every pixel of the image
  return inside && (whole || now <= scale * WORTH);
}
