// The canvas: photograph below, marks above, drawn for the view's own zoom and sharp on any screen.

import { drawDot, dotAt, type Dot } from "./clicks.ts";
import { inkOn, parseColor } from "./colors.ts";
import { element } from "./elements.ts";
import { Flashes } from "./flashes.ts";
import type { Kernel } from "./kernel.ts";
import { LabelMap } from "./label_map.ts";
import type { BorderStyle } from "./borders.ts";
import { Masks } from "./masks.ts";
import { Photograph } from "./photograph.ts";
import type { BoxRow, SegmentedObject } from "./protocol.ts";
import type { Tool } from "./tools/tool.ts";
import type { ViewState } from "./view_state.ts";
import { fit, resized, toView, type Point, type Size, type Viewport } from "./viewport.ts";

const PULSE_MS = 1200;
/** A view that was not moved for so long is at rest: it is drawn sharp. */
const REST_MS = 120;
/** From this many CSS pixels for one image pixel on, pixels are shown as squares. */
const PIXELATED_FROM = 3;

export interface CanvasEvents {
  /** The photograph is decoded and about to be painted. */
  opened(): void;
  /** The view has another size, and with it another zoom. */
  resized(): void;
  /** A new answer is painted; `changed` lists objects that it changed unasked. */
  painted(changed: readonly number[]): void;
  /** Something of JavaScript's own went wrong. */
  failed(error: unknown): void;
}

export class Canvas {
  readonly node: HTMLDivElement;
  readonly masks = new Masks();
  readonly photograph = new Photograph(() => {
    this.redraw(true);
    this.events.opened();
  });
  dots: readonly Dot[] = [];
  #photographCanvas = element("canvas", { "aria-hidden": "true" });
  #marksCanvas = element("canvas", { "aria-hidden": "true" });
  #flashes = new Flashes();
  #frame = 0;
  #photographIsStale = true;
  #movedAt = -Infinity;
  readonly #calm: MediaQueryList | null;

