// What a person does by key or button, said in acts to the kernel and changes of this view.

import type { Person } from "./actions.ts";
import type { Act, Nameless } from "./acts.ts";
import type { Focus } from "./focus.ts";
import type { Help } from "./help.ts";
import type { Kernel } from "./kernel.ts";
import type { ObjectEditor } from "./object_editor.ts";
import { titleOf } from "./object_list.ts";
import {
  type AttributeValue,
  type ImageStatus,
  type WholeScene,
  type SegmentedObject,
} from "./protocol.ts";
import { Polygon } from "./tools/drawing.ts";
import type { ToolName } from "./tools/tool.ts";
import * as viewport from "./viewport.ts";
import { BRUSH } from "./brush_size.ts";
import type { DeskOfView } from "./desk.ts";

/** How far an arrow key aims, in CSS pixels; never less than one pixel of the image. */
const STEP = 4;
const FAR = 40;

const NEW_OBJECT = "The next click starts a new object.";
/** What is said of a setting that was switched off, and on. */
const SWITCHED = {
  masks_only: ["Dots shown.", "Dots hidden, masks only."],
  outline: ["Outlines hidden.", "Outlines shown."],
  numbers: ["Numbers hidden.", "Numbers shown."],
} as const;

export interface Surroundings {
  readonly root: HTMLElement;
  readonly focus: Focus;
  readonly help: Help;
  readonly editor: ObjectEditor;
  /** Tells whoever listens what was done, and once more with the answer if one follows. */
  readonly say: (words: string, answered?: boolean) => void;
  /** Tells it with the answer, as only that says what was done. */
  readonly sayAnswered: (words: () => string) => void;
}

export class Doing implements Person {
  surroundings!: Surroundings;
  /** What waits until it is certain which object is active. */
  #later: { place: number; changes: (() => void)[]; steps: boolean } | null = null;

  constructor(
    readonly kernel: Kernel,
    readonly desk: DeskOfView,
  ) {}

