"""Measures in a real JupyterLab page what a person waits for: dots, masks, frames, large images."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Page, WebSocket, sync_playwright

from tests.browser.chromium import QUIET, find_chromium
from tests.browser.jupyter_server import running_jupyter_server
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

SIZE, LARGE = (1024, 768), (6000, 4000)
CLICKS = 12
"""On new objects; the answer to each takes longer than to the one before."""
MANY_CLICKS = 200
FRAME_SECONDS = 4

# The segmenter's own time is taken inside it: what is left is the way there and back. Its answer to
# "quick" clicks is a disc around each, which needs no network.
SET_UP = """
import time
import numpy as np
import torch
torch.set_num_threads({threads})
import dynamite_widget as dw
from dynamite_widget import samples
from PIL import Image, ImageDraw

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

class Discs:
    def encode(self, image):
        return np.asarray(image).shape[:2]

    def segment(self, size, clicks):
        label_map = np.zeros(size, np.uint16)
        for click in clicks:
            x, y = int(click.x), int(click.y)
            label_map[max(y - 40, 0):y + 40, max(x - 40, 0):x + 40] = click.object_id
        return label_map

def with_objects(image, count):
    # Wavy borders, some thousand points in all, as masks have them.
    width, height = image.size
    columns = int(np.ceil((count * width / height) ** 0.5))
    rows = -(-count // columns)
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    label_map = Image.new("I", image.size)
    for k in range(count):
        x, y = (k % columns + 0.5) * width / columns, (k // columns + 0.5) * height / rows
        radius = 0.4 * min(width / columns, height / rows) * (1 + 0.15 * np.sin(9 * turn + k))
        points = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)
        ImageDraw.Draw(label_map).polygon([tuple(point) for point in points], fill=k + 1)
    masks = np.asarray(label_map).astype(np.uint16)
    return dw.SegmentationWidget(dw.Session.from_masks(image, masks, segmenter=Discs()))

photograph = Image.open(samples.path("coffee.jpg"))
small, large = photograph.resize({size}), photograph.resize({large})
timed = Timed(dw.Segmenter.load("{model}", device="cpu"))
"""
SHOW = {
    "model": "w = dw.SegmentationWidget(small, segmenter=timed)\nw",
    "quick": "w = dw.SegmentationWidget(small, segmenter=Discs())\nw",
    "fifty": "w = with_objects(small, 50)\nw",
    "many": "w = with_objects(small, 200)\nw",
    "large": "w = dw.SegmentationWidget(large, segmenter=timed)\nw",
    "large and fifty": "w = with_objects(large, 50)\nw",
}

# Looks at the marks right after each painted frame. The dot is what changes within `near` pixels
# of the press, the mask what changes farther away.
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
  const press = (event) => {
    const box = canvas.getBoundingClientRect();
    pressed = { at: event.timeStamp, x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const letGo = (event) => { if (pressed) pressed.clicked = event.timeStamp; };
  window.addEventListener("pointerdown", press, { capture: true });
  window.addEventListener("pointerup", letGo, { capture: true });
  after.port1.onmessage = () => {
    const now = performance.now();
    const pixels = look();
    for (let i = 0; i < pixels.length && !window.seen.mask; i += 3) {
      if (pixels[i] === before[i]) continue;
      const x = (i % canvas.width) / ratio, y = Math.floor(i / canvas.width) / ratio;
      if (Math.hypot(x - pressed.x, y - pressed.y) <= near) window.seen.dot ??= now - pressed.at;
      else window.seen.mask ??= now - pressed.clicked;
    }
  };
  const frame = () => {
    if (pressed && !window.seen.mask) after.port2.postMessage(null);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""

# Pans or zooms a little with every frame, and notes how long each frame took.
FRAMES = """async ([kind, seconds]) => {
  const stage = document.querySelector(".dw-canvas");
  const box = stage.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const say = (type, more) => stage.dispatchEvent(new PointerEvent(type, {
    pointerId: 99, pointerType: "mouse", button: 1, bubbles: true, ...place, ...more }));
  stage.setPointerCapture = () => undefined; // nothing real is captured
  if (kind === "pan") say("pointerdown", {});
  const spent = [];
  const end = performance.now() + 1000 * seconds;
  await new Promise((done) => {
    let last = null;
    const frame = (now) => {
      if (last !== null) spent.push(now - last);
      last = now;
      if (now > end) return done();
      const swing = spent.length % 40 < 20 ? 1 : -1;
      if (kind === "pan") {
        place.clientX += 6 * swing;
        place.clientY += 3 * swing;
        say("pointermove", {});
      } else {
        stage.dispatchEvent(new WheelEvent("wheel", {
          deltaY: -20 * swing, ctrlKey: false, bubbles: true, cancelable: true, ...place }));
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  if (kind === "pan") say("pointerup", {});
  delete stage.setPointerCapture;
  return spent;
}"""


class Painted(NamedTuple):
    """Milliseconds from pressing to the frame with the dot, and from letting go to the mask's."""

    dot: float
    mask: float
    computed: float


class Wire:
    """Counts what the page receives from its kernel.

    Args:
        page: the page, before it connects.
    """

    def __init__(self, page: Page) -> None:
        self.received = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, frame: str | bytes) -> None:
        self.received += len(frame)


def paint_tables(model: str, threads: int) -> Iterator[str]:
    """Lines of Markdown tables, each as soon as it is measured."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_jupyter_server(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        page = browser.new_page(viewport={"width": 1400, "height": 1100})
        wire = Wire(page)
        set_up = SET_UP.format(model=model, threads=threads, size=SIZE, large=LARGE)
        notebook = NotebookPage.open(page, server, cells=(set_up, "w"), path=None)
        notebook.run_cell(0)
        yield from click_table(notebook)
        yield from wire_table(notebook, wire)
        yield from frame_table(notebook)
        yield from large_table(notebook)
        browser.close()


def show(notebook: NotebookPage, what: str, size: tuple[int, int] = SIZE) -> WidgetOnScreen:
    """Show one of `SHOW` in the notebook's second cell."""
    notebook.write_cell(1, SHOW[what])
    notebook.run_cell(1)
    widget = WidgetOnScreen(notebook.widget().root, size)
    widget.wait_until_it_shows_the_photograph()
    widget.canvas.scroll_into_view_if_needed()
    return widget


def click_table(notebook: NotebookPage) -> Iterator[str]:
    """Press to dot, click to mask, and what of that was not the segmenter's."""
    painted = click_around(notebook, show(notebook, "model"))
    yield "| in JupyterLab, 1024 × 768 | p50 | p95 | wanted, p95 |"
    yield "|---|---|---|---|"
    rows: list[tuple[str, list[float], str]] = [
        ("press to dot", [one.dot for one in painted], "16 ms"),
        ("segmenter alone", [one.computed for one in painted], ""),
        ("click to mask", [one.mask for one in painted], ""),
        ("click to mask less segmenter", [one.mask - one.computed for one in painted], "30 ms"),
    ]
    for name, times, wanted in rows:
        p50, p95 = np.percentile(times, [50, 95])
        yield f"| {name} | {p50:.0f} ms | {p95:.0f} ms | {wanted} |"
    yield f"\n{len(painted)} of {CLICKS} clicks, each on a new object.\n"


def click_around(notebook: NotebookPage, widget: WidgetOnScreen) -> list[Painted]:
    """Click on many new objects, and time each; clicks whose mask is a speck are left out."""
    page = notebook.page
    widget.marks.evaluate(WATCH)
    columns, rows = np.meshgrid(np.linspace(80, 944, 6), np.linspace(80, 688, CLICKS // 6))
    places = np.random.default_rng(0).permutation(np.stack([columns.ravel(), rows.ravel()], 1))
    seen = []
    for x, y in places:
        widget.key("n")
        page.mouse.move(*widget.place(x, y))
        page.wait_for_timeout(200)
        page.evaluate("() => window.prepare()")
        widget.click(x, y)
        seen.append(page.evaluate("() => window.seen"))
    computed = json.loads(notebook.run("print(timed.spent)"))
    return [
        Painted(one.get("dot", one["mask"]), one["mask"], spent)
        for one, spent in zip(seen, computed, strict=True)
        if "mask" in one
    ]


def wire_table(notebook: NotebookPage, wire: Wire) -> Iterator[str]:
    """Bytes that travel to the page for one click, early and late, and with many objects."""
    yield "| bytes for one click | before | after | ratio |"
    yield "|---|---|---|---|"
    widget = show(notebook, "quick")
    first = bytes_of_clicks(widget, wire, 5)
    notebook.run(f"for k in range({MANY_CLICKS - 10}): w.session.click(30 + 5 * (k % 190), 700, 1)")
    widget.wait_for_the_answer()
    last = bytes_of_clicks(widget, wire, 5)
    yield f"| clicks 1–5, {MANY_CLICKS - 5}–{MANY_CLICKS} | {first} | {last} | {last / first:.2f} |"
    few = bytes_of_clicks(show(notebook, "fifty"), wire, 5)
    many = bytes_of_clicks(show(notebook, "many"), wire, 5)
    yield f"| 50 objects, 200 objects | {few} | {many} | {many / few:.2f} |\n"


def bytes_of_clicks(widget: WidgetOnScreen, wire: Wire, clicks: int) -> int:
    """Median over some clicks on a new object, each answered before the next."""
    widget.key("n")
    received = []
    for k in range(clicks):
        before = wire.received
        widget.click(300 + 60 * k, 100)
        widget.page.wait_for_timeout(200)  # the kernel's last words about it
        received.append(wire.received - before)
    return int(np.median(received))


def frame_table(notebook: NotebookPage) -> Iterator[str]:
    """Frames in a second while the picture is moved."""
    yield "| pan and zoom | frames a second | frame p50 | frame p95 | wanted |"
    yield "|---|---|---|---|---|"
    for name, what in [("50 objects", "fifty"), ("200 objects", "many")]:
        yield from frame_rows(name, show(notebook, what))
    yield ""


def frame_rows(name: str, widget: WidgetOnScreen) -> Iterator[str]:
    """One row for panning and one for zooming."""
    widget.page.mouse.move(*widget.place(500, 300))
    for kind in ("pan", "zoom"):
        spent = widget.page.evaluate(FRAMES, [kind, FRAME_SECONDS])
        p50, p95 = np.percentile(spent, [50, 95])
        rate = 1000 / np.mean(spent)
        yield f"| {kind}, {name} | {rate:.0f} | {p50:.0f} ms | {p95:.0f} ms | 30 a second |"


def large_table(notebook: NotebookPage) -> Iterator[str]:
    """How a photograph of 24 megapixels opens, what of it travels, and how it moves."""
    opened = seconds(lambda: show(notebook, "large", LARGE))
    widget = WidgetOnScreen(notebook.widget().root, LARGE)
    preview = int(notebook.run("print(len(w._image))"))
    encoded = float(notebook.run("print(w._status['encode_seconds'])"))
    yield "| 24 megapixels | |"
    yield "|---|---|"
    yield f"| shown and encoded | {opened:.1f} s, {encoded:.1f} s of it the segmenter's |"
    yield f"| preview | {preview / 1e6:.1f} MB |"
    page = widget.page
    x, y = widget.place(3000, 2000)
    page.mouse.move(x - 1, y)
    page.mouse.move(x, y)
    began = time.perf_counter()
    for _ in range(14):
        page.mouse.wheel(0, -100)
    while notebook.run("print(bool(w._detail_info))") != "True":
        page.wait_for_timeout(50)
    detail = int(notebook.run("print(len(w._detail))"))
    waited = time.perf_counter() - began
    yield f"| own pixels after zooming in | {waited:.1f} s, {detail / 1e6:.1f} MB |\n"
    yield "| pan and zoom | frames a second | frame p50 | frame p95 | wanted |"
    yield "|---|---|---|---|---|"
    yield from frame_rows("24 megapixels, 50 objects", show(notebook, "large and fifty", LARGE))


def seconds(act: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
