// Errors: a strip inside the widget, with the traceback one press away; quiet where there is none.

import { element, iconButton } from "./elements.ts";
import { icon } from "./icons.ts";

export class Errors {
  readonly node = element("div", { class: "dw-error", role: "alert" });
  readonly #message = element("p", {});
  readonly #details = element("pre", { tabindex: 0, "aria-label": "Traceback" });
  readonly #more: HTMLButtonElement;

  constructor(dismiss: () => void, signal: AbortSignal) {
    this.#more = element(
      "button",
      { type: "button", class: "dw-text-button", "aria-expanded": "false" },
      "Details",
    );
    const press = () => this.#toggleDetails(this.#more.getAttribute("aria-expanded") === "false");
    this.#more.addEventListener("click", press, { signal });
    const close = iconButton("close", "Dismiss", dismiss, signal);
    const line = element(
      "div",
      { class: "dw-error-line" },
      icon("warning"),
      this.#message,
      this.#more,
      close,
    );
    this.node.append(line, this.#details);
    this.show(null);
  }

  show(failure: { message: string; details: string } | null): void {
    this.node.hidden = failure === null;
    const quiet = failure !== null && !failure.details;
    this.node.classList.toggle("dw-refusal", quiet);
    const message = failure?.message ?? "";
    this.#message.textContent = quiet
      ? message.charAt(0).toUpperCase() + message.slice(1)
      : message;
    this.#details.textContent = failure?.details ?? "";
    this.#more.hidden = !failure?.details;
    this.#toggleDetails(false);
  }

  #toggleDetails(shown: boolean): void {
    this.#details.hidden = !shown;
    this.#more.setAttribute("aria-expanded", String(shown));
  }
}
