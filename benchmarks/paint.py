"""Measures in a real JupyterLab page how long after a click its dot and mask are painted."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import QUIET, find_chromium
from tests.browser.jupyter_server import running_jupyter_server
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

SIZE = (1024, 768)
CLICKS = 40

# The segmenter's own time is taken inside it: what is left is the way there and back.
CELL = """
import time
import torch
torch.set_num_threads({threads})
import dynamite_widget as dw
from dynamite_widget import samples
from PIL import Image

class Timed:
    def __init__(self, segmenter):
        self.segmenter, self.spent = segmenter, []

    def encode(self, image):
        return self.segmenter.encode(image)

    def segment(self, features, clicks):
        began = time.perf_counter()
        label_map = self.segmenter.segment(features, clicks)
        self.spent.append(1000 * (time.perf_counter() - began))
        return label_map

timed = Timed(dw.Segmenter.load("{model}", device="cpu"))
photograph = Image.open(samples.path("coffee.jpg")).resize({size})
w = dw.SegmentationWidget(photograph, segmenter=timed)
w
"""

# Looks at the marks right after each painted frame. The dot is what changes within `near` pixels
# of the click, the mask what changes farther away.
WATCH = """(canvas) => {
  const near = 26;
  const ratio = canvas.width / canvas.clientWidth;
  const context = canvas.getContext("2d");
  const look = () => new Uint32Array(
    context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  const after = new MessageChannel();
  let before = look();
  let pressed = null;
  window.seen = {};
  window.prepare = () => { before = look(); pressed = null; window.seen = {}; };
  window.addEventListener("pointerup", (event) => {
    const box = canvas.getBoundingClientRect();
    pressed = { at: event.timeStamp, x: event.clientX - box.left, y: event.clientY - box.top };
  }, { capture: true });
  after.port1.onmessage = () => {
    const now = performance.now();
    const pixels = look();
    for (let i = 0; i < pixels.length && !window.seen.mask; i += 3) {
      if (pixels[i] === before[i]) continue;
      const x = (i % canvas.width) / ratio, y = Math.floor(i / canvas.width) / ratio;
      const far = Math.hypot(x - pressed.x, y - pressed.y) > near;
      window.seen[far ? "mask" : "dot"] ??= now - pressed.at;
    }
  };
  const frame = () => {
    if (pressed && !window.seen.mask) after.port2.postMessage(null);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


class Painted(NamedTuple):
    """Milliseconds from letting the button go to the frame that shows it."""

    dot: float
    mask: float


def paint_table(model: str, threads: int) -> list[str]:
    """Rows of a Markdown table: dot, segmenter, mask and the difference, p50 and p95."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_jupyter_server(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        page = browser.new_page(viewport={"width": 1400, "height": 1100})
        cell = CELL.format(model=model, threads=threads, size=SIZE)
        notebook = NotebookPage.open(page, server, cells=(cell,), path=None)
        notebook.run_cell(0)
        painted = click_around(page, notebook.widget())
        spent = json.loads(notebook.run("print(timed.spent)"))
        browser.close()
    rows = {
        "click to dot": [times.dot for times in painted],
        "segmenter alone": spent,
        "click to mask": [times.mask for times in painted],
    }
    table = ["| in JupyterLab, 1024 × 768 | p50 | p95 |", "|---|---|---|"]
    for name, times in rows.items():
        p50, p95 = np.percentile(times, [50, 95])
        table.append(f"| {name} | {p50:.0f} ms | {p95:.0f} ms |")
    return [*table, "", f"{len(painted)} of {CLICKS} clicks, each on a new object."]


def click_around(page: Page, shown: WidgetOnScreen) -> list[Painted]:
    """Click on many new objects, and time each; clicks whose mask is a speck are left out."""
    widget = WidgetOnScreen(shown.root, SIZE)
    widget.wait_until_it_shows_the_photograph()
    widget.canvas.scroll_into_view_if_needed()
    widget.marks.evaluate(WATCH)
    columns, rows = np.meshgrid(np.linspace(80, 944, 8), np.linspace(80, 688, CLICKS // 8))
    places = np.random.default_rng(0).permutation(np.stack([columns.ravel(), rows.ravel()], 1))
    painted = []
    for x, y in places:
        widget.key("n")
        page.mouse.move(*widget.place(x, y))
        page.wait_for_timeout(300)
        page.evaluate("() => window.prepare()")
        widget.click(x, y)
        seen = page.evaluate("() => window.seen")
        if "mask" in seen:
            painted.append(Painted(seen.get("dot", seen["mask"]), seen["mask"]))
    return painted
