// The viewport: which part of the image a view shows, and how its pixels map to the screen.
// Image coordinates: pixel (x, y) covers [x, x+1) × [y, y+1). View coordinates: CSS pixels.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** view = image * scale + (left, top) */
export interface Viewport {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** One image pixel never covers more than this many CSS pixels. */
const LARGEST_SCALE = 40;
/** The image is never smaller than this share of the size at which it fits. */
const SMALLEST_FIT = 0.5;
/** This much of the view always shows the image, in CSS pixels. */
const KEPT_IN_SIGHT = 48;

/** The whole image, centred, as large as the view allows. */
export function fit(image: Size, view: Size, margin = 0): Viewport {
  const scale = Math.max(
    Math.min((view.width - 2 * margin) / image.width, (view.height - 2 * margin) / image.height),
    1e-6,
  );
  return {
    scale,
    left: (view.width - image.width * scale) / 2,
    top: (view.height - image.height * scale) / 2,
  };
}

export function toImage(viewport: Viewport, point: Point): Point {
  return {
    x: (point.x - viewport.left) / viewport.scale,
    y: (point.y - viewport.top) / viewport.scale,
  };
}

export function toView(viewport: Viewport, point: Point): Point {
  return {
    x: point.x * viewport.scale + viewport.left,
    y: point.y * viewport.scale + viewport.top,
  };
}

/** The pixel of the image under a point of the view, or null beside the image. */
export function pixelAt(viewport: Viewport, point: Point, image: Size): Point | null {
  const { x, y } = toImage(viewport, point);
  if (!(x >= 0 && y >= 0 && x < image.width && y < image.height)) return null;
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** The same image point stays under `anchor` while the scale changes. */
export function zoom(
  viewport: Viewport,
  factor: number,
  anchor: Point,
  image: Size,
  view: Size,
): Viewport {
  const fitted = fit(image, view).scale;
  const smallest = Math.min(fitted * SMALLEST_FIT, LARGEST_SCALE);
  const largest = Math.max(LARGEST_SCALE, fitted);
  const scale = Math.min(Math.max(viewport.scale * factor, smallest), largest);
  const ratio = scale / viewport.scale;
  const moved = {
    scale,
    left: anchor.x - (anchor.x - viewport.left) * ratio,
    top: anchor.y - (anchor.y - viewport.top) * ratio,
  };
  return keepInSight(moved, image, view);
}

export function pan(viewport: Viewport, dx: number, dy: number, image: Size, view: Size): Viewport {
  const moved = { ...viewport, left: viewport.left + dx, top: viewport.top + dy };
  return keepInSight(moved, image, view);
}

/** Moves the view just so far that a point of the image lies inside it, off the edge by `margin`. */
export function reveal(viewport: Viewport, point: Point, view: Size, margin = 32): Viewport {
  const at = toView(viewport, point);
  const dx = clamp(at.x, margin, view.width - margin) - at.x;
  const dy = clamp(at.y, margin, view.height - margin) - at.y;
  return { ...viewport, left: viewport.left + dx, top: viewport.top + dy };
}

/** After a resize: the image point in the middle stays there; a fitted image stays fitted. */
export function resized(viewport: Viewport, image: Size, before: Size, after: Size): Viewport {
  const fitted = fit(image, before);
  if (before.width < 1 || before.height < 1 || isSame(viewport, fitted)) return fit(image, after);
  const moved = {
    ...viewport,
    left: viewport.left + (after.width - before.width) / 2,
    top: viewport.top + (after.height - before.height) / 2,
  };
  return keepInSight(moved, image, after);
}

function isSame(a: Viewport, b: Viewport): boolean {
  return (
    Math.abs(a.scale / b.scale - 1) < 1e-6 &&
    Math.abs(a.left - b.left) < 0.01 &&
    Math.abs(a.top - b.top) < 0.01
  );
}

function keepInSight(viewport: Viewport, image: Size, view: Size): Viewport {
  const width = image.width * viewport.scale;
  const height = image.height * viewport.scale;
  const kept = {
    x: Math.min(KEPT_IN_SIGHT, width / 2, view.width / 2),
    y: Math.min(KEPT_IN_SIGHT, height / 2, view.height / 2),
  };
  return {
    scale: viewport.scale,
    left: clamp(viewport.left, kept.x - width, view.width - kept.x),
    top: clamp(viewport.top, kept.y - height, view.height - kept.y),
  };
}

function clamp(value: number, low: number, high: number): number {
  return high < low ? (low + high) / 2 : Math.min(Math.max(value, low), high);
}
