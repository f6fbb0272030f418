// Strokes: what a hand draws far outside of the image, brought near enough for the kernel.

import type { Point, Size } from "../viewport.ts";

/** The kernel takes points so far beside the image: as far as the widest brush reaches. */
export function farthest(image: Size): number {
  return Math.max(image.width, image.height);
}

/**
 * Moves what lies too far outside onto the bounds of what the kernel takes.
 *
 * Where a line crosses the bounds it gets a point, so that inside of them it runs as before.
 */
export function broughtNear(path: readonly Point[], image: Size): Point[] {
  const far = farthest(image);
  const horizontal = { low: -far, high: image.width + far };
  const vertical = { low: -far, high: image.height + far };
  const clamp = (value: number, { low, high }: typeof vertical) =>
    Math.min(Math.max(value, low), high);
  return path
    .flatMap((to, i) => {
      const from = path[i - 1] ?? to;
      const shares = [
        ...crossings(from.x, to.x, horizontal.low, horizontal.high),
        ...crossings(from.y, to.y, vertical.low, vertical.high),
      ].sort((a, b) => a - b);
      const at = (share: number) => ({
        x: from.x + (to.x - from.x) * share,
        y: from.y + (to.y - from.y) * share,
      });
      return [...shares.map(at), to];
    })
    .map(({ x, y }) => ({ x: clamp(x, horizontal), y: clamp(y, vertical) }));
}

/** Where on the way from one number to another some bounds are crossed, from 0 to 1. */
function crossings(from: number, to: number, ...bounds: readonly number[]): number[] {
  return bounds
    .map((bound) => (bound - from) / (to - from))
    .filter((share) => share > 0 && share < 1);
}
