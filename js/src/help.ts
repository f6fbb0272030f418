// Help: all keys and gestures on one page, over all but the toolbar and the status line.

import type { Action } from "./actions.ts";
import { element, iconButton } from "./elements.ts";
import { isForHost, keyInWords } from "./keys.ts";

const GESTURES: readonly (readonly [string, string])[] = [
  ["Left click", "this pixel belongs to the object; with none chosen a new one starts"],
  ["Right click, Alt + click", "this pixel is background"],
  ["Click on a dot", "take the click back"],
  ["Drag a dot", "move the click"],
  ["Drag", "move the picture"],
  ["Wheel, pinch", "zoom where you point"],
  ["Space + drag, middle button", "move the picture with any tool"],
  ["Long touch", "background"],
];

export class Help {
  readonly node: HTMLDivElement;

  constructor(
    actions: readonly Action[],
    readonly back: () => void,
    signal: AbortSignal,
  ) {
    const close = iconButton("close", "Close (Esc)", () => this.toggle(false), signal);
    const head = element("header", {}, element("h2", {}, "Keys and gestures"), close);
    const body = element("div", { class: "dw-help-body" });
    this.node = element(
      "div",
      { class: "dw-help", role: "dialog", "aria-label": "Keys and gestures", tabindex: -1 },
      head,
      body,
    );
    this.node.hidden = true;
    body.append(
      section(
        "Pointer",
        GESTURES.map(([gesture, what]) => line([gesture], what)),
      ),
    );
    const groups = new Set(actions.map(({ group }) => group));
    for (const group of groups) {
      const lines = actions
        .filter((action) => action.group === group && action.keys.length > 0)
        .map((action) =>
          line(
            namesOf(action).map((key) => element("kbd", {}, key)),
            action.title,
          ),
        );
      body.append(section(group, lines));
    }
    this.node.addEventListener(
      "keydown",
      (event) => {
        if (isForHost(event) || event.key === "Tab") return;
        event.stopPropagation(); // what it covers is not changed unseen
        if (event.key !== "Escape" && event.key !== "?") return;
        event.preventDefault();
        this.toggle(false);
      },
      { signal },
    );
  }

  get isOpen(): boolean {
    return !this.node.hidden;
  }

  /** Keys go here while it is open: what it covers takes none. */
  focus(): void {
    this.node.focus({ preventScroll: true });
  }

  toggle(open = Boolean(this.node.hidden)): void {
    if (open === !this.node.hidden) return;
    this.node.hidden = !open;
    for (const covered of this.node.parentElement?.children ?? []) {
      if (covered instanceof HTMLElement && covered !== this.node) covered.inert = open;
    }
    if (open) this.focus();
    else this.back();
  }
}

function section(title: string, lines: HTMLElement[]): HTMLElement {
  return element("section", {}, element("h3", {}, title), element("dl", {}, ...lines));
}

function line(names: readonly (Node | string)[], what: string): HTMLElement {
  return element("div", {}, element("dt", {}, ...names), element("dd", {}, what));
}

function namesOf({ keys }: Action): string[] {
  const plain = keys.filter((key) => !key.startsWith("shift+") || keys.length < 3);
  if (plain.length > 4) return [`${plain[0] ?? ""} … ${plain.at(-1) ?? ""}`];
  return plain.map(keyInWords);
}
