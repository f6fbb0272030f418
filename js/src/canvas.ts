// The canvas: photograph, masks and marks in layers, drawn for the view's own zoom, sharp anywhere.

import { drawDot, dotAt, type Dot } from "./clicks.ts";
import { Detail } from "./detail.ts";
import { element } from "./elements.ts";
import { FLASH_MS, Flashes } from "./flashes.ts";
import type { Kernel } from "./kernel.ts";
import { LabelMap } from "./label_map.ts";
import { Layer, type Surface } from "./layer.ts";
import type { BorderStyle } from "./borders.ts";
import { drawBound, drawCrosshair, drawNumber } from "./marks.ts";
import { Masks } from "./masks.ts";
import { MasksLayer, type Sight } from "./masks_layer.ts";
import { Photograph } from "./photograph.ts";
import type { SegmentedObject } from "./protocol.ts";
import { drawSent } from "./hand_drawn.ts";
import type { Tool } from "./tools/tool.ts";
import type { ViewState } from "./view_state.ts";
import { fit, resized, toView, type Point, type Size, type Viewport } from "./viewport.ts";

const PULSE_MS = 1200;
/** Dots pulse that have waited so long: what is answered sooner need not be waited for. */
const PULSE_AFTER_MS = 250;
/** Waiting dots move on so often: where kernel and page share a processor, frames delay answers. */
const PULSE_STEP_MS = 100;
/** Flashes fade in steps of so long, for the same reason. */
const FLASH_STEP_MS = 40;
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

/** Whose traits are loaded: where the image stands in a list, its size, preview and label map. */
interface Loaded extends Size {
  readonly place: number;
  readonly image: DataView | null;
  readonly labels: DataView | null;
}

export class Canvas {
  readonly node: HTMLDivElement;
  readonly masks = new Masks();
  readonly photograph = new Photograph(() => {
    this.#opening = false;
    this.redraw(true);
    this.events.opened();
  });
  readonly detail: Detail;
  /** One for each click, also where its object is not shown. */
  allDots: readonly Dot[] = [];
  readonly #photographLayer = new Layer();
  /** Stays as it is while only dots, strokes or the aim change: those follow the hand. */
  readonly #masksLayer: MasksLayer;
  readonly #marksLayer = new Layer();
  readonly #layers: readonly Layer[];
  #flashes = new Flashes();
  #drawnMap: LabelMap | null = null;
  #frame = 0;
  #loaded: Loaded | null = null;
  /** Another image is being decoded: until then the last one stays as it was, with its marks. */
  #opening = false;
  #photographIsStale = true;
  #movedAt = -Infinity;
  /** Moved since the last frame, however long that took. */
  #moved = false;
  #endFlash: ReturnType<typeof setTimeout> | undefined;
  #waitsSince: number | null = null;
  #pulse: ReturnType<typeof setTimeout> | undefined;
  readonly #calm: MediaQueryList | null;

