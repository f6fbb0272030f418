// The image strip: where in a list of images one is, the ways to the others, and their marks.

import type { Action } from "./actions.ts";
import { element, iconButton, setName } from "./elements.ts";
import { icon } from "./icons.ts";
import type { CollectionInfo, ImageInfo, ImageStatus } from "./protocol.ts";
import { titleOf as titleWithKey } from "./toolbar.ts";

export interface ImageStripTarget {
  goToImage(place: number): void;
  showImages(status: ImageStatus | null): void;
  /** Gives the keys back to the canvas. */
  back(): void;
}

const MARKS = ["done", "skipped", "flagged"] as const;
const WORDS: Readonly<Record<ImageStatus, string>> = {
  open: "Open",
  done: "Done",
  skipped: "Skipped",
  flagged: "Flagged",
};

export class ImageStrip {
  readonly node: HTMLElement;
  readonly #number = element("input", {
    class: "dw-image-number",
    inputmode: "numeric",
    autocomplete: "off",
    "aria-label": "Number of the image",
  });
  readonly #count = element("span", { class: "dw-image-count" });
  readonly #name = element("span", { class: "dw-image-name" });
  readonly #filter = element("select", { class: "dw-image-filter", "aria-label": "Images shown" });
  readonly #buttons = new Map<Action, HTMLButtonElement>();
  #place = 0;
  #images = 0;
  #options = "";

  constructor(actions: readonly Action[], target: ImageStripTarget, signal: AbortSignal) {
    const button = (name: string): HTMLButtonElement => {
      const action = actions.find((candidate) => candidate.name === name);
      if (!action?.icon) throw new Error(`there is no action ${name} with an icon`);
      const press = (event: MouseEvent) => {
        if (action.isPossible?.() !== false) action.run(action.keys[0] ?? "");
        if (event.detail > 0) target.back();
      };
      const made = iconButton(action.icon, action.title, press, signal);
      setName(made, titleWithKey(action));
      made.dataset["action"] = name;
      this.#buttons.set(action, made);
      return made;
    };
    const marks = MARKS.map((status) => {
      const mark = button(status);
      mark.classList.add("dw-mark", `dw-mark-${status}`);
      mark.append(element("span", {}, WORDS[status]));
      return mark;
    });
    this.node = element(
      "nav",
      { class: "dw-images", "aria-label": "Images" },
      button("previous_image"),
      element("span", { class: "dw-image-place" }, this.#number, this.#count),
      button("next_image"),
      this.#name,
      element("span", { class: "dw-marks", role: "group", "aria-label": "Marks" }, ...marks),
      element("label", { class: "dw-images-shown" }, icon("filter"), this.#filter),
    );
    this.#number.addEventListener("focus", () => this.#number.select(), { signal });
    this.#number.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        if (event.key === "Escape") this.#showPlace();
        event.stopPropagation();
        target.back(); // commits the field
      },
      { signal },
    );
    this.#number.addEventListener(
      "change",
      () => {
        const wanted = Number(this.#number.value) - 1;
        const isThere = Number.isInteger(wanted) && wanted >= 0 && wanted < this.#images;
        if (isThere && wanted !== this.#place) target.goToImage(wanted);
        this.#showPlace();
      },
      { signal },
    );
    this.#filter.addEventListener(
      "change",
      () => {
        const { value } = this.#filter;
        target.showImages(value === "all" ? null : (value as ImageStatus));
        target.back();
      },
      { signal },
    );
  }

  update(collection: CollectionInfo, { name, place }: ImageInfo): void {
    this.#place = place;
    this.#images = collection.count;
    const { activeElement } = this.node.getRootNode() as Document | ShadowRoot;
    if (activeElement !== this.#number) this.#showPlace();
    this.#number.style.width = `${String(collection.count).length + 2}ch`;
    this.#count.textContent = `of ${collection.count}`;
    this.#name.textContent = name;
    this.#name.title = name;
    for (const [action, button] of this.#buttons) {
      if (action.isOn) button.setAttribute("aria-pressed", String(action.isOn()));
      button.setAttribute("aria-disabled", String(action.isPossible?.() === false));
    }
    this.#showOptions(collection);
  }

  #showPlace(): void {
    this.#number.value = String(this.#place + 1);
  }

  #showOptions({ counts, count, shown }: CollectionInfo): void {
    const options: [string, string][] = [["all", `All ${count}`]];
    for (const status of ["open", ...MARKS] as const) {
      options.push([status, `${WORDS[status]} ${counts[status]}`]);
    }
    const wanted = JSON.stringify(options);
    if (wanted !== this.#options) {
      this.#options = wanted;
      const made = options.map(([value, text]) => element("option", { value }, text));
      this.#filter.replaceChildren(...made);
    }
    this.#filter.value = shown ?? "all";
    this.node.classList.toggle("dw-filtered", shown !== null);
  }
}
