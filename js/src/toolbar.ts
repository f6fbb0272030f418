// The toolbar: the actions that have an icon, in groups, one tab stop with arrow keys inside.

import type { Action } from "./actions.ts";
import { element, iconButton, setName } from "./elements.ts";
import { keyInWords } from "./keys.ts";

const GROUPS: readonly (readonly string[])[] = [
  ["click", "background"],
  ["brush", "eraser", "polygon", "lasso", "box"],
  ["hand"],
  ["undo", "redo", "reset"],
  ["save_pictures", "masks_only", "fit", "fullscreen", "help"],
];

export class Toolbar {
  readonly node: HTMLDivElement;
  readonly #buttons = new Map<Action, HTMLButtonElement>();

  constructor(actions: readonly Action[], back: () => void, signal: AbortSignal) {
    this.node = element("div", { class: "dw-toolbar", role: "toolbar", "aria-label": "Tools" });
    for (const group of GROUPS) {
      const node = element("div", { class: "dw-toolbar-group", role: "group" });
      for (const name of group) {
        const action = actions.find((candidate) => candidate.name === name);
        if (!action?.icon) continue;
        const press = (event: MouseEvent) => {
          if (action.isPossible?.() !== false) action.run(action.keys[0] ?? "");
          // After a press by pointer the canvas listens to the keys again.
          if (event.detail > 0 && name !== "help") back();
        };
        const button = iconButton(action.icon, action.title, press, signal);
        setName(button, titleOf(action));
        button.dataset["action"] = name;
        if (action.isOn) button.setAttribute("aria-pressed", "false");
        button.tabIndex = this.#buttons.size === 0 ? 0 : -1;
        this.#buttons.set(action, button);
        node.append(button);
      }
      this.node.append(node);
    }
    this.node.addEventListener("keydown", (event) => this.#walk(event), { signal });
  }

  /** A control of the chosen tool, where it comes and goes without moving a button. */
  addOption(node: Node): void {
    this.node.insertBefore(node, this.node.lastElementChild);
  }

  update(): void {
    for (const [action, button] of this.#buttons) {
      if (action.isOn) button.setAttribute("aria-pressed", String(action.isOn()));
      button.setAttribute("aria-disabled", String(action.isPossible?.() === false));
    }
  }

  #walk(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const buttons = [...this.#buttons.values()];
    const at = buttons.findIndex((button) => button === event.target);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[(at + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next?.focus();
  }
}

/** An action's title with its first key. */
export function titleOf(action: Action): string {
  const key = action.keys[0];
  return key ? `${action.title} (${keyInWords(key)})` : action.title;
}
