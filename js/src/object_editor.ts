// The object editor: name, label and free attributes of the active object.

import { element, iconButton } from "./elements.ts";
import type { AttributeValue, BoxRow, SegmentedObject } from "./protocol.ts";

export interface ObjectEditorTarget {
  rename(id: number, name: string): void;
  setLabel(id: number, label: string | null): void;
  setColor(id: number, color: string): void;
  setAttribute(id: number, name: string, value: AttributeValue | null): void;
  liftBound(id: number): void;
  /** The editor closed: where the focus goes now. */
  back(): void;
}

/** A field for the name of an object that is not known yet, and who is told what was typed. */
interface Early {
  readonly field: HTMLInputElement;
  readonly commit: (name: string) => void;
}

export class ObjectEditor {
  readonly node = element("form", { class: "dw-editor", "aria-label": "Edit object" });
  #object: SegmentedObject | null = null;
  #labels: readonly string[] | null = null;
  #drawn = "";
  /** Stands there until it is certain which object is edited: what is typed is its name. */
  #early: Early | null = null;

  constructor(
    readonly target: ObjectEditorTarget,
    readonly signal: AbortSignal,
  ) {
    this.node.hidden = true;
    this.node.addEventListener("submit", (event) => event.preventDefault(), { signal });
    this.node.addEventListener(
      "keydown",
      (event) => {
        // While letters are composed these keys choose among them.
        if (event.isComposing || (event.key !== "Escape" && event.key !== "Enter")) return;
        event.preventDefault();
        event.stopPropagation();
        if (event.target instanceof HTMLElement) event.target.blur(); // commits the field
        this.#close();
      },
      { signal },
    );
  }

  /**
   * It will be told which object to edit: `open` follows. Its name can be typed until then.
   *
   * Who leaves the field is done: its text is committed at once, before anything else is done, and
   * the editor closes. Returns a question whether the field still stands there.
   */
  expect(commit: (name: string) => void): () => boolean {
    this.#finish();
    const early = { field: element("input", { name: "name", maxlength: 200 }), commit };
    this.#early = early;
    const left = () => {
      // Who goes to another window comes back to the field.
      if (this.#early === early && activeElementOf(this.node) !== early.field) this.#finish();
    };
    early.field.addEventListener("focusout", left, { signal: this.signal });
    this.node.replaceChildren(
      element("header", {}, element("h3", {}, "Object …")),
      field("Name", early.field),
    );
    this.node.hidden = false;
    early.field.focus();
    return () => this.#early === early;
  }

  #finish(): void {
    const early = this.#early;
    this.#drop();
    const name = early?.field.value.trim();
    if (name) early?.commit(name);
  }

  /** It will not be told after all. */
  forget(): void {
    const waited = this.#early !== null;
    this.#drop();
    if (waited) this.target.back();
  }

  #drop(): void {
    if (!this.#early) return;
    this.#early = null;
    this.#drawn = "";
    this.node.hidden = true;
  }

  open(object: SegmentedObject, labels: readonly string[] | null): void {
    if (this.#early) return this.#welcome(this.#early, object, labels);
    this.#object = object;
    this.#labels = labels;
    this.#redraw(object, false);
    this.node.hidden = false;
    this.node.querySelector("input")?.select();
  }

  /** The object has come whose name is being typed. */
  #welcome({ field }: Early, object: SegmentedObject, labels: readonly string[] | null): void {
    const { value, selectionStart, selectionEnd } = field;
    this.#drop();
    this.open(object, labels);
    const name = this.#control("name");
    if (!value || !(name instanceof HTMLInputElement)) return;
    name.value = value;
    name.setSelectionRange(selectionStart, selectionEnd);
  }

