// Status: what is under the pointer, what the kernel is doing, how fast it answered, and the zoom.

import { element, iconButton, setText } from "./elements.ts";

export interface StatusLook {
  readonly place: string;
  readonly activity: string;
  readonly latency: string;
  readonly median: string;
  readonly latencyDetails: string;
  /** Empty where there is no picture to zoom. */
  readonly zoom: string;
  readonly busy: boolean;
}

export interface StatusTarget {
  zoom(factor: number): void;
  fit(): void;
}

export class StatusBar {
  readonly node: HTMLElement;
  readonly #place = element("span", { class: "dw-place" });
  readonly #activity = element("span", { class: "dw-activity" });
  readonly #last = element("span");
  readonly #median = element("span", { class: "dw-latency-median" });
  readonly #latency = element("span", { class: "dw-latency" }, this.#last, this.#median);
  readonly #zooming: HTMLElement;
  readonly #zoom = element("button", { type: "button", class: "dw-zoom", title: "Fit (F)" });

  constructor(target: StatusTarget, signal: AbortSignal) {
    this.#zoom.addEventListener("click", () => target.fit(), { signal });
    const out = iconButton("minus", "Zoom out (-)", () => target.zoom(1 / 1.4), signal);
    const into = iconButton("plus", "Zoom in (+)", () => target.zoom(1.4), signal);
    this.#zooming = element("span", { class: "dw-zooming" }, out, this.#zoom, into);
    this.node = element(
      "div",
      { class: "dw-status", role: "group", "aria-label": "Status" },
      this.#place,
      this.#activity,
      this.#latency,
      this.#zooming,
    );
  }

  update(look: StatusLook): void {
    setText(this.#place, look.place);
    setText(this.#activity, look.activity);
    this.#activity.classList.toggle("dw-busy", look.busy);
    setText(this.#last, look.latency);
    setText(this.#median, look.median);
    this.#latency.hidden = look.latency === "";
    this.#latency.title = look.latencyDetails;
    this.#zooming.hidden = look.zoom === "";
    setText(this.#zoom, look.zoom);
    this.#zoom.setAttribute("aria-label", `Zoom ${look.zoom}, press to fit`);
  }
}
