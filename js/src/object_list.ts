// The object list: one row an object, with what it is and what can be done with it.

import { element, iconButton, setName, setText } from "./elements.ts";
import { icon } from "./icons.ts";
import { inkOn, parseColor } from "./colors.ts";
import type { SegmentedObject, WholeScene } from "./protocol.ts";

/** What the list asks of its view. */
export interface ObjectListTarget {
  /** Gives the focus to the canvas. */
  back(): void;
  activate(id: number): void;
  hover(id: number): void;
  setVisible(id: number, visible: boolean): void;
  setLocked(id: number, locked: boolean): void;
  toggleSolo(id: number): void;
  remove(id: number): void;
  setColor(id: number, color: string): void;
  edit(id: number): void;
  newObject(): void;
}

export interface ObjectListLook {
  readonly scene: WholeScene;
  readonly pixels: number;
  readonly solo: number | null;
  readonly hovered: number;
  /** Objects that the last answer changed unasked. */
  readonly changed: ReadonlySet<number>;
  /** Whether there is an image to click on. */
  readonly isSeen: boolean;
}

interface Row {
  readonly node: HTMLLIElement;
  readonly choose: HTMLButtonElement;
  readonly update: (object: SegmentedObject, look: ObjectListLook) => void;
}

/** Up to so many objects have two lines in the list each. */
const ROOMY = 8;
/** A second press so soon is the end of a double-click: another row may have moved there. */
const DOUBLE_MS = 250;
const NO_OBJECTS = "No objects yet. Click on one in the image.";

export class ObjectList {
  readonly node: HTMLElement;
  readonly #count = element("span", { class: "dw-count" });
  readonly #list = element("ul", { class: "dw-objects", "aria-label": "Objects" });
  readonly #empty = element("p", { class: "dw-empty" });
  readonly #rows = new Map<number, Row>();
  #active: number | null = null;
  #removedAt = -Infinity;

