// View state: what belongs to one view alone and is never sent (zoom, pan, tool, hover, keyboard).

import type { ToolName } from "./tools/tool.ts";
import type { Point, Size, Viewport } from "./viewport.ts";

export interface ViewState {
  viewport: Viewport;
  size: Size;
  tool: ToolName;
  /** Radius of brush and eraser, in CSS pixels. */
  brushRadius: number;
  /** The only objects shown, or null. */
  solo: number | null;
  /** Object under the pointer, on the canvas or in the list; 0 for none. */
  hovered: number;
  /** Pointer over the canvas, in image pixels. */
  pointer: Point | null;
  /** Where the next click from the keyboard goes, in image pixels; null while not in use. */
  keyboard: Point | null;
  /** While the space bar is down every drag pans. */
  panning: boolean;
}

export function newViewState(): ViewState {
  return {
    viewport: { scale: 1, left: 0, top: 0 },
    size: { width: 0, height: 0 },
    tool: "click",
    brushRadius: 12,
    solo: null,
    hovered: 0,
    pointer: null,
    keyboard: null,
    panning: false,
  };
}
