// Extents: upright rectangles, of borders in pixels of a map and of what is drawn in a view.

import type { Size, Viewport } from "./viewport.ts";

export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function whole({ width, height }: Size): Extent {
  return { left: 0, top: 0, right: width, bottom: height };
}

/** What surrounds all of them; null for none. */
export function union(extents: Iterable<Extent>): Extent | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const one of extents) {
    left = Math.min(left, one.left);
    top = Math.min(top, one.top);
    right = Math.max(right, one.right);
    bottom = Math.max(bottom, one.bottom);
  }
  return left < right ? { left, top, right, bottom } : null;
}

export function meets(a: Extent, b: Extent): boolean {
  return a.right > b.left && a.bottom > b.top && a.left < b.right && a.top < b.bottom;
}

/** Where it lies in the view, and so much around it. */
export function inView(extent: Extent, { scale, left, top }: Viewport, around: number): Extent {
  return {
    left: extent.left * scale + left - around,
    top: extent.top * scale + top - around,
    right: extent.right * scale + left + around,
    bottom: extent.bottom * scale + top + around,
  };
}

/** As large as it must be to consist of whole pixels, `ratio` of them for each unit. */
export function rounded({ left, top, right, bottom }: Extent, ratio = 1): Extent {
  return {
    left: Math.floor(left * ratio) / ratio,
    top: Math.floor(top * ratio) / ratio,
    right: Math.ceil(right * ratio) / ratio,
    bottom: Math.ceil(bottom * ratio) / ratio,
  };
}
