// Elements: the few lines that make DOM elements readable where they are made.

import { icon, type IconName } from "./icons.ts";

type Attributes = Record<string, string | number | boolean>;

/** Makes an element; an attribute that is false is left out, one that is true stands empty. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** A button that shows an icon and is called by its title. */
export function iconButton(
  name: IconName,
  title: string,
  press: (event: MouseEvent) => void,
  signal: AbortSignal,
): HTMLButtonElement {
  const button = element("button", { type: "button", class: "dw-button" }, icon(name));
  setName(button, title);
  button.addEventListener("click", press, { signal });
  return button;
}

/** Says something in an element; words that stand there already cost no layout. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets the title that a pointer sees and a screen reader says. */
export function setName(target: Element, title: string): void {
  target.setAttribute("title", title);
  target.setAttribute("aria-label", title);
}
