// Outlines: the border of every object of a label map, as closed lines in image coordinates.

import { forEachRun, type Runs } from "./run_lengths.ts";
import type { Size } from "./viewport.ts";

/** One object's border: closed lines, each x0, y0, x1, y1, ... */
export type Outline = Float32Array[];

// Directions along pixel edges, object on the right-hand side: right, down, left, up.
const STEP_X = [1, 0, -1, 0] as const;
const STEP_Y = [0, 1, 0, -1] as const;
// From a corner, the pixel ahead to the left of each direction; ahead to the right is the next one.
const AHEAD_X = [0, 0, -1, -1] as const;
const AHEAD_Y = [-1, 0, 0, -1] as const;

type Direction = 0 | 1 | 2 | 3;

/**
 * Traces every object's border, holes and separate parts included.
 *
 * A line runs through the middles of pixel edges, which cuts the corners of the staircase: it looks
 * smooth at any zoom and never leaves the true border by more than half a pixel.
 *
 * @param runs of the map `ids`: lines are looked for where objects are.
 * @param of objects whose borders are wanted; null for all.
 */
export function traceOutlines(
  runs: Runs,
  ids: Uint16Array,
  of: ReadonlySet<number> | null = null,
): Map<number, Outline> {
  const { width } = runs;
  const traced = new Uint8Array(ids.length);
  const outlines = new Map<number, Outline>();
  forEachRun(runs, (start, end, id) => {
    if (!id || (of && !of.has(id))) return;
    for (let index = start; index < end; index++) {
      if (traced[index] || (index >= width && ids[index - width] === id)) continue;
      const line = traceLine(ids, runs, index % width, Math.floor(index / width), id, traced);
      const outline = outlines.get(id);
      if (outline) outline.push(line);
      else outlines.set(id, [line]);
    }
  });
  return outlines;
}

/** Walks one closed border from the top edge of pixel (x, y), marking the top edges it passes. */
function traceLine(
  ids: Uint16Array,
  { width, height }: Size,
  startX: number,
  startY: number,
  id: number,
  traced: Uint8Array,
): Float32Array {
  const points: number[] = [];
  let x = startX; // the corner we stand on
  let y = startY;
  let direction: Direction = 0;
  do {
    // One straight run of edges: keep the middles of its first and last edge.
    const dx = STEP_X[direction];
    const dy = STEP_Y[direction];
    points.push(x + dx / 2, y + dy / 2);
    const firstX = x;
    const firstY = y;
    let next: Direction;
    do {
      if (direction === 0) traced[y * width + x] = 1;
      x += dx;
      y += dy;
      const right = ((direction + 1) & 3) as Direction;
      if (!belongs(x + AHEAD_X[right], y + AHEAD_Y[right])) next = right;
      else if (!belongs(x + AHEAD_X[direction], y + AHEAD_Y[direction])) next = direction;
      else next = ((direction + 3) & 3) as Direction;
    } while (next === direction);
    if (Math.abs(x - firstX) + Math.abs(y - firstY) > 1) points.push(x - dx / 2, y - dy / 2);
    direction = next;
  } while (x !== startX || y !== startY || direction !== 0);
  return Float32Array.from(points);

  function belongs(column: number, row: number): boolean {
    return (
      column >= 0 && row >= 0 && column < width && row < height && ids[row * width + column] === id
    );
  }
}

/**
 * The same lines with fewer points; what is left out lies within `tolerance` of what stays.
 *
 * From each point that stays, the next one is the farthest that can be reached so (Sklansky and
 * Gonzalez, Pattern Recognition 1980): one walk along the line.
 */
export function simplified(outline: Outline, tolerance: number): Outline {
  return outline.map((line) => simplifiedLine(line, tolerance));
}

function simplifiedLine(line: Float32Array, tolerance: number): Float32Array {
  const kept: number[] = [];
  let [fromX, fromY] = [line[0] ?? 0, line[1] ?? 0];
  let [lastX, lastY] = [fromX, fromY];
  // Directions that pass near enough to all points since the one that was kept last.
  let middle = 0;
  let [low, high] = [-Infinity, Infinity];
  kept.push(fromX, fromY);
  for (let i = 2; i < line.length; i += 2) {
    const [x, y] = [line[i] ?? 0, line[i + 1] ?? 0];
    let distance = Math.hypot(x - fromX, y - fromY);
    let angle = turn(Math.atan2(y - fromY, x - fromX), middle);
    if (angle < low || angle > high) {
      kept.push(lastX, lastY);
      [fromX, fromY] = [lastX, lastY];
      distance = Math.hypot(x - fromX, y - fromY);
      angle = Math.atan2(y - fromY, x - fromX);
      [middle, low, high] = [angle, -Infinity, Infinity];
    }
    if (low === -Infinity) middle = angle;
    if (distance > tolerance) {
      const width = Math.asin(tolerance / distance);
      low = Math.max(low, angle - width);
      high = Math.min(high, angle + width);
    }
    [lastX, lastY] = [x, y];
  }
  if (kept.length > 2) kept.push(lastX, lastY);
  return kept.length > 4 ? Float32Array.from(kept) : line;
}

/** An angle in the turn around `middle`. */
function turn(angle: number, middle: number): number {
  return angle - 2 * Math.PI * Math.round((angle - middle) / (2 * Math.PI));
}
