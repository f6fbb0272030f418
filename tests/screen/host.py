"""A page that hosts one widget without a notebook: real front end, real widget, a wire by hand."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from dynamite_widget.widget import SegmentationWidget
from tests import painted
from tests.at_rest import at_rest

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title>
<body style="margin: 12px; font-family: sans-serif"><main id="cell"></main></body></html>"""

# A model as anywidget gives it to a view: traits by name, change events, messages.
_MODEL = """
class Model {
  constructor() { this.state = {}; this.callbacks = new Map(); this.dirty = {}; this.sent = []; }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; this.dirty[name] = value; this.fire(name); }
  save_changes() { window.toKernel("update", JSON.stringify(this.dirty)); this.dirty = {}; }
  send(content) { this.sent.push(content); window.toKernel("custom", JSON.stringify(content)); }
  on(event, callback) {
    if (!this.callbacks.has(event)) this.callbacks.set(event, new Set());
    this.callbacks.get(event).add(callback);
  }
  off(event, callback) { this.callbacks.get(event)?.delete(callback); }
  fire(name) {
    for (const callback of [...(this.callbacks.get(`change:${name}`) ?? [])]) callback();
  }
  receive(state) {
    for (const [name, value] of Object.entries(state)) {
      const bytes = value?.base64;
      this.state[name] = bytes === undefined ? value
        : new DataView(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)).buffer);
    }
    for (const name of Object.keys(state)) this.fire(name);
  }
  get listeners() { return [...this.callbacks.values()].reduce((n, set) => n + set.size, 0); }
}
window.model = new Model();
"""
_RENDER = """async (source) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  window.widget = (await import(url)).default;
  window.show = () => {
    const el = document.createElement("div");
    document.querySelector("#cell").append(el);
    const clean = window.widget.render({ model: window.model, el });
    return () => { clean(); el.remove(); };
  };
  window.clean = window.show();
}"""


_PATIENCE = 60
"""Seconds after which something is wrong, not slow."""


