// A page without a browser: happy-dom's, with the few things it lacks. Import it before the code.
import { Window } from "happy-dom";

const window = new Window({ url: "http://localhost/", width: 1200, height: 800 });

const names = [
  "document",
  "Element",
  "HTMLElement",
  "HTMLInputElement",
  "Document",
  "ShadowRoot",
  "Event",
  "KeyboardEvent",
  "PointerEvent",
  "MouseEvent",
  "WheelEvent",
  "FocusEvent",
  "ResizeObserver",
  "IntersectionObserver",
  "matchMedia",
  "CSS",
  "navigator",
] as const;
for (const name of names) {
  Object.defineProperty(globalThis, name, { value: Reflect.get(window, name), configurable: true });
}
Object.defineProperty(globalThis, "window", { value: window, configurable: true });
globalThis.requestAnimationFrame = (callback) => {
  return setTimeout(() => callback(performance.now()), 0) as unknown as number;
};
globalThis.cancelAnimationFrame = (id) => clearTimeout(id);

/** Images decoded and not yet closed. */
export const openBitmaps = new Set<object>();
globalThis.createImageBitmap = () => {
  const bitmap = { width: 1, height: 1, close: () => openBitmaps.delete(bitmap) };
  openBitmaps.add(bitmap);
  return Promise.resolve(bitmap as unknown as ImageBitmap);
};
globalThis.Path2D = class {
  moveTo() {}
  lineTo() {}
  closePath() {}
} as unknown as typeof Path2D;
Reflect.set(window.HTMLElement.prototype, "setPointerCapture", () => undefined);

/** Lets pending promises run, and the two frames in which a view draws and is laid out. */
export async function settle(ms = 5): Promise<void> {
  for (const wait of [ms, 1, 1]) await new Promise((done) => setTimeout(done, wait));
}
