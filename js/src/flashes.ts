// Flashes: which objects a click on another object changed, for as long as that is shown.

import type { LabelMap } from "./label_map.ts";

/** How long a flash is seen. */
export const FLASH_MS = 1100;
/** Fewer changed pixels (than half of a small one), or a smaller share: a border that settles. */
const LEAST_PIXELS = 20;
const LEAST_SHARE = 0.02;

export class Flashes {
  #started = new Map<number, number>();

  /** Begins to show those of `others` that changed enough to be seen; returns them. */
  start(before: LabelMap, after: LabelMap, others: readonly number[], now: number): number[] {
    if (others.length === 0) return [];
    const changes = after.changesSince(before);
    const seen = others.filter((id) => {
      const area = Math.max(before.areaOf(id), after.areaOf(id));
      const least = Math.max(Math.min(LEAST_PIXELS, area / 2), area * LEAST_SHARE);
      return (changes.get(id) ?? 0) >= least;
    });
    for (const id of seen) this.#started.set(id, now);
    return seen;
  }

  /** 1 at the start, 0 at the end and for objects that do not flash. */
  strength(id: number, now: number): number {
    const started = this.#started.get(id);
    if (started === undefined) return 0;
    const left = 1 - (now - started) / FLASH_MS;
    if (left > 0) return left;
    this.#started.delete(id);
    return 0;
  }

  get any(): boolean {
    return this.#started.size > 0;
  }
}