  constructor(
    readonly kernel: Kernel,
    readonly state: ViewState,
    readonly tool: () => Tool,
    readonly events: CanvasEvents,
    signal: AbortSignal,
  ) {
    this.detail = new Detail(kernel, () => this.redraw(true), signal);
    this.#masksLayer = new MasksLayer(this.masks, this.detail);
    this.#layers = [this.#photographLayer, this.#masksLayer, this.#marksLayer];
    const nodes = this.#layers.map(({ node }) => node);
    this.node = element("div", { class: "dw-canvas" }, ...nodes);
    this.#calm = matchMedia("(prefers-reduced-motion: reduce)");
    const loaded = ["_image", "_other_image", "_image_info", "_label_map"] as const;
    kernel.on(loaded, () => this.#load(), signal);
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
    const reappear = () => {
      this.#masksLayer.forget();
      this.redraw(true);
    };
    const appear = new IntersectionObserver(reappear);
    appear.observe(this.node);
    document.addEventListener("visibilitychange", reappear, { signal });
    whenRatioChanges(() => this.redraw(true), signal);
    signal.addEventListener("abort", () => {
      resize.disconnect();
      appear.disconnect();
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#endFlash);
      clearTimeout(this.#pulse);
      this.photograph.free();
      this.masks.map = null;
      for (const layer of this.#layers) layer.free();
    });
  }

  /** Reads the traits for the first time. */
  start(): void {
    this.#filter();
    this.#load();
  }

  /** The image's size in its own pixels; one pixel while it is not known. */
  get image(): Size {
    return this.kernel.image ?? { width: 1, height: 1 };
  }

  /** The view was panned or zoomed. */
  moved(): void {
    this.#movedAt = performance.now();
    this.#moved = true;
    this.redraw(true);
  }

  /** Draws with the next frame; the photograph only when it changed or moved. */
  redraw(photograph = false): void {
    this.#photographIsStale ||= photograph;
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  /** What is seen is the last image still: the one that acts are about is being decoded. */
  get isOpening(): boolean {
    return this.#opening;
  }

  objectAt(point: Point | null): number {
    return (point && this.masks.map?.idAt(point, this.image)) ?? 0;
  }

  isShown(object: SegmentedObject): boolean {
    return this.state.solo === null ? object.visible : object.id === this.state.solo;
  }

  /** Those that are seen and can be pressed. */
  get dots(): readonly Dot[] {
    const objects = this.kernel.shown.scene.objects.filter((object) => !this.isShown(object));
    const hidden = new Set(objects.map(({ id }) => id));
    return this.allDots.filter(({ click }) => !hidden.has(click[2]));
  }

  fit(): void {
    this.state.viewport = fit(this.image, this.state.size);
    this.redraw(true);
  }

  /** Takes over what has changed; the traits of one image come together, in any order. */
  #load(): void {
    const { place } = this.kernel;
    const [image, other] = this.kernel.photographs;
    const labels = this.kernel.labelMap;
    const { width, height } = this.image;
    const before = this.#loaded;
    this.#loaded = { place, width, height, image, labels };
    const moved = before?.place !== place;
    if (moved) this.#leaveImage();
    // The same photograph may come again, for another page: the zoom stays.
    if (moved || width !== before.width || height !== before.height) this.fit();
    const next = other?.byteLength ? other : null;
    if (moved || image !== before.image) this.#loadPhotograph(image, next, moved);
    else this.photograph.prepare(next);
    if (moved || labels !== before.labels) this.#loadLabelMap(labels);
  }

  /** What is shown of one image means nothing for the next. */
  #leaveImage(): void {
    this.masks.map = null;
    this.#flashes = new Flashes();
    this.detail.forget();
  }

  #loadPhotograph(data: DataView | null, next: DataView | null, moved: boolean): void {
    if (data?.byteLength) {
      this.#opening = moved && this.photograph.bitmap !== null;
      this.photograph.load(data, next).catch((error: unknown) => {
        this.#opening = false;
        this.events.failed(error);
      });
    } else if (moved) {
      this.#opening = false;
      this.photograph.free();
      this.photograph.prepare(next);
      this.redraw(true);
    }
  }

  #loadLabelMap(data: DataView | null): void {
    if (!data?.byteLength) return;
    const before = this.masks.map;
    try {
      this.masks.map = new LabelMap(data);
    } catch (error) {
      return this.events.failed(error);
    }
    const { others } = this.kernel;
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
    this.#photographLayer.node.style.filter = plain
      ? ""
      : `brightness(${brightness}) contrast(${contrast})`;
  }

  #measure(): void {
    // Fractions of a pixel count: the pointer's place is told with them, too.
    const { width, height } = this.node.getBoundingClientRect();
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
    if (size.width < 1 || this.#opening) return;
    if (this.#photographIsStale) this.#drawPhotograph();
    const moving = this.#moved || now - this.#movedAt < REST_MS;
    this.#moved = false;
    const next = this.#drawMarks(now, moving);
    clearTimeout(this.#pulse);
    if (next === 0) this.redraw();
    else if (next !== null) this.#pulse = setTimeout(() => this.redraw(), next);
    if (!moving) this.#wantDetail();
    else this.redraw();
  }

  #wantDetail(): void {
    const { bitmap } = this.photograph;
    const { viewport, size } = this.state;
    if (bitmap) this.detail.want(viewport, size, this.#ratio, this.image, bitmap);
  }

  #drawPhotograph(): void {
    this.#photographIsStale = false;
    this.#photographLayer.draw(this.#surface, (context) => this.#drawBitmaps(context));
  }

  #drawBitmaps(context: CanvasRenderingContext2D): void {
    const bitmap = this.photograph.bitmap;
    if (!bitmap) return;
    const { viewport } = this.state;
    context.imageSmoothingEnabled = viewport.scale < PIXELATED_FROM;
    const place = (at: Viewport, { width, height }: Size) =>
      [at.left, at.top, width * at.scale, height * at.scale] as const;
    context.drawImage(bitmap, ...place(viewport, this.image));
    const sharp = this.detail.photograph.bitmap;
    if (sharp) {
      context.drawImage(sharp, ...place(this.detail.viewportOf(viewport), this.detail.size));
    }
  }