class Host:
    """One widget on a page, and the wire between them.

    Args:
        page: the browser's page.
        widget: what it shows.
        wait: until it has nothing left to do.
    """

    def __init__(self, page: Page, widget: SegmentationWidget, *, wait: bool = True) -> None:
        self.page = page
        self.widget = widget
        self._from_page: list[tuple[str, Any]] = []
        self._known: dict[str, Any] = {}
        page.set_content(_PAGE)
        page.expose_function("toKernel", self._receive)
        page.add_style_tag(content=widget._css)
        page.evaluate(_MODEL)
        self.push()
        page.evaluate(_RENDER, widget._esm)
        if wait:
            self.settle()

    @property
    def root(self) -> Locator:
        """The widget's outermost element."""
        return self.page.locator(".dynamite-widget").first

    @property
    def canvas(self) -> Locator:
        """Where a person clicks."""
        return self.root.locator(".dw-canvas")

    def push(self) -> bool:
        """Bring changed traits to the page, as the notebook's wire does; whether there were any."""
        names = [name for name in self.widget.keys if name not in ("_esm", "_css", "layout")]
        state = {name: getattr(self.widget, name) for name in names}
        # This wire may leave scenes out, so it brings the list that others ask for.
        state |= self.widget.get_state("_clicks")
        news = {k: v for k, v in state.items() if k not in self._known or self._known[k] != v}
        self._known |= news
        if news:
            self.page.evaluate("(text) => window.model.receive(JSON.parse(text))", _json(news))
        return bool(news)

    def pull(self) -> None:
        """Bring the page's messages to the widget."""
        while self._from_page:
            kind, content = self._from_page.pop(0)
            if kind == "update":
                self.widget.set_state(content)
                self._known |= content
            else:
                self.widget._handle_custom_msg(content, [])

    def carry(self, until: Callable[[], bool] = lambda: True) -> None:
        """Carry messages and traits until something is so, and let it be drawn.

        An answer is not waited for.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            time.sleep(0.02)  # the widget's own thread speaks, too
            self.pull()
            self.push()
            self._draw()
            if until() and not self._from_page:
                return
            assert time.monotonic() < deadline, "it never happened"

    def says(self, part: str, words: str) -> Callable[[], bool]:
        """A question whether a part of the widget says something; for `carry`."""
        return lambda: self.root.locator(part).inner_text() == words

    def settle(self) -> None:
        """Carry messages and traits until nothing waits for an answer and all is drawn."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
            idle = at_rest(self.widget)
            busy = bool(self._from_page)
            self.pull()
            # What changed after the look at the status shows as news here or in the next round.
            busy |= self.push()
            if idle and not busy and self.root.get_attribute("aria-busy") == "false":
                self._draw()
                if not self._from_page:  # what is drawn may have something to say
                    break
        else:
            raise AssertionError(f"still busy: {self.widget._status}")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where in the window the middle of a pixel of the fitted image is shown."""
        box = self.canvas.bounding_box()
        assert box is not None
        height, width = self.widget.session.size
        scale = min(box["width"] / width, box["height"] / height)
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - height * scale) / 2
        return left + (x + 0.5) * scale, top + (y + 0.5) * scale

    def use_screen(self, width: int, height: int, ratio: float) -> None:
        """Move the window to a screen with so many device pixels for a CSS pixel."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        wire = self.page.context.new_cdp_session(self.page)
        wire.send("Emulation.setDeviceMetricsOverride", metrics)
        self.page.wait_for_function(f"() => devicePixelRatio === {ratio}")
        self.settle()

    @property
    def zoom(self) -> int:
        """Percent, as the status line says it."""
        return int(self.root.locator(".dw-zoom").inner_text().split()[0])

    def pixel_at(self, place: tuple[float, float]) -> tuple[int, int]:
        """Point somewhere in the window; return the pixel that the status line names."""
        self.page.mouse.move(place[0] + 1, place[1])
        self.page.mouse.move(*place)
        self.settle()
        x, y = self.root.locator(".dw-place").inner_text().split(" ")[:2]
        return int(x.rstrip(",")), int(y)

    def painted(self, x: int, y: int) -> list[int]:
        """RGBA of masks and dots over a pixel of the fitted image, each 0..255."""
        return self.marks_at(*self.place(x, y))

    def marks_at(self, x: float, y: float) -> list[int]:
        """RGBA of masks and dots at a place in the window, each 0..255."""
        return list(painted.marks_at(self.canvas, [(x, y)])[0])

    def photograph_at(self, x: float, y: float) -> list[int]:
        """RGBA of the photograph at a place in the window, each 0..255."""
        return list(painted.photograph_at(self.canvas, [(x, y)])[0])

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Carry messages and traits until something holds, and the page knows of it."""
        deadline = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it never happened"
            self.settle()
        self.settle()

    def click(self, x: float, y: float, **options: Any) -> None:  # noqa: ANN401 - playwright's
        """Click on a pixel of the fitted image and wait for the answer."""
        self.page.mouse.click(*self.place(x, y), **options)
        self.settle()

    def drag(self, *points: tuple[float, float], button: str = "left") -> None:
        """Press at the first pixel, move over the others, let go, and wait for the answer."""
        self.page.mouse.move(*self.place(*points[0]))
        self.page.mouse.down(button=button)
        for point in points[1:]:
            self.page.mouse.move(*self.place(*point), steps=4)
        self.page.mouse.up(button=button)
        self.settle()

    def key(self, *keys: str) -> None:
        """Press keys while the canvas has the focus, and wait for what comes of them."""
        self.canvas.focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def _draw(self) -> None:
        """Wait until the canvas, a frame later lists and texts, and what these cause is drawn."""
        self.page.evaluate(
            "async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }"
        )

    def _receive(self, kind: str, text: str) -> None:
        self._from_page.append((kind, json.loads(text)))


def _json(state: dict[str, Any]) -> str:
    return json.dumps(
        state,
        default=lambda value: {"base64": base64.b64encode(value).decode()},
    )
