// Flashes: which objects a click on another object changed, for as long as that is shown.

import type { LabelMap } from "./label_map.ts";

const FLASH_MS = 1100;
/** Fewer changed pixels than this, or than this share of the object, nobody would see. */
const LEAST_PIXELS = 12;
const LEAST_SHARE = 0.002;

export class Flashes {
  #started = new Map<number, number>();

  /** Compares two answers; `expected` are the objects that the person changed on purpose. */
  compare(before: LabelMap, after: LabelMap, expected: ReadonlySet<number>, now: number): number[] {
    const changed: number[] = [];
    const areas = new Map<number, number>();
    for (const [id, pixels] of after.changesSince(before)) {
      if (expected.has(id)) continue;
      if (areas.size === 0) for (const k of before.ids) areas.set(k, (areas.get(k) ?? 0) + 1);
      if (pixels < Math.max(LEAST_PIXELS, (areas.get(id) ?? 0) * LEAST_SHARE)) continue;
      this.#started.set(id, now);
      changed.push(id);
    }
    return changed;
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