  constructor(
    readonly kernel: Kernel,
    readonly state: ViewState,
    readonly tool: () => Tool,
    readonly events: CanvasEvents,
    signal: AbortSignal,
  ) {
    this.node = element("div", { class: "dw-canvas" }, this.#photographCanvas, this.#marksCanvas);
    this.#calm = matchMedia("(prefers-reduced-motion: reduce)");
    kernel.on(["_image"], () => this.#loadPhotograph(), signal);
    kernel.on(["_label_map"], () => this.#loadLabelMap(), signal);
    kernel.on(["brightness", "contrast"], () => this.#filter(), signal);
    const drawn = [
      "opacity",
      "click_radius",
      "masks_only",
      "outline",
      "numbers",
      "_status",
    ] as const;
    kernel.on(drawn, () => this.redraw(), signal);
    const resize = new ResizeObserver(() => this.#measure());
    resize.observe(this.node);
    // Windowed notebooks take a widget off the page and bring it back with blank canvases.
    const appear = new IntersectionObserver(() => this.redraw(true));
    appear.observe(this.node);
    document.addEventListener("visibilitychange", () => this.redraw(true), { signal });
    signal.addEventListener("abort", () => {
      resize.disconnect();
      appear.disconnect();
      cancelAnimationFrame(this.#frame);
      this.photograph.free();
      this.masks.map = null;
      for (const canvas of [this.#photographCanvas, this.#marksCanvas]) canvas.width = 0;
    });
  }

  /** Reads the traits for the first time. */
  start(): void {
    this.#filter();
    this.#loadPhotograph();
    this.#loadLabelMap();
  }

  /** The image's size in its own pixels; one pixel while it is not known. */
  get image(): Size {
    return this.kernel.image ?? { width: 1, height: 1 };
  }

  /** The view was panned or zoomed. */
  moved(): void {
    this.#movedAt = performance.now();
    this.redraw(true);
  }

  /** Draws with the next frame; the photograph only when it changed or moved. */
  redraw(photograph = false): void {
    this.#photographIsStale ||= photograph;
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  objectAt(point: Point | null): number {
    return (point && this.masks.map?.idAt(point, this.image)) ?? 0;
  }

  isShown(object: SegmentedObject): boolean {
    return this.state.solo === null ? object.visible : object.id === this.state.solo;
  }

  fit(): void {
    this.state.viewport = fit(this.image, this.state.size);
    this.redraw(true);
  }

  #loadPhotograph(): void {
    const data = this.kernel.get("_image");
    if (!data?.byteLength) return;
    this.photograph.load(data).catch((error: unknown) => this.events.failed(error));
    this.fit();
  }

  #loadLabelMap(): void {
    const data = this.kernel.get("_label_map");
    if (!data?.byteLength) return;
    const before = this.masks.map;
    try {
      this.masks.map = new LabelMap(data);
    } catch (error) {
      return this.events.failed(error);
    }
    const { others } = this.kernel.shown.scene;
    const now = performance.now();
    const changed = before ? this.#flashes.start(before, this.masks.map, others, now) : [];
    this.redraw();
    this.events.painted(changed);
  }

  #filter(): void {
    const { brightness, contrast } = {
      brightness: this.kernel.get("brightness"),
      contrast: this.kernel.get("contrast"),
    };
    const plain = brightness === 1 && contrast === 1;
    this.#photographCanvas.style.filter = plain
      ? ""
      : `brightness(${brightness}) contrast(${contrast})`;
  }

  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width < 1 || height < 1) return; // hidden: keep the zoom for when it comes back
    const before = this.state.size;
    this.state.size = { width, height };
    this.state.viewport = resized(this.state.viewport, this.image, before, this.state.size);
    // Draw in the same frame as the new layout: a resize never shows a stretched picture.
    this.#photographIsStale = true;
    this.#draw(performance.now());
    this.events.resized();
  }

  #draw(now: number): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { size } = this.state;
    if (size.width < 1) return;
    if (this.#photographIsStale) this.#drawPhotograph();
    const moves = this.#drawMarks(now);
    if (moves) this.redraw();
  }

  #drawPhotograph(): void {
    this.#photographIsStale = false;
    const context = this.#prepare(this.#photographCanvas);
    const bitmap = this.photograph.bitmap;
    if (!context || !bitmap) return;
    const { viewport } = this.state;
    context.imageSmoothingEnabled = viewport.scale < PIXELATED_FROM;
    const { width, height } = this.image;
    context.drawImage(
      bitmap,
      viewport.left,
      viewport.top,
      width * viewport.scale,
      height * viewport.scale,
    );
  }

  /** Returns whether something on it moves by itself. */
  #drawMarks(now: number): boolean {
    const context = this.#prepare(this.#marksCanvas);
    if (!context) return false;
    const { kernel, state } = this;
    const { viewport, size } = state;
    const { scene } = kernel.shown;
    const calm = this.#calm?.matches === true;
    const styles = new Map<number, BorderStyle>();
    for (const object of scene.objects) {
      if (!this.isShown(object)) continue;
      const flash = this.#flashes.strength(object.id, now);
      styles.set(object.id, {
        color: object.color,
        active: object.id === scene.active,
        hovered: object.id === state.hovered,
        flash: calm && flash > 0 ? 1 : flash,
      });
    }
    const moving = now - this.#movedAt < REST_MS;
    const frame = { viewport, size, ratio: this.#ratio, image: this.image };
    const options = { opacity: kernel.get("opacity"), outline: kernel.get("outline"), moving };
    const rough = this.masks.draw(context, frame, styles, options);
    if (kernel.get("numbers")) this.#drawNumbers(context, scene.objects);
    const waits = kernel.get("masks_only") ? false : this.#drawDots(context, now, calm);
    const bound = scene.objects.find(({ id }) => id === scene.active)?.bound;
    if (bound) drawBound(context, bound, viewport);
    if (state.keyboard) drawCrosshair(context, toView(viewport, state.keyboard), size);
    this.tool().draw?.(context);
    return this.#flashes.any || waits || rough;
  }

  #drawDots(context: CanvasRenderingContext2D, now: number, calm: boolean): boolean {
    const radius = this.kernel.get("click_radius");
    const { hovered } = this.tool();
    const pulse = calm ? 0.4 : (now % PULSE_MS) / PULSE_MS;
    let waits = false;
    for (const dot of this.dots) {
      waits ||= dot.waiting;
      drawDot(context, dotAt(this.state.viewport, dot.click), {
        color: dot.color,
        objectId: dot.click[2],
        radius,
        hovered: dot === hovered,
        pulse: dot.waiting ? pulse : null,
      });
    }
    return waits && !calm;
  }

  #drawNumbers(context: CanvasRenderingContext2D, objects: readonly SegmentedObject[]): void {
    context.save();
    context.font = "600 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const object of objects) {
      const middle = this.isShown(object) && this.masks.middleOf(object.id, this.image);
      if (!middle) continue;
      const at = toView(this.state.viewport, middle);
      const text = String(object.id);
      const width = Math.max(context.measureText(text).width + 9, 17);
      context.fillStyle = object.color;
      context.strokeStyle = "rgb(0 0 0 / 65%)";
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(at.x - width / 2, at.y - 8.5, width, 17, 8.5);
      context.fill();
      context.stroke();
      context.fillStyle = inkOn(parseColor(object.color));
      context.fillText(text, at.x, at.y + 0.5);
    }
    context.restore();
  }

  get #ratio(): number {
    return window.devicePixelRatio || 1;
  }

  /** Gives a canvas the view's size in device pixels, cleared and scaled to CSS pixels. */
  #prepare(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
    const ratio = this.#ratio;
    const width = Math.round(this.state.size.width * ratio);
    const height = Math.round(this.state.size.height * ratio);
    const context = canvas.getContext("2d");
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    context?.clearRect(0, 0, this.state.size.width, this.state.size.height);
    return context;
  }
}

/** The box that the model keeps the active object in. */
function drawBound(context: CanvasRenderingContext2D, bound: BoxRow, viewport: Viewport): void {
  const [x, y, width, height] = bound;
  const at = toView(viewport, { x, y });
  const lines = (color: string, lineWidth: number, dash: number[]) => {
    context.strokeStyle = color;
    context.lineWidth = lineWidth;
    context.setLineDash(dash);
    context.strokeRect(at.x, at.y, width * viewport.scale, height * viewport.scale);
  };
  lines("rgb(0 0 0 / 60%)", 3, []);
  lines("#fff", 1.25, [5, 4]);
  context.setLineDash([]);
}

function drawCrosshair(context: CanvasRenderingContext2D, at: Point, size: Size): void {
  const lines = (color: string, width: number) => {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(at.x, 0);
    context.lineTo(at.x, at.y - 7);
    context.moveTo(at.x, at.y + 7);
    context.lineTo(at.x, size.height);
    context.moveTo(0, at.y);
    context.lineTo(at.x - 7, at.y);
    context.moveTo(at.x + 7, at.y);
    context.lineTo(size.width, at.y);
    context.stroke();
  };
  lines("rgb(0 0 0 / 55%)", 3);
  lines("rgb(255 255 255 / 90%)", 1);
}