  #close(): void {
    this.node.hidden = true;
    this.target.back();
  }

  /** Another image: what was typed here is still about an object of the last one. */
  leave(): void {
    const focused = activeElementOf(this.node);
    const hadFocus = focused instanceof HTMLElement && this.node.contains(focused);
    if (hadFocus) focused.blur(); // commits the field
    this.forget();
    this.update(null, null);
    if (hadFocus) this.target.back();
  }

  update(object: SegmentedObject | null, labels: readonly string[] | null): void {
    const isSame = object?.id === this.#object?.id;
    this.#object = object;
    this.#labels = labels;
    if (!this.#early) {
      if (!object) this.node.hidden = true;
      this.#redraw(object, isSame);
    }
  }

  #redraw(object: SegmentedObject | null, isSame: boolean): void {
    const labels = this.#labels;
    const drawn = JSON.stringify([
      object?.id,
      object?.name,
      object?.label,
      object?.color,
      object?.attributes,
      object?.bound,
      labels,
    ]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const activeElement = activeElementOf(this.node);
    const focused = this.node.contains(activeElement) ? activeElement : null;
    const typed = isSame ? this.#typed : [];
    this.node.replaceChildren(...(object ? this.#fields(object, labels) : []));
    for (const { name, value } of typed) {
      const input = this.#control(name);
      if (input instanceof HTMLInputElement) input.value = value;
    }
    if (focused) this.#focusAsBefore(focused);
  }

  /** Gives the focus to the control that stands where `before` stood, the caret at its place. */
  #focusAsBefore(before: Element): void {
    const control = this.#control(before.getAttribute("name") ?? "");
    control?.focus();
    if (!(before instanceof HTMLInputElement && control instanceof HTMLInputElement)) return;
    const { selectionStart, selectionEnd } = before;
    if (selectionStart !== null) control.setSelectionRange(selectionStart, selectionEnd);
  }

  /** Fields whose text is not committed yet. */
  get #typed(): readonly HTMLInputElement[] {
    return [...this.node.querySelectorAll("input")].filter(
      ({ value, defaultValue }) => value !== defaultValue,
    );
  }

  #control(name: string): HTMLElement | null {
    return this.node.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`);
  }

  /** Acts when a person is done with a field; until then its text outlives answers of the kernel. */
  #onCommit(input: HTMLInputElement, act: (value: string) => void): void {
    const commit = () => {
      act(input.value);
      input.defaultValue = input.value;
    };
    input.addEventListener("change", commit, { signal: this.signal });
  }

  #fields(object: SegmentedObject, labels: readonly string[] | null): Node[] {
    const { target, signal } = this;
    const { id } = object;
    const close = iconButton("close", "Close (Enter)", () => this.#close(), signal);
    const head = element("header", {}, element("h3", {}, `Object ${id}`), close);

    const name = element("input", { name: "name", value: object.name, maxlength: 200 });
    this.#onCommit(name, (value) => target.rename(id, value.trim()));

    const label = labels ? this.#labelChoice(object, labels) : this.#labelText(object);

    const color = element("input", {
      name: "color",
      type: "color",
      value: object.color.toLowerCase(),
    });
    this.#onCommit(color, (value) => target.setColor(id, value));

    const attributes = Object.entries(object.attributes).map(([key, value]) => {
      const input = element("input", {
        name: `attribute ${key}`,
        value: String(value),
        maxlength: 1000,
      });
      this.#onCommit(input, (text) => target.setAttribute(id, key, parse(text)));
      const remove = iconButton(
        "close",
        `Remove ${key}`,
        () => target.setAttribute(id, key, null),
        signal,
      );
      return field(key, element("span", { class: "dw-attribute" }, input, remove));
    });

    const bound = object.bound ? [this.#boundField(id, object.bound)] : [];

    const key = element("input", {
      name: "new attribute",
      placeholder: "attribute",
      "aria-label": "New attribute",
      maxlength: 100,
    });
    const value = element("input", {
      name: "new value",
      placeholder: "value",
      "aria-label": "Its value",
      maxlength: 1000,
    });
    const add = () => {
      if (!key.value.trim() || !value.value) return;
      target.setAttribute(id, key.value.trim(), parse(value.value));
      for (const input of [key, value]) input.defaultValue = input.value;
    };
    for (const input of [key, value]) input.addEventListener("change", add, { signal });
    const more = element("div", { class: "dw-new-attribute" }, key, value);
    const known = [field("Name", name), field("Label", label), field("Colour", color)];
    return [head, ...known, ...attributes, ...bound, more];
  }

  #boundField(id: number, bound: BoxRow): HTMLElement {
    const lift = iconButton("close", "Lift the box", () => this.target.liftBound(id), this.signal);
    const [x, y, width, height] = bound;
    const text = element("span", {}, `${width} × ${height} at ${x}, ${y}`);
    return element(
      "div",
      { class: "dw-field" },
      element("span", {}, "Kept inside"),
      element("span", { class: "dw-attribute" }, text, lift),
    );
  }

  #labelChoice(object: SegmentedObject, labels: readonly string[]): HTMLSelectElement {
    const select = element("select", { name: "label" }, element("option", { value: "" }, "none"));
    for (const label of labels) {
      select.append(element("option", { value: label, selected: label === object.label }, label));
    }
    select.addEventListener("change", () => this.target.setLabel(object.id, select.value || null), {
      signal: this.signal,
    });
    return select;
  }

  #labelText(object: SegmentedObject): HTMLInputElement {
    const input = element("input", { name: "label", value: object.label ?? "", maxlength: 200 });
    this.#onCommit(input, (value) => this.target.setLabel(object.id, value.trim() || null));
    return input;
  }
}

function activeElementOf(node: Node): Element | null {
  return (node.getRootNode() as Document | ShadowRoot).activeElement;
}

function field(name: string, control: Node): HTMLLabelElement {
  return element("label", { class: "dw-field" }, element("span", {}, name), control);
}

/**
 * Numbers and truth values become columns that can be computed with; all else is text, and so is
 * what would not read the same as a number: 007, +49, 1E5, or more digits than a number keeps.
 */
function parse(text: string): AttributeValue {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  // .5, 5. and 1.50 are usual ways to write a number.
  const plain = trimmed
    .replace(/^(-?)(?=\.\d)/, "$10")
    .replace(/^(-?\d*\.\d*?)0+$/, "$1")
    .replace(/^(-?\d+)\.$/, "$1");
  const number = Number(plain);
  const isKept = Number.isSafeInteger(number) || (number % 1 !== 0 && Number.isFinite(number));
  return isKept && String(number) === plain ? number : text;
}