  constructor(
    readonly target: ObjectListTarget,
    readonly signal: AbortSignal,
  ) {
    const add = element("button", { type: "button", class: "dw-new", "data-action": "new" });
    add.append(icon("plus"), "New object");
    setName(add, "New object (N)");
    add.addEventListener("click", () => target.newObject(), { signal });
    const head = element(
      "header",
      { class: "dw-panel-head" },
      element("h2", {}, "Objects"),
      this.#count,
      add,
    );
    this.node = element("section", { class: "dw-object-panel" }, head, this.#empty, this.#list);
    this.node.addEventListener("pointerleave", () => target.hover(0), { signal });
    this.#list.addEventListener("keydown", (event) => this.#walk(event), { signal });
    // Where other panels open, the list gets shorter: the active row stays in sight.
    const resize = new ResizeObserver(() => this.#revealActive());
    resize.observe(this.#list);
    signal.addEventListener("abort", () => resize.disconnect());
  }

  update(look: ObjectListLook): void {
    const { objects, active } = look.scene;
    const ids = new Set(objects.map(({ id }) => id));
    const { activeElement } = this.node.getRootNode() as Document | ShadowRoot;
    let left: number | null = null; // the place of the row that goes although it has the focus
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      if (row.node.contains(activeElement)) left = [...this.#list.children].indexOf(row.node);
      row.node.remove();
      this.#rows.delete(id);
    }
    objects.forEach((object, place) => {
      let row = this.#rows.get(object.id);
      if (!row) this.#rows.set(object.id, (row = this.#rowOf(object.id)));
      if (this.#list.children[place] !== row.node) {
        this.#list.insertBefore(row.node, this.#list.children[place] ?? null);
      }
      row.update(object, look);
    });
    // One stop for Tab, however many there are: arrows walk on from it.
    const stop = active !== null && ids.has(active) ? active : objects[0]?.id;
    for (const [id, { choose }] of this.#rows) choose.tabIndex = id === stop ? 0 : -1;
    this.#list.classList.toggle("dw-many", objects.length > ROOMY);
    setText(this.#count, objects.length ? String(objects.length) : "");
    this.#empty.hidden = objects.length > 0;
    setText(this.#empty, look.isSeen ? NO_OBJECTS : "No objects.");
    if (left !== null) this.#focusNear(left);
    if (active !== this.#active) {
      this.#active = active;
      this.#revealActive();
    }
  }

  /** The row with the focus went: the one in its place has it now, else the last, else the canvas. */
  #focusNear(place: number): void {
    const near = this.#list.children[place] ?? this.#list.lastElementChild;
    const choose = near?.querySelector<HTMLElement>(".dw-object-choose");
    if (choose) choose.focus();
    else this.target.back();
  }

  /** Scrolls the list, and nothing else on the page, so far that the active row is seen. */
  #revealActive(): void {
    const node = this.#active === null ? undefined : this.#rows.get(this.#active)?.node;
    if (!node) return;
    const top = node.offsetTop - this.#list.offsetTop;
    const bottom = top + node.offsetHeight;
    if (top < this.#list.scrollTop) this.#list.scrollTop = top;
    else if (bottom > this.#list.scrollTop + this.#list.clientHeight) {
      this.#list.scrollTop = bottom - this.#list.clientHeight;
    }
  }

  #rowOf(id: number): Row {
    const { target, signal } = this;
    const chip = element("input", { type: "color", class: "dw-chip", tabindex: -1 });
    const number = element("span", { class: "dw-chip-number", "aria-hidden": "true" }, String(id));
    const title = element("span", { class: "dw-object-title" });
    const facts = element("span", { class: "dw-object-facts" });
    const spoken = element("span", { class: "dw-spoken" });
    const choose = element(
      "button",
      { type: "button", class: "dw-object-choose" },
      spoken,
      title,
      facts,
    );
    let shown: SegmentedObject | null = null;
    const visible = iconButton("eye", "Hide", () => target.setVisible(id, !shown?.visible), signal);
    const locked = iconButton("unlock", "Lock", () => target.setLocked(id, !shown?.locked), signal);
    const solo = iconButton("solo", "Show alone (S)", () => target.toggleSolo(id), signal);
    const remove = iconButton("trash", "Remove (Del)", (event) => this.#remove(id, event), signal);
    const tools = element("span", { class: "dw-object-tools" }, solo, visible, locked, remove);
    const node = element(
      "li",
      { class: "dw-object" },
      element("span", { class: "dw-chip-box" }, chip, number),
      choose,
      tools,
    );
    node.dataset["objectId"] = String(id);
    for (const button of [visible, locked, solo, remove]) button.tabIndex = -1;
    setName(chip, `Colour of object ${id}`);
    chip.addEventListener("change", () => target.setColor(id, chip.value), { signal });
    choose.addEventListener("click", () => target.activate(id), { signal });
    choose.addEventListener("dblclick", () => target.edit(id), { signal });
    node.addEventListener("pointerenter", () => target.hover(id), { signal });

    let before = "";
    const update = (object: SegmentedObject, look: ObjectListLook) => {
      const active = look.scene.active === id;
      const isSolo = look.solo === id;
      const changed = look.changed.has(id);
      const now = [active, isSolo, changed, look.hovered === id].join();
      if (object === shown && now === before) return;
      before = now;
      shown = object;
      node.classList.toggle("dw-active", active);
      node.classList.toggle("dw-hovered", look.hovered === id);
      node.classList.toggle("dw-hidden-object", !object.visible);
      node.classList.toggle("dw-changed", changed);
      node.style.setProperty("--dw-object-color", object.color);
      node.style.setProperty("--dw-object-ink", inkOn(parseColor(object.color)));
      chip.value = object.color.toLowerCase();
      title.textContent = titleOf(object);
      // One without a name is called by its number already.
      spoken.textContent = title.textContent === `Object ${id}` ? "" : `Object ${id}`;
      facts.textContent = factsOf(object, look.pixels, changed);
      choose.setAttribute("aria-pressed", String(active));
      choose.title = `${titleOf(object)}: ${facts.textContent}. Double-click or F2 to rename.`;
      toggle(
        visible,
        object.visible ? "eye" : "eyeOff",
        object.visible ? "Hide (H)" : "Show (H)",
        !object.visible,
      );
      toggle(
        locked,
        object.locked ? "lock" : "unlock",
        object.locked ? "Unlock (L)" : "Lock (L)",
        object.locked,
      );
      toggle(solo, "solo", isSolo ? "Show all (S)" : "Show alone (S)", isSolo);
    };
    return { node, choose, update };
  }

  #remove(id: number, { detail }: MouseEvent): void {
    const now = performance.now();
    if (now - this.#removedAt < DOUBLE_MS) return;
    this.#removedAt = now;
    this.target.remove(id);
    // After a press by pointer the canvas listens to the keys again.
    if (detail > 0) this.target.back();
  }

  /** Up and down walk through the rows, right and left through a row's buttons. */
  #walk(event: KeyboardEvent): void {
    const node = event.target instanceof Element ? event.target.closest("li") : null;
    if (!node || !(event.target instanceof HTMLElement)) return;
    let next: Element | null | undefined;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const row = event.key === "ArrowDown" ? node.nextElementSibling : node.previousElementSibling;
      next = row?.querySelector(".dw-object-choose");
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const stops = [...node.querySelectorAll("button")];
      next =
        stops[
          stops.findIndex((stop) => stop === event.target) + (event.key === "ArrowRight" ? 1 : -1)
        ];
    } else return;
    event.preventDefault();
    event.stopPropagation();
    if (next instanceof HTMLElement) next.focus();
  }
}

/** What people call an object: its own name, else its label, else its number. */
export function titleOf(object: SegmentedObject): string {
  return object.name || (object.label ?? `Object ${object.id}`);
}

function factsOf(object: SegmentedObject, pixels: number, changed: boolean): string {
  const share = (100 * object.area) / pixels;
  const area =
    object.area === 0 ? "empty" : share < 0.1 ? `${object.area} px` : `${share.toFixed(1)} %`;
  const clicks = `${object.clicks} ${object.clicks === 1 ? "click" : "clicks"}`;
  const parts = [
    object.name && object.label ? object.label : null,
    area,
    object.clicks ? clicks : null,
    object.locked ? "locked" : null,
    changed ? "changed" : null,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

function toggle(
  button: HTMLButtonElement,
  name: "eye" | "eyeOff" | "lock" | "unlock" | "solo",
  title: string,
  on: boolean,
): void {
  button.replaceChildren(icon(name));
  setName(button, title);
  button.setAttribute("aria-pressed", String(on));
}