  get #scene(): WholeScene {
    return this.kernel.shown.scene;
  }

  get active(): SegmentedObject | null {
    const { active, objects } = this.#scene;
    return objects.find(({ id }) => id === active) ?? null;
  }

  get tool(): ToolName {
    return this.desk.state.tool;
  }
  get hasObject(): boolean {
    return this.#scene.objects.length > 0 || this.kernel.shown.unsure;
  }
  get canUndo(): boolean {
    const { tool } = this.desk;
    return this.#scene.can_undo || (tool instanceof Polygon && tool.isBegun);
  }
  get canRedo(): boolean {
    return this.#scene.can_redo;
  }
  get isEmpty(): boolean {
    return !this.hasObject && this.kernel.shown.clicks.length === 0;
  }
  get maskOnly(): boolean {
    return this.kernel.get("masks_only");
  }
  get outline(): boolean {
    return this.kernel.get("outline");
  }
  get numbers(): boolean {
    return this.kernel.get("numbers");
  }
  get isSolo(): boolean {
    return this.desk.state.solo !== null;
  }
  get isLocked(): boolean {
    return this.active?.locked ?? false;
  }
  get isHidden(): boolean {
    return this.active !== null && !this.active.visible;
  }
  get hasImages(): boolean {
    return this.kernel.collection !== null;
  }
  get hasNextImage(): boolean {
    return this.kernel.collection?.has_next ?? false;
  }
  get hasPreviousImage(): boolean {
    return this.kernel.collection?.has_previous ?? false;
  }
  get imageStatus(): ImageStatus {
    return this.kernel.mark;
  }
  get isFullscreen(): boolean {
    return document.fullscreenElement === this.surroundings.root;
  }

  chooseTool(tool: ToolName): void {
    this.desk.chooseTool(tool);
    this.surroundings.say(`${tool} tool.`);
  }

  /** The kernel has answered, or something was done: it may be certain now what is active. */
  sceneChanged(): void {
    const later = this.#later;
    if (!later || this.kernel.shown.unsure) return;
    this.#later = null;
    if (later.place === this.desk.place) for (const change of later.changes) change();
  }

  /** A new object; one that is still empty is used first. Clicking goes on at once. */
  newObject(): void {
    if (this.tool === "background" || this.tool === "hand") this.chooseTool("click");
    const { starting, given, unsure, owner } = this.kernel.shown;
    const { say } = this.surroundings;
    if (starting) return say(NEW_OBJECT);
    const untouched = this.#scene.objects.find(
      ({ id, clicks, area }) => clicks === 0 && area === 0 && !given.has(id),
    );
    if (untouched && !unsure) {
      if (owner === untouched.id) say(`The next click starts ${titleOf(untouched)}.`);
      else this.activate(untouched.id);
    } else if (this.#send({ command: "add_object" })) say(NEW_OBJECT, true);
  }

  activate(id: number): void {
    if (this.tool === "background") this.chooseTool("click");
    const { owner, unsure } = this.kernel.shown;
    if (owner === id && !unsure) return;
    if (!this.#send({ command: "activate", object_id: id })) return;
    this.surroundings.say(`${this.#titleOf(id)} chosen.`, true);
  }

  stepObject(by: 1 | -1): void {
    this.#onceSure(() => {
      const { objects, active } = this.#scene;
      const at = objects.findIndex(({ id }) => id === active);
      const start = at < 0 && by < 0 ? 0 : at;
      const next = objects[(start + by + objects.length) % objects.length];
      if (next) this.activate(next.id);
    }, true);
  }

  /** A digit chooses a label; where any text will do, it chooses an object. */
  chooseNumber(digit: number): void {
    const { labels } = this.#scene;
    if (labels) {
      const label = labels[digit - 1];
      if (label !== undefined) this.chooseLabel(label);
    } else {
      this.#onceSure(() => {
        const object = this.#scene.objects[digit - 1];
        if (object) this.activate(object.id);
      }, true);
    }
  }

  chooseLabel(label: string): void {
    this.setLabel(this.kernel.shown.owner, label);
  }

  editObject(): void {
    const { editor } = this.surroundings;
    const { place } = this.desk;
    if (place === null) return;
    const { unsure, newcomer } = this.kernel.shown;
    const expects = unsure ? editor.expect((name) => this.#nameActive(name, place)) : () => true;
    const known = new Set(this.#scene.objects.map(({ id }) => id));
    this.#onceSure(() => {
      if (!expects()) return; // its name is on its way already
      const first = this.#scene.objects[0];
      if (!newcomer && !this.active && first) this.activate(first.id);
      const { active } = this;
      // What was typed for an object that did not come is no name of another.
      if (!active || (newcomer && known.has(active.id))) return editor.forget();
      editor.open(active, this.#scene.labels);
    });
  }

  /** Names the object that is active by now: the kernel knows which, whatever is done next. */
  #nameActive(name: string, place: number): void {
    if (!this.#later?.steps) return this.rename(null, name, place);
    this.#onceSure(() => {
      if (this.active && this.desk.place === place) this.rename(this.active.id, name);
    });
  }

  toggleVisible(): void {
    const { id, object } = this.#aimed;
    if (id !== undefined) this.setVisible(id, !object.visible);
  }

  toggleLock(): void {
    const { id, object } = this.#aimed;
    if (id !== undefined) this.setLocked(id, !object.locked);
  }

  toggleSolo(given?: number): void {
    this.#onceSure(() => {
      const id = given ?? this.#aimed.id ?? null;
      const { state } = this.desk;
      state.solo = state.solo === id ? null : id;
      const alone = state.solo === null ? null : this.#titleOf(state.solo);
      this.surroundings.say(alone === null ? "All objects shown." : `${alone} shown alone.`);
      this.desk.changed();
      this.desk.redraw();
    });
  }

  removeObject(): void {
    if (this.#shorten()) return;
    const { owner, unsure } = this.kernel.shown;
    if (owner !== null || unsure) this.remove(owner);
  }

  #shorten(): boolean {
    return this.desk.tool instanceof Polygon && this.desk.tool.shorten();
  }

  /** Null: the active object, which the kernel knows. */
  remove(id: number | null): void {
    const title = id === null ? "Object" : this.#titleOf(id);
    const { error } = this.kernel;
    if (!this.#send({ command: "remove_object", object_id: id })) return;
    this.surroundings.sayAnswered(() => {
      const now = this.kernel.error;
      const refused = now !== null && now.number !== error?.number;
      const isThere = this.#scene.objects.some((object) => object.id === id);
      return isThere || (id === null && refused) ? "" : `${title} removed.`;
    });
  }

  setVisible(id: number | null, visible: boolean): void {
    if (this.#send({ command: "set_visible", object_id: id, visible }))
      this.#sayOf(id, visible ? "shown" : "hidden");
  }

  setLocked(id: number | null, locked: boolean): void {
    if (this.#send({ command: locked ? "lock" : "unlock", object_id: id }))
      this.#sayOf(id, locked ? "locked" : "unlocked");
  }

  /** Says what became of an object; of one that only the kernel knows, once it has answered. */
  #sayOf(id: number | null, what: string): void {
    const { say, sayAnswered } = this.surroundings;
    if (id !== null) say(`${this.#titleOf(id)} ${what}.`, true);
    else sayAnswered(() => (this.active ? `${titleOf(this.active)} ${what}.` : ""));
  }

  setColor(id: number, color: string, place?: number): void {
    this.#send({ command: "set_color", object_id: id, color }, place);
  }

  rename(id: number | null, name: string, place?: number): void {
    this.#send({ command: "rename", object_id: id, name }, place);
  }

  setLabel(id: number | null, label: string | null, place?: number): void {
    this.#send({ command: "set_label", object_id: id, label }, place);
  }

  setAttribute(id: number, name: string, value: AttributeValue | null, place?: number): void {
    this.#send({ command: "set_attribute", object_id: id, name, value }, place);
  }

  liftBound(id: number, place?: number): void {
    this.#send({ command: "set_bound", object_id: id, bound: null }, place);
  }

  hover(id: number): void {
    this.desk.state.hovered = id;
    this.desk.changed();
    this.desk.redraw();
  }

  edit(id: number): void {
    this.activate(id);
    this.editObject();
  }

  nextImage(): void {
    this.kernel.move(1);
  }

  previousImage(): void {
    this.kernel.move(-1);
  }

  goToImage(place: number): void {
    this.kernel.send({ command: "go_to_image", to: place });
  }

  showImages(status: ImageStatus | null): void {
    this.kernel.send({ command: "show_images", status });
  }

  /** Marks the image; the mark that it has already is taken away. */
  markImage(status: ImageStatus): void {
    const wanted = this.imageStatus === status ? "open" : status;
    this.#send({ command: "mark_image", status: wanted });
  }

  /** Of a polygon that is being drawn, the last corner; else the last act. */
  undo(): void {
    if (this.#shorten()) return;
    if (this.#send({ command: "undo" })) this.surroundings.say("Undone.", true);
  }

  redo(): void {
    if (this.#send({ command: "redo" })) this.surroundings.say("Done again.", true);
  }

  reset(): void {
    if (!this.#send({ command: "reset" })) return;
    const { sayAnswered } = this.surroundings;
    sayAnswered(() => (this.isEmpty ? "All removed." : "All removed but what is locked."));
  }

  savePictures(): void {
    if (this.desk.place !== null) this.kernel.ask({ command: "save_pictures" });
  }

  toggle(setting: "masks_only" | "outline" | "numbers"): void {
    const on = !this.kernel.get(setting);
    this.kernel.set(setting, on);
    this.surroundings.say(SWITCHED[setting][on ? 1 : 0]);
    this.desk.changed();
  }

  resizeBrush(factor: number): void {
    this.setBrush(this.desk.state.brushRadius * factor);
  }

  setBrush(radius: number): void {
    this.desk.state.brushRadius = Math.min(Math.max(radius, BRUSH.least), BRUSH.most);
    this.desk.changed();
    this.desk.redraw();
  }

  changeOpacity(by: number): void {
    const wanted = Math.round(100 * (this.kernel.get("opacity") + by)) / 100;
    this.kernel.set("opacity", Math.min(Math.max(wanted, 0), 1));
  }

  fit(): void {
    this.desk.fit();
  }

  zoom(factor: number): void {
    const { size, keyboard, viewport: shown } = this.desk.state;
    const middle = { x: size.width / 2, y: size.height / 2 };
    this.desk.zoom(factor, keyboard ? viewport.toView(shown, keyboard) : middle);
  }

  toggleFullscreen(): void {
    const change = this.isFullscreen
      ? document.exitFullscreen()
      : this.surroundings.root.requestFullscreen();
    change.catch(() => undefined); // a host may forbid it: then nothing happens
  }

  toggleHelp(): void {
    this.surroundings.help.toggle();
  }

  /** Moves the aim, far with Shift; the view follows. */
  moveKeyboard(key: string): void {
    const { state, image, place } = this.desk;
    if (place === null) return;
    const by = Math.max((key.startsWith("shift+") ? FAR : STEP) / state.viewport.scale, 1);
    const direction = key.replace(/^.*arrow/, "");
    const at = state.keyboard ?? this.#middle();
    const x = at.x + (direction === "right" ? by : direction === "left" ? -by : 0);
    const y = at.y + (direction === "down" ? by : direction === "up" ? -by : 0);
    state.keyboard = {
      x: Math.min(Math.max(Math.floor(x), 0), image.width - 1) + 0.5,
      y: Math.min(Math.max(Math.floor(y), 0), image.height - 1) + 0.5,
    };
    state.viewport = viewport.reveal(state.viewport, state.keyboard, state.size);
    this.desk.canvas.redraw(true);
    this.desk.hover(viewport.toView(state.viewport, state.keyboard));
    const { x: column, y: row } = state.keyboard;
    const under = state.hovered ? this.#titleOf(state.hovered) : "background";
    this.surroundings.say(`${Math.floor(column)}, ${Math.floor(row)}: ${under}.`);
  }

  /** A click where the keyboard aims, with whatever tool is chosen. */
  clickKeyboard(background: boolean): void {
    const { state, tool } = this.desk;
    if (this.desk.place === null) return;
    if (!background && tool.finish?.()) return;
    if (!state.keyboard) return this.moveKeyboard("");
    const at = viewport.toView(state.viewport, state.keyboard);
    tool.click?.({ at, background, eraser: false });
  }

  escape(): void {
    const { desk } = this;
    if (this.surroundings.help.isOpen) return this.surroundings.help.toggle(false);
    const waited = this.#later !== null;
    this.#later = null;
    if (waited) this.surroundings.editor.forget();
    if (desk.tool.cancel?.() || waited) return;
    if (desk.state.keyboard) {
      desk.state.keyboard = null;
      desk.hover(null);
      return desk.redraw();
    }
    this.surroundings.focus.giveBack();
  }

  /**
   * The active object, else the one under the pointer.
   *
   * An id of null is the active object's that the kernel knows; none: there is no such object.
   */
  get #aimed(): { id: number | null | undefined; object: Nameless } {
    const { hovered } = this.desk.state;
    const { unsure, nameless } = this.kernel.shown;
    if (unsure) return { id: null, object: this.active ?? nameless };
    const object = this.active ?? this.#scene.objects.find(({ id }) => id === hovered);
    return { id: object?.id, object: object ?? nameless };
  }

  /**
   * Sends what is about the image that is seen; while another one is decoded that is none.
   *
   * Returns whether it is on its way.
   */
  #send(act: Act, place = this.desk.place): boolean {
    return place !== null && this.kernel.send(act, place);
  }

  /** Does something once it is certain which object is active; `steps`: it chooses another one. */
  #onceSure(change: () => void, steps = false): void {
    const { place } = this.desk;
    if (place === null) return;
    if (this.#later?.place !== place) this.#later = { place, changes: [], steps: false };
    this.#later.changes.push(change);
    this.#later.steps ||= steps;
    this.sceneChanged();
  }

  #titleOf(id: number): string {
    const object = this.#scene.objects.find((each) => each.id === id);
    return object ? titleOf(object) : `Object ${id}`;
  }

  #middle(): viewport.Point {
    const { size, viewport: shown } = this.desk.state;
    const { width, height } = this.desk.image;
    const { x, y } = viewport.toImage(shown, { x: size.width / 2, y: size.height / 2 });
    return { x: Math.min(Math.max(x, 0), width - 1), y: Math.min(Math.max(y, 0), height - 1) };
  }
}
