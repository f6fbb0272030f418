// Keys: run actions while the widget has the focus, and never let one leak into the notebook.

import type { Action } from "./actions.ts";

const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=color]), textarea, select";
/** Keys with which a focused control is worked. */
const WORKS_A_BUTTON = new Set(["enter", " "]);
const WORKS_A_SLIDER = /^(arrow|home|end|page)/;

/** Keys that stay the notebook's: hands save it without thinking where they are. */
const HOSTS = new Set(["ctrl+s"]);
/** JupyterLab takes no key from an element with this attribute. */
const SUPPRESS = "data-lm-suppress-shortcuts";

const KEY_NAMES: Readonly<Record<string, string>> = {
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
  delete: "Del",
  backspace: "⌫",
  escape: "Esc",
  enter: "Enter",
  pageup: "Page ↑",
  pagedown: "Page ↓",
};

/** A key as it is printed on keyboards: "Ctrl + Z", "Del", "→". */
export function keyInWords(key: string): string {
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return key
    .split(/\+(?=.)/)
    .map((part) => KEY_NAMES[part] ?? capital(part))
    .join(" + ");
}

/** Signs that a Latin keyboard has where others have a letter. */
const SIGNS: Readonly<Record<string, string>> = {
  BracketLeft: "[",
  BracketRight: "]",
  Comma: ",",
  Period: ".",
};

/** What is printed on a key; of letters that are not Latin, what a Latin keyboard has there. */
function keyOf({ key, code }: KeyboardEvent): string {
  const isForeign = /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key);
  const letter = isForeign ? (/^Key([A-Z])$/.exec(code)?.[1] ?? SIGNS[code]) : undefined;
  return (letter ?? key).toLowerCase();
}

/** Ctrl and Alt where they are meant, and not where a sign like "[" is typed by them. */
function modifiersOf(event: KeyboardEvent): { control: boolean; alt: boolean } {
  const control = event.ctrlKey || event.metaKey;
  const isSign = /^[^\p{L}]$/u.test(event.key);
  // Windows says Ctrl and Alt for AltGr; a Mac has Option in its place.
  if (isSign && event.getModifierState("AltGraph")) return { control: false, alt: false };
  const isMac = /Mac/.test(navigator.userAgent);
  return { control, alt: event.altKey && !(isSign && isMac) };
}

/** The name under which an action finds a key: modifiers in fixed order, then the key. */
export function nameOf(event: KeyboardEvent): string {
  const key = keyOf(event);
  const isLetterOrWord = /^[a-z]$/.test(key) || key.length > 1;
  const { control, alt } = modifiersOf(event);
  const modifiers = [
    control ? "ctrl+" : "",
    alt ? "alt+" : "",
    // "?" and "+" need Shift on many keyboards: there it is part of the key.
    event.shiftKey && isLetterOrWord ? "shift+" : "",
  ];
  return modifiers.join("") + key;
}

/** Whether the notebook gets a key although the widget has the focus. */
export function isForHost(event: KeyboardEvent): boolean {
  return HOSTS.has(nameOf(event));
}

export interface KeyTarget {
  readonly actions: readonly Action[];
  /** The space bar is down or up: while it is down, drags pan. */
  holdPan(down: boolean): void;
}

/** Keys pressed in `root` belong to it and not to the notebook around it, but for the host's. */
function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  root.setAttribute(SUPPRESS, "true");
  const lend = (event: KeyboardEvent) => {
    if (!isForHost(event) || !event.composedPath().includes(root)) return;
    root.removeAttribute(SUPPRESS);
    setTimeout(() => root.setAttribute(SUPPRESS, "true"));
  };
  // On the window, so before the host looks, which it does on the document.
  window.addEventListener("keydown", lend, { capture: true, signal });
}

/** Listens on `root` until the signal aborts. */
export function listenForKeys(root: HTMLElement, target: KeyTarget, signal: AbortSignal): void {
  keepKeys(root, signal);
  root.addEventListener(
    "keydown",
    (event) => {
      if (isForHost(event)) return;
      event.stopPropagation();
      const name = nameOf(event);
      if (event.isComposing || isForControl(event.target, name)) return;
      if (name === " ") {
        event.preventDefault();
        target.holdPan(true);
        return;
      }
      const action = target.actions.find(({ keys }) => keys.includes(name));
      if (!action) return;
      event.preventDefault();
      if (event.repeat && !action.repeats) return;
      if (action.isPossible?.() !== false) action.run(name);
    },
    { signal },
  );
  root.addEventListener(
    "keyup",
    (event) => {
      event.stopPropagation();
      if (event.key === " ") target.holdPan(false);
    },
    { signal },
  );
  root.addEventListener("keypress", (event) => event.stopPropagation(), { signal });
}

/** Whether a focused control needs the key itself: letters in a field, Enter on a button. */
function isForControl(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof Element) || name === "escape") return false;
  if (target.matches(TYPING)) return true;
  if (target.matches("button, summary, [type=checkbox], [type=color]")) {
    return WORKS_A_BUTTON.has(name);
  }
  return target.matches("[type=range]") && WORKS_A_SLIDER.test(name);
}
