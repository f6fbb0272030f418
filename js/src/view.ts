// One view of the widget: puts canvas, toolbar and lists together, and keeps them up to date.

import { actionsFor } from "./actions.ts";
import { BrushSize } from "./brush_size.ts";
import { Canvas } from "./canvas.ts";
import type { Dot } from "./clicks.ts";
import { colorOf } from "./colors.ts";
import { DeskOfView } from "./desk.ts";
import { Display } from "./display.ts";
import { element } from "./elements.ts";
import { Errors } from "./errors.ts";
import { Focus } from "./focus.ts";
import { listenForGestures } from "./gestures.ts";
import { Help } from "./help.ts";
import { icon } from "./icons.ts";
import { ImageStrip } from "./image_strip.ts";
import { Kernel } from "./kernel.ts";
import { listenForKeys } from "./keys.ts";
import { Labels } from "./labels.ts";
import { inWords } from "./latency.ts";
import { ObjectEditor } from "./object_editor.ts";
import { ObjectList, titleOf } from "./object_list.ts";
import { Doing } from "./person.ts";
import type { ClickRow, ImageStatus, Model, SegmentedObject } from "./protocol.ts";
import { StatusBar } from "./status.ts";
import { Toolbar } from "./toolbar.ts";
import type { ToolName } from "./tools/tool.ts";
import { newViewState } from "./view_state.ts";

/** A kernel that has not even received an act for so long is told to be busy. */
const SILENCE_MS = 1500;
const CHANGED_SHOWN_MS = 4000;
const SAVED_SHOWN_MS = 6000;
const BACKGROUND_COLOR = "#1a1a1a";
const KERNEL_GONE = "The kernel is gone: run the cell again.";

/** What the next act will do, for each tool. */
const HINTS: Readonly<Record<ToolName, (active: SegmentedObject | null) => string>> = {
  click: (active) =>
    active ? `Clicks belong to ${nameOf(active)}` : "The next click starts a new object",
  background: () => "Clicks are background",
  brush: (active) => (active ? `Paint ${nameOf(active)}` : "Paint a new object"),
  eraser: (active) => (active ? `Erase from ${nameOf(active)}` : "Erase any object"),
  polygon: () => "Click corners; Enter, a double-click or the first corner fills, Esc gives up",
  lasso: (active) => (active ? `Draw round ${nameOf(active)}` : "Draw round a new object"),
  box: (active) =>
    active ? `Draw a box that holds ${nameOf(active)}` : "Draw a box round an object",
  hand: () => "Drag to move the picture",
};

const nameOf = (object: SegmentedObject) =>
  (object.name || object.label ? `${object.id} ${titleOf(object)}` : titleOf(object)) +
  (object.visible ? "" : ", which is hidden");

