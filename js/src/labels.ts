// Labels: the row of labels to choose from, with the digits that choose them.

import { element } from "./elements.ts";

export class Labels {
  readonly node = element("div", { class: "dw-labels", role: "group", "aria-label": "Labels" });
  #shown: readonly string[] | null = null;

  constructor(
    readonly choose: (label: string) => void,
    readonly signal: AbortSignal,
  ) {
    this.node.hidden = true;
  }

  /** Shows the labels; `chosen` is the active object's, or the one that new objects get. */
  update(labels: readonly string[] | null, chosen: string | null): void {
    if (labels?.join("\n") !== this.#shown?.join("\n")) {
      this.#shown = labels;
      this.node.hidden = !labels?.length;
      this.node.replaceChildren(...(labels ?? []).map((label, place) => this.#chip(label, place)));
    }
    for (const chip of this.node.querySelectorAll<HTMLElement>("button")) {
      chip.setAttribute("aria-pressed", String(chip.dataset["label"] === chosen));
    }
  }

  #chip(label: string, place: number): HTMLButtonElement {
    const digit = place < 9 ? String(place + 1) : "";
    const chip = element("button", { type: "button", class: "dw-label" });
    chip.dataset["label"] = label;
    if (digit) chip.append(element("kbd", { "aria-hidden": "true" }, digit));
    chip.append(element("span", {}, label));
    chip.title = digit ? `${label} (${digit})` : label;
    chip.addEventListener("click", () => this.choose(label), { signal: this.signal });
    return chip;
  }
}
