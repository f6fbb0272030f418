// The label map as a view holds it: which pixel belongs to which object, ready to be painted.

import type { Extent } from "./extent.ts";
import { decode, forEachRun, type Runs } from "./run_lengths.ts";
import { traceOutlines, type Outline } from "./outlines.ts";
import type { Point, Size } from "./viewport.ts";

export class LabelMap {
  readonly size: Size;
  /** Object id of every pixel, row-major; 0 is background. */
  readonly ids: Uint16Array;
  readonly #runs: Runs;

  constructor(data: DataView) {
    this.#runs = decode(data);
    this.size = { width: this.#runs.width, height: this.#runs.height };
    this.ids = new Uint16Array(this.size.width * this.size.height);
    forEachRun(this.#runs, (start, end, label) => {
      if (label) this.ids.fill(label, start, end);
    });
  }

  /** Borders in pixels of this map: of all objects, or of those asked for. */
  outlines(of: ReadonlySet<number> | null = null): Map<number, Outline> {
    return traceOutlines(this.#runs, this.ids, of);
  }

  /** The object at a point of the image, which may have more pixels than this map. */
  idAt(point: Point, image: Size): number {
    const x = Math.floor((point.x * this.size.width) / image.width);
    const y = Math.floor((point.y * this.size.height) / image.height);
    if (x < 0 || y < 0 || x >= this.size.width || y >= this.size.height) return 0;
    return this.ids[y * this.size.width + x] ?? 0;
  }

  /** Number of pixels of an object. */
  areaOf(id: number): number {
    let area = 0;
    forEachRun(this.#runs, (start, end, label) => {
      if (label === id) area += end - start;
    });
    return area;
  }

  /**
   * The pixels of a part row by row, as words of ImageData in the colours of their objects.
   *
   * @param part in whole pixels of this map, at least one.
   * @param words ABGR by object; the rest stays transparent.
   */
  paint(part: Extent, words: ReadonlyMap<number, number>): Uint32Array<ArrayBuffer> {
    const { left, top, right, bottom } = part;
    const pixels = new Uint32Array((right - left) * (bottom - top));
    const wordOf = new Uint32Array(Math.max(0, ...words.keys()) + 1);
    for (const [id, word] of words) if (id) wordOf[id] = word;
    for (let y = top, to = 0; y < bottom; y++) {
      const row = y * this.size.width;
      for (let from = row + left; from < row + right; from++, to++) {
        const word = wordOf[this.ids[from] ?? 0];
        if (word) pixels[to] = word;
      }
    }
    return pixels;
  }

  /** How many pixels each object gained or lost since an earlier map of the same size. */
  changesSince(earlier: LabelMap): Map<number, number> {
    const changes = new Map<number, number>();
    if (earlier.ids.length !== this.ids.length) return changes;
    const count = (id: number, pixels: number) => {
      if (id) changes.set(id, (changes.get(id) ?? 0) + pixels);
    };
    // Both lists of runs are walked side by side: the work does not grow with the image.
    const [a, b] = [earlier.#runs, this.#runs];
    let i = 0;
    let j = 0;
    let from = 0;
    while (from < this.ids.length) {
      const endA = a.starts[i + 1] ?? this.ids.length;
      const endB = b.starts[j + 1] ?? this.ids.length;
      const to = Math.min(endA, endB);
      const before = a.labels[i] ?? 0;
      const after = b.labels[j] ?? 0;
      if (before !== after) {
        count(before, to - from);
        count(after, to - from);
      }
      if (endA === to) i++;
      if (endB === to) j++;
      from = to;
    }
    return changes;
  }
}