export class View {
  readonly node: HTMLElement;
  readonly kernel: Kernel;
  readonly state = newViewState();
  readonly desk: DeskOfView;
  readonly canvas: Canvas;
  readonly #doing: Doing;
  readonly #toolbar: Toolbar;
  readonly #brushSize: BrushSize;
  readonly #list: ObjectList;
  readonly #labels: Labels;
  readonly #editor: ObjectEditor;
  readonly #display: Display;
  readonly #status: StatusBar;
  readonly #errors: Errors;
  readonly #images: ImageStrip | null;
  readonly #problem = element("div", { class: "dw-problem", role: "alert", hidden: true });
  readonly #announcer = element("div", { class: "dw-announcer", "aria-live": "polite" });
  readonly #notice = element("div", { class: "dw-notice" });
  readonly #signal: AbortSignal;
  #answered: ReadonlySet<string> = new Set();
  #changed: ReadonlySet<number> = new Set();
  /** Objects changed unasked of which nobody has been told. */
  #unsaid: ReadonlySet<number> = new Set();
  /** An answer is here and not said yet. */
  #answerCame = false;
  #place = 0;
  #active: number | null = null;
  /** Of the image whose object the editor shows. */
  #edited = 0;
  #frame = 0;
  #changedShown: ReturnType<typeof setTimeout> | undefined;
  #saved = "";
  /** What was done, to be said with the answer. */
  #said = () => "";
  #savedShown: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(model: Model, signal: AbortSignal) {
    this.#signal = signal;
    this.kernel = new Kernel(model, signal);
    this.desk = new DeskOfView(this.kernel, this.state, () => this.refresh());
    this.canvas = this.desk.canvas = new Canvas(
      this.kernel,
      this.state,
      () => this.desk.tool,
      {
        opened: () => this.refresh(),
        resized: () => {
          this.#display.suit(this.node.clientWidth, body.clientHeight);
          this.refresh();
        },
        painted: (changed) => this.#painted(changed),
        failed: (error) => this.fail(error),
      },
      signal,
    );
    const doing = (this.#doing = new Doing(this.kernel, this.desk));
    const actions = actionsFor(doing);
    const back = () => (help.isOpen ? help.focus() : focus.take());
    const { node: stage } = this.canvas;
    stage.tabIndex = 0;
    stage.setAttribute("role", "application");
    stage.setAttribute("aria-label", "Photograph to be labelled. Press ? for all keys.");
    this.#toolbar = new Toolbar(actions, back, signal);
    this.#brushSize = new BrushSize((radius) => doing.setBrush(radius), signal);
    this.#toolbar.addOption(this.#brushSize.node);
    this.#list = new ObjectList(
      {
        back,
        activate: (id) => doing.activate(id),
        hover: (id) => doing.hover(id),
        setVisible: (id, visible) => doing.setVisible(id, visible),
        setLocked: (id, locked) => doing.setLocked(id, locked),
        toggleSolo: (id) => doing.toggleSolo(id),
        remove: (id) => doing.remove(id),
        setColor: (id, color) => doing.setColor(id, color),
        edit: (id) => doing.edit(id),
        newObject: () => {
          doing.newObject();
          back();
        },
      },
      signal,
    );
    this.#labels = new Labels((label) => {
      doing.chooseLabel(label);
      back();
    }, signal);
    this.#editor = new ObjectEditor(
      {
        rename: (id, name) => doing.rename(id, name, this.#edited),
        setLabel: (id, label) => doing.setLabel(id, label, this.#edited),
        setColor: (id, color) => doing.setColor(id, color, this.#edited),
        setAttribute: (id, name, value) => doing.setAttribute(id, name, value, this.#edited),
        liftBound: (id) => doing.liftBound(id, this.#edited),
        back,
      },
      signal,
    );
    this.#status = new StatusBar(doing, signal);
    this.#errors = new Errors(() => this.#dismiss(), signal);
    const help = new Help(actions, back, signal);
    this.#display = new Display(this.kernel, signal);
    const target = {
      goToImage: (place: number) => doing.goToImage(place),
      showImages: (status: ImageStatus | null) => doing.showImages(status),
      back,
    };
    this.#images = doing.hasImages ? new ImageStrip(actions, target, signal) : null;
    const main = element(
      "div",
      { class: "dw-main" },
      stage,
      this.#problem,
      this.#notice,
      this.#errors.node,
    );
    const side = element("div", {
      class: "dw-side",
      role: "group", // no landmark: there may be several widgets on a page
      "aria-label": "Objects and display",
    });
    side.append(this.#labels.node, this.#list.node, this.#editor.node, this.#display.node);
    const body = element("div", { class: "dw-body" }, main, side, help.node);
    this.node = element("div", {
      class: "dynamite-widget",
      role: "group",
      "aria-label": "Segmentation",
      // The right button belongs to the widget, not to the notebook around it.
      "data-jp-suppress-context-menu": "true",
    });
    if (this.#images) this.node.append(this.#images.node);
    this.node.append(this.#toolbar.node, body, this.#status.node, this.#announcer);
    const focus = new Focus(this.node, stage, signal);
    const say = (words: string, answered = false) => this.#say(words, answered);
    const sayAnswered = (words: () => string) => void (this.#said = words);
    doing.surroundings = { root: this.node, focus, help, editor: this.#editor, say, sayAnswered };

    stage.addEventListener("pointerdown", () => focus.take(), { signal });
    const keep = (event: Event) => {
      event.preventDefault(); // else the focus would leave the widget
      focus.take();
    };
    this.#problem.addEventListener("pointerdown", keep, { signal });
    listenForGestures(stage, this.desk, signal);
    const holdPan = (down: boolean) => {
      this.state.panning = down;
      this.refresh();
    };
    listenForKeys(this.node, { actions, holdPan }, signal);
    this.node.addEventListener("focusout", () => holdPan(false), { signal });
    signal.addEventListener("abort", () => {
      this.desk.end();
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#silence);
      clearTimeout(this.#changedShown);
      clearTimeout(this.#savedShown);
    });
  }

  /** Reads all traits for the first time; from here on the view follows them. */
  start(): void {
    const { kernel } = this;
    kernel.changed = () => this.#sceneChanged();
    kernel.lost = (error) => this.#kernelLost(error);
    kernel.on(["_status"], () => this.#sceneChanged(), this.#signal);
    kernel.on(["_error"], () => this.#errors.show(kernel.error), this.#signal);
    kernel.on(["_saved"], () => this.#picturesSaved(), this.#signal);
    kernel.on(["height"], () => this.#setSize(), this.#signal);
    kernel.on(["_image_info"], () => this.#imageChanged(), this.#signal);
    kernel.on(["_collection"], () => this.refresh(), this.#signal);
    this.#place = kernel.place;
    this.#setSize();
    this.canvas.start();
    this.#errors.show(kernel.error);
    this.#answered = new Set(kernel.shown.clicks.map(String));
    this.#sceneChanged();
    // A host that leaves binary state out of what it restores is asked for it.
    if (!kernel.photographs[0]?.byteLength) kernel.send({ command: "send_image" });
  }

  #kernelLost(error: unknown): void {
    this.#errors.show({ message: KERNEL_GONE, details: String(error) });
  }

  /** Shows something that went wrong in this view; the work goes on. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const details = error instanceof Error ? (error.stack ?? "") : "";
    this.#errors.show({ message, details });
  }

  /**
   * Brings lists, buttons and texts up to date: with the frame after the next one.
   *
   * The canvas has the next one to itself, as a dot or a mask is what a person waits for: laying
   * out a notebook's page takes as long as painting them.
   */
  refresh(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#refresh();
      });
    });
  }

  #setSize(): void {
    const { width, height } = this.canvas.image;
    this.node.style.setProperty("--dw-height", `${this.kernel.get("height")}px`);
    this.node.style.setProperty("--dw-ratio", String(height / width));
  }

  /** Another image: what belonged to the view of the last one is over. */
  #imageChanged(): void {
    this.#setSize();
    const { kernel, state } = this;
    if (kernel.place === this.#place) return;
    this.#place = kernel.place;
    this.desk.tool.cancel?.();
    this.desk.hover(null);
    this.#editor.leave();
    state.solo = state.keyboard = null;
    this.#changed = this.#unsaid = new Set();
    this.#answered = new Set(kernel.shown.clicks.map(String));
    this.#sceneChanged();
    const { count } = kernel.collection ?? {};
    this.#announcer.textContent = `Image ${kernel.place + 1} of ${count}: ${kernel.image?.name}`;
  }

  #sceneChanged(): void {
    const { kernel } = this;
    const { scene, clicks, sent } = kernel.shown;
    if (!kernel.waiting) this.#answered = new Set(clicks.map(String));
    // Who looks at one object alone and goes on with another looks at that one.
    if (scene.active !== null && scene.active !== this.#active && this.state.solo !== null)
      this.state.solo = scene.active;
    this.#active = scene.active;
    const colors = new Map(scene.objects.map(({ id, color }) => [id, color]));
    this.canvas.allDots = clicks.map((click, index) => this.#dotOf(click, index, colors, sent));
    // Said at once, so that nobody reads an old answer as the new one.
    const waited = this.node.getAttribute("aria-busy") === "true";
    this.node.setAttribute("aria-busy", String(kernel.waiting));
    this.#answerCame ||= waited && !kernel.waiting;
    this.desk.tool.sceneChanged?.();
    this.#doing.sceneChanged();
    this.canvas.redraw();
    this.refresh();
    clearTimeout(this.#silence);
    if (kernel.unansweredSince !== null) {
      this.#silence = setTimeout(() => this.refresh(), SILENCE_MS);
    }
  }

  #dotOf(
    click: ClickRow,
    index: number,
    colors: ReadonlyMap<number, string>,
    sent: ReadonlySet<ClickRow>,
  ): Dot {
    const color = colors.get(click[2]) ?? (click[2] ? colorOf(click[2]) : BACKGROUND_COLOR);
    return { index, click, color, waiting: sent.has(click) || !this.#answered.has(String(click)) };
  }

  #painted(changed: readonly number[]): void {
    const { pointer } = this.state; // it rests, and another object may lie there now
    if (pointer) this.state.hovered = this.canvas.objectAt(pointer);
    if (changed.length) {
      this.#changed = new Set(changed);
      this.#unsaid = new Set([...this.#unsaid, ...changed]);
      clearTimeout(this.#changedShown);
      this.#changedShown = setTimeout(() => {
        this.#changed = new Set();
        this.refresh();
      }, CHANGED_SHOWN_MS);
    }
    this.refresh();
  }

  /** Says to whoever listens what was done; where an answer follows, it is said with it. */
  #say(words: string, answered: boolean): void {
    this.#announcer.textContent = words;
    this.#said = () => (answered ? words : "");
  }

  /** Says to whoever listens what the last acts came to, once all traits of the answer are here. */
  #announce(): void {
    if (!this.#answerCame || this.kernel.waiting) return;
    this.#answerCame = false;
    const object = this.#doing.active;
    const changed = [...this.#unsaid].join(", ");
    const result = object ? `${titleOf(object)}: ${areaInWords(object)}.` : "";
    const others = changed ? `Object ${changed} changed too.` : "";
    const words = [this.#said(), result, others].filter((part) => part !== "").join(" ");
    this.#said = () => "";
    this.#unsaid = new Set();
    if (words) this.#announcer.textContent = words;
  }

  #picturesSaved(): void {
    const { saved } = this.kernel;
    if (!saved) return;
    this.#saved = `${saved.files} pictures saved in the folder ${saved.folder}`;
    this.#announcer.textContent = this.#saved;
    clearTimeout(this.#savedShown);
    this.#savedShown = setTimeout(() => {
      this.#saved = "";
      this.refresh();
    }, SAVED_SHOWN_MS);
    this.refresh();
  }

  #dismiss(): void {
    if (this.kernel.error) this.kernel.send({ command: "dismiss_error" });
    this.#errors.show(null);
  }

  #refresh(): void {
    const { kernel, state } = this;
    const { scene } = kernel.shown;
    const { image } = this.canvas;
    if (state.solo !== null && !scene.objects.some(({ id }) => id === state.solo))
      state.solo = null;
    const active = this.#doing.active;
    this.#announce();
    this.#toolbar.update();
    if (kernel.collection && kernel.image) this.#images?.update(kernel.collection, kernel.image);
    const brushes = state.tool === "brush" || state.tool === "eraser";
    this.#brushSize.update(brushes ? state.brushRadius : null);
    this.#labels.update(scene.labels, active ? active.label : scene.next_label);
    this.#list.update({
      scene,
      pixels: image.width * image.height,
      solo: state.solo,
      hovered: state.hovered,
      changed: this.#changed,
      isSeen: !kernel.collection?.problem,
    });
    this.#edited = kernel.place;
    this.#editor.update(active, scene.labels);
    this.canvas.node.style.cursor = state.panning ? "grab" : this.desk.tool.cursor;
    this.#updateStatus();
    this.#updateNotice();
  }

  #updateStatus(): void {
    const { kernel, state } = this;
    const { scene } = kernel.shown;
    const { pointer } = state;
    const under = scene.objects.find(({ id }) => id === state.hovered);
    const { encode_seconds, last_seconds, median_seconds } = kernel.status;
    const silent = performance.now() - (kernel.unansweredSince ?? Infinity) > SILENCE_MS;
    const doing = silent
      ? "The kernel is busy; your clicks are kept"
      : { idle: "", encoding: "Reading the image…", segmenting: "Answering…" }[kernel.activity];
    const isSeen = !kernel.collection?.problem; // else there is nothing to click on, or to zoom
    const hint = isSeen ? HINTS[state.tool](this.#doing.active) : "";
    const last = inWords(last_seconds);
    this.#status.update({
      place: pointer ? `${pointer.x}, ${pointer.y}${under ? ` · ${titleOf(under)}` : ""}` : "",
      activity: doing || (kernel.isGone ? "The kernel is gone" : hint),
      busy: doing !== "",
      latency: last_seconds === null ? "" : last,
      median: last_seconds === null ? "" : ` · median ${inWords(median_seconds)}`,
      latencyDetails: `Last answer ${last}, median ${inWords(median_seconds)}; image read in ${inWords(encode_seconds)}`,
      zoom: isSeen ? `${Math.round(100 * state.viewport.scale)} %` : "",
    });
    this.node.classList.toggle("dw-working", kernel.waiting || kernel.activity !== "idle");
  }

  #updateNotice(): void {
    const { kernel } = this;
    const { scene, clicks } = kernel.shown;
    const fresh = scene.objects.length === 0 && clicks.length === 0;
    const problem = kernel.collection?.problem ?? null;
    this.#showProblem(problem);
    const opening = !this.canvas.photograph.bitmap && problem === null;
    const text =
      problem !== null
        ? ""
        : opening
          ? "Opening the photograph…"
          : kernel.activity === "encoding"
            ? clicks.length
              ? "Reading the image: your clicks are kept"
              : "Reading the image. You can click already."
            : fresh
              ? "Click on an object to outline it. Right-click: background. ? shows all keys."
              : this.#saved;
    if (this.#notice.textContent !== text) this.#notice.textContent = text;
    this.#notice.hidden = text === "";
    this.node.classList.toggle("dw-loading", opening);
  }

  /** Says where an image should be that it cannot be shown, and how to go on. */
  #showProblem(problem: string | null): void {
    this.#problem.hidden = problem === null;
    const title = `${this.kernel.image?.name ?? ""} cannot be shown`;
    const shown = JSON.stringify([title, problem]);
    if (problem === null || this.#problem.dataset["shown"] === shown) return;
    this.#problem.dataset["shown"] = shown;
    const how = this.#doing.hasNextImage ? "Page ↓ goes on to the next image." : "";
    const text = element("p", {}, element("strong", {}, title), `${sentence(problem)} ${how}`);
    this.#problem.replaceChildren(icon("warning"), text);
  }
}

function areaInWords({ area }: SegmentedObject): string {
  return area === 0 ? "empty" : area === 1 ? "1 pixel" : `${area} pixels`;
}

/** Words with a full stop, where they do not end with one. */
function sentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
