// The desk: the tools at work on the canvas, and what gestures there mean.

import type { Canvas } from "./canvas.ts";
import type { Dot } from "./clicks.ts";
import { colorOf } from "./colors.ts";
import type { Drag, GestureTarget, Press } from "./gestures.ts";
import type { Kernel } from "./kernel.ts";
import { Brushing } from "./tools/brushing.ts";
import { Clicking } from "./tools/clicking.ts";
import { Box, Lasso, Polygon } from "./tools/drawing.ts";
import type { Desk, Tool, ToolName } from "./tools/tool.ts";
import type { ViewState } from "./view_state.ts";
import * as viewport from "./viewport.ts";
import type { Point, Size, Viewport } from "./viewport.ts";

export class DeskOfView implements Desk, GestureTarget {
  readonly #tools: Readonly<Record<ToolName, Tool>>;
  canvas!: Canvas;

  constructor(
    readonly kernel: Kernel,
    readonly state: ViewState,
    /** View state changed: everything that shows it must be drawn anew. */
    readonly changed: () => void,
  ) {
    this.#tools = {
      click: new Clicking(this, false),
      background: new Clicking(this, true),
      brush: new Brushing(this, false),
      eraser: new Brushing(this, true),
      polygon: new Polygon(this),
      lasso: new Lasso(this),
      box: new Box(this),
      hand: { cursor: "grab" },
    };
  }

  get tool(): Tool {
    return this.#tools[this.state.tool];
  }

  chooseTool(name: ToolName): void {
    this.tool.cancel?.();
    this.tool.hover?.(null);
    this.state.tool = name;
    this.changed();
  }

  /** The view goes: nothing more happens by itself. */
  end(): void {
    for (const tool of Object.values(this.#tools)) tool.end?.();
  }

  get image(): Size {
    return this.canvas.image;
  }

  get viewport(): Viewport {
    return this.state.viewport;
  }

  get dots(): readonly Dot[] {
    return this.canvas.dots;
  }

  get clickRadius(): number {
    return this.kernel.get("click_radius");
  }

  get brushRadius(): number {
    return this.state.brushRadius;
  }

  get activeColor(): string {
    const { scene, unsure, coming, nextId } = this.kernel.shown;
    const active = scene.objects.find(({ id }) => id === scene.active);
    return active?.color ?? colorOf(unsure ? coming : nextId);
  }

  pixelAt(point: Point): Point | null {
    return viewport.pixelAt(this.state.viewport, point, this.image);
  }

  pointAt(point: Point): Point {
    const { x, y } = viewport.toImage(this.state.viewport, point);
    const { width, height } = this.image;
    return { x: Math.min(Math.max(x, 0), width), y: Math.min(Math.max(y, 0), height) };
  }

  redraw(): void {
    this.canvas.redraw();
  }

  get alwaysPans(): boolean {
    return this.state.tool === "hand" || this.state.panning;
  }

  get place(): number | null {
    return this.canvas.isOpening ? null : this.kernel.place;
  }

  press(press: Press): Drag | null {
    this.state.keyboard = null;
    return this.tool.press?.(press) ?? null;
  }

  click(press: Press): void {
    this.tool.click?.(press);
  }

  release(): void {
    this.tool.release?.();
  }

  hover(at: Point | null): void {
    this.tool.hover?.(at);
    this.state.pointer = at && this.pixelAt(at);
    this.state.hovered = this.canvas.objectAt(this.state.pointer);
    this.changed();
  }

  pan(dx: number, dy: number): void {
    if (this.place === null) return;
    this.state.viewport = viewport.pan(this.state.viewport, dx, dy, this.image, this.state.size);
    this.#moved();
  }

  zoom(factor: number, anchor: Point): void {
    if (this.place === null) return;
    const { size } = this.state;
    this.state.viewport = viewport.zoom(this.state.viewport, factor, anchor, this.image, size);
    this.#moved();
  }

  fit(): void {
    this.state.viewport = viewport.fit(this.image, this.state.size);
    this.#moved();
  }

  #moved(): void {
    this.canvas.moved();
    this.changed();
  }
}