  /** Returns in how many ms to draw again because something moves by itself; null: nothing does. */
  #drawMarks(now: number, moving: boolean): number | null {
    const calm = this.#calm?.matches === true;
    const styles = this.#styles(now, calm);
    const rough = this.#drawMasks(styles, moving);
    const pulse = this.#pulseAt(now);
    // The answer is what a person waits for: what it changed beside it flashes a frame later.
    const isNew = this.#drawnMap !== this.masks.map;
    this.#drawnMap = this.masks.map;
    this.#marksLayer.draw(this.#surface, (context) => {
      if (!isNew) this.#drawFlashes(context, styles);
      for (const each of this.kernel.shown.drawn) drawSent(context, each, this.state.viewport);
      if (this.kernel.get("numbers")) this.#drawNumbers(context);
      if (!this.kernel.get("masks_only")) this.#drawDots(context, calm ? 0.4 : pulse);
      this.#drawAim(context);
      this.tool().draw?.(context);
    });
    if (calm && this.#flashes.any) this.#endFlash ??= setTimeout(() => this.#calmDown(), FLASH_MS);
    if (rough || (isNew && this.#flashes.any)) return 0;
    if (this.#flashes.any && !calm) return FLASH_STEP_MS;
    if (this.#waitsSince === null || calm) return null;
    return pulse === null ? this.#waitsSince + PULSE_AFTER_MS - now + 1 : PULSE_STEP_MS;
  }

  /** How far waiting dots have pulsed, from 0 to 1; null while none has waited for long. */
  #pulseAt(now: number): number | null {
    const waits = !this.kernel.get("masks_only") && this.dots.some((dot) => dot.waiting);
    this.#waitsSince = waits ? (this.#waitsSince ?? now) : null;
    if (this.#waitsSince === null) return null;
    const since = now - this.#waitsSince - PULSE_AFTER_MS;
    return since < 0 ? null : (since % PULSE_MS) / PULSE_MS;
  }

  /** How the border of each object that is shown looks. */
  #styles(now: number, calm: boolean): ReadonlyMap<number, BorderStyle> {
    const { scene } = this.kernel.shown;
    const styles = new Map<number, BorderStyle>();
    for (const object of scene.objects) {
      if (!this.isShown(object)) continue;
      const flash = this.#flashes.strength(object.id, now);
      styles.set(object.id, {
        color: object.color,
        active: object.id === scene.active,
        hovered: object.id === this.state.hovered,
        flash: calm && flash > 0 ? 1 : flash,
      });
    }
    return styles;
  }

  /** Without motion a flash is steady, and gone after its time. */
  #calmDown(): void {
    this.#endFlash = undefined;
    this.redraw();
  }

  /** All masks but flashes; returns whether to draw them again, sharper, once the view rests. */
  #drawMasks(styles: ReadonlyMap<number, BorderStyle>, moving: boolean): boolean {
    const { kernel, detail } = this;
    const options = { opacity: kernel.get("opacity"), outline: kernel.get("outline"), moving };
    // An object that was just begun has no border yet: its first dot changes nothing here.
    const drawn = [...styles].filter(([id]) => this.masks.has(id) || detail.masks.has(id));
    const steady = new Map(drawn.map(([id, style]) => [id, { ...style, flash: 0 }]));
    return this.#masksLayer.show(this.#sight, steady, options);
  }

  #drawFlashes(context: CanvasRenderingContext2D, styles: ReadonlyMap<number, BorderStyle>): void {
    const flashing = new Map([...styles].filter(([, { flash }]) => flash > 0));
    if (flashing.size === 0) return;
    const options = { opacity: 0, outline: false, moving: false };
    this.#masksLayer.drawOn(context, this.#sight, flashing, options);
  }

  #drawNumbers(context: CanvasRenderingContext2D): void {
    for (const object of this.kernel.shown.scene.objects) {
      const middle = this.isShown(object) && this.masks.middleOf(object.id, this.image);
      if (middle) drawNumber(context, object, toView(this.state.viewport, middle));
    }
  }

  /** What the next act aims at: the active object's box, and the keyboard's crosshair. */
  #drawAim(context: CanvasRenderingContext2D): void {
    const { viewport, size, keyboard } = this.state;
    const { scene } = this.kernel.shown;
    const bound = scene.objects.find(({ id }) => id === scene.active)?.bound;
    if (bound) drawBound(context, bound, viewport);
    if (keyboard) drawCrosshair(context, toView(viewport, keyboard), size);
  }

  #drawDots(context: CanvasRenderingContext2D, pulse: number | null): void {
    const radius = this.kernel.get("click_radius");
    const { hovered } = this.tool();
    for (const dot of this.dots) {
      drawDot(context, dotAt(this.state.viewport, dot.click), {
        color: dot.color,
        objectId: dot.click[2],
        radius,
        hovered: dot === hovered,
        pulse: dot.waiting ? pulse : null,
      });
    }
  }

  get #ratio(): number {
    return window.devicePixelRatio || 1;
  }

  get #surface(): Surface {
    return { size: this.state.size, ratio: this.#ratio };
  }

  get #sight(): Sight {
    return { surface: this.#surface, viewport: this.state.viewport, image: this.image };
  }
}

/** Calls back when a CSS pixel has another number of device pixels: on another screen. */
function whenRatioChanges(changed: () => void, signal: AbortSignal): void {
  const wait = () => {
    if (signal.aborted) return;
    const same = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    same.addEventListener("change", wait, { once: true, signal });
    same.addEventListener("change", changed, { once: true, signal });
  };
  wait();
}
