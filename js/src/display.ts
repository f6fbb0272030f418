// Display: the sliders and switches that say how masks and photograph are shown.

import { element } from "./elements.ts";
import type { Kernel, Setting } from "./kernel.ts";

interface Slider {
  readonly name: Setting & ("opacity" | "click_radius" | "brightness" | "contrast");
  readonly title: string;
  readonly max: number;
  readonly step: number;
  readonly plain: number;
  readonly show: (value: number) => string;
}

/** From this width on the panel stands beside the image, as widths.css has it. */
const BESIDE = 620;
/** So high the panel must be to have room for the list as well. */
const HIGH = 350;

const percent = (value: number) => `${Math.round(100 * value)} %`;
const SLIDERS: readonly Slider[] = [
  { name: "opacity", title: "Opacity", max: 1, step: 0.01, plain: 0.5, show: percent },
  {
    name: "click_radius",
    title: "Click radius",
    max: 10,
    step: 0.5,
    plain: 4,
    show: (v) => `${v} px`,
  },
  { name: "brightness", title: "Brightness", max: 2, step: 0.05, plain: 1, show: percent },
  { name: "contrast", title: "Contrast", max: 2, step: 0.05, plain: 1, show: percent },
];
const SWITCHES = [
  ["outline", "Outlines"],
  ["numbers", "Numbers"],
  ["masks_only", "Masks only"],
] as const;

export class Display {
  readonly node: HTMLDetailsElement;

  #suited = false;

  constructor(kernel: Kernel, signal: AbortSignal) {
    const body = element("div", { class: "dw-display-body" });
    this.node = element(
      "details",
      { class: "dw-display" },
      element("summary", {}, "Display"),
      body,
    );
    for (const slider of SLIDERS) body.append(sliderFor(slider, kernel, signal));
    const switches = element("div", { class: "dw-switches" });
    for (const [name, title] of SWITCHES) {
      const box = element("input", { type: "checkbox", name });
      const show = () => (box.checked = kernel.get(name));
      box.addEventListener("change", () => kernel.set(name, box.checked), { signal });
      kernel.on([name], show, signal);
      show();
      switches.append(element("label", {}, box, title));
    }
    body.append(switches);
  }

  /** Opens at first where there is room beside the image; from then on it is the person's. */
  suit(width: number, height: number): void {
    if (this.#suited) return;
    this.#suited = true;
    this.node.open = width >= BESIDE && height >= HIGH;
  }
}

function sliderFor(slider: Slider, kernel: Kernel, signal: AbortSignal): HTMLLabelElement {
  const { name, title, max, step, plain, show } = slider;
  const input = element("input", { type: "range", name, min: 0, max, step });
  const value = element("output", {});
  const update = () => {
    input.value = String(kernel.get(name));
    value.textContent = show(kernel.get(name));
    input.style.setProperty("--dw-filled", String(Number(input.value) / max));
  };
  input.addEventListener("input", () => kernel.set(name, Number(input.value)), { signal });
  input.addEventListener("dblclick", () => kernel.set(name, plain), { signal });
  input.title = `${title}; double-click for ${show(plain)}`;
  kernel.on([name], update, signal);
  update();
  return element("label", { class: "dw-slider" }, element("span", {}, title), input, value);
}
