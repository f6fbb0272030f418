// The widget's ES module: what anywidget calls. Nothing happens before a view is rendered.

import type { RenderProps } from "@anywidget/types";
import type { Traits } from "./protocol.ts";
import { View } from "./view.ts";

/** Draws one view into `el`; returns its clean-up, which is called when the view goes. */
function render({
  model,
  el,
  signal,
}: Pick<RenderProps<Traits>, "model" | "el"> & { signal?: AbortSignal }): () => void {
  const life = new AbortController();
  signal?.addEventListener("abort", () => life.abort(), { signal: life.signal });
  const view = new View(model, life.signal);
  el.classList.add("dw-host");
  el.append(view.node);
  view.start();
  return () => {
    life.abort();
    view.node.remove();
  };
}

export default { render };
