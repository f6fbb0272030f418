"""Measures in a real JupyterLab page what a person waits for: dots, masks, frames, large images."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Browser, Page, WebSocket

from benchmarks.lab_page import lab_page
from benchmarks.page_watch import PageWatch
from benchmarks.paint_cells import LARGE, SHOW, SIZE, set_up
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

CLICKS = 24
"""On new objects; the answer to each takes longer than to the one before."""
RESTS_MS = (100, 200)
"""How long a person's hand rests on a place before it presses: anything between."""
MANY_CLICKS = 200
FRAME_SECONDS = 3
NOTCHES = 14
"""Of the wheel, to see single pixels of a large photograph."""


class Painted(NamedTuple):
    """Milliseconds of one click, and of what a page and JupyterLab need without the widget.

    Attributes:
        dot: from the press until the frame with the dot was looked at.
        paint: from the press to the next paint, as the browser tells it (at least 16).
        bare: from a press that paints nothing to the next frame.
        mask: from letting go to the frame with the mask.
        all: the same from the press.
        computed: the segmenter's part, which begins where the pointer rests.
        echo: from a message that does nothing to the frame that shows the kernel's reply.
    """

    dot: float
    paint: float
    bare: float
    mask: float
    all: float
    computed: float
    echo: float


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


class Screen(NamedTuple):
    """A notebook in a page, and what is measured of it."""

    browser: Browser
    notebook: NotebookPage
    wire: Wire
    watch: PageWatch

    def show(self, what: str, size: tuple[int, int] = SIZE) -> WidgetOnScreen:
        """Show one of `SHOW` in the notebook's second cell."""
        self.notebook.write_cell(1, SHOW[what])
        self.notebook.run_cell(1)
        widget = WidgetOnScreen(self.notebook.widget().root, size)
        widget.wait_until_it_shows_the_photograph()
        widget.canvas.scroll_into_view_if_needed()
        self.watch.follow(widget.canvas)
        return widget

    def processor_seconds(self) -> float:
        """What all of Chromium's processes have computed so far."""
        session = self.browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return float(sum(process["cpuTime"] for process in processes))


def paint_tables(model: str, threads: int, held: float) -> Iterator[str]:
    """Lines of Markdown tables, each as soon as it is measured.

    Args:
        model: name of the segmenter's.
        threads: of its network.
        held: milliseconds for which a hand holds the button.
    """
    with lab_page() as lab:
        wire = Wire(lab.page)
        cells = (set_up(model, threads), "w")
        notebook = NotebookPage.open(lab.page, lab.server, cells=cells, path=None)
        notebook.run_cell(0)
        screen = Screen(lab.browser, notebook, wire, PageWatch(lab.page, held))
        for table in (click_table, wire_table, frame_table, large_table):
            yield from table(screen)
            yield f"Load: {os.getloadavg()[0]:.1f} processes on {os.cpu_count()} cores.\n"


def click_table(screen: Screen) -> Iterator[str]:
    """Press to dot, click to mask, and what of that was not the segmenter's."""
    painted, held = click_around(screen, screen.show("model")), screen.watch.held
    yield f"| in JupyterLab, 1024 × 768, {len(painted)} clicks | p50 | p95 | wanted, p95 |"
    yield "|---|---|---|---|"
    rows: list[tuple[str, list[float], str]] = [
        ("press to dot, looked at after the frame", [one.dot for one in painted], "16 ms"),
        ("press to the paint with its dot", [one.paint for one in painted], ""),
        ("a press that paints nothing, to the next frame", [one.bare for one in painted], ""),
        (f"press to mask, the button held for {held:.0f} ms", [one.all for one in painted], ""),
        (
            "the segmenter, which begins where the pointer rests",
            [one.computed for one in painted],
            "",
        ),
        ("press to mask less the segmenter", [one.all - one.computed for one in painted], ""),
        ("click to mask, from letting go", [one.mask for one in painted], ""),
        ("that less the segmenter", [one.mask - one.computed for one in painted], "30 ms"),
        ("a message to the kernel and back, painted", [one.echo for one in painted], ""),
    ]
    for name, times, wanted in rows:
        p50, p95 = np.percentile(times, [50, 95])
        yield f"| {name} | {p50:.0f} ms | {p95:.0f} ms | {wanted} |"
    yield ""


def click_around(screen: Screen, widget: WidgetOnScreen) -> list[Painted]:
    """Click on many new objects, and time each; clicks whose mask is a speck are left out."""
    page, watch = screen.notebook.page, screen.watch
    columns, rows = np.meshgrid(np.linspace(80, 944, 6), np.linspace(80, 688, CLICKS // 6))
    rng = np.random.default_rng(0)
    places = rng.permutation(np.stack([columns.ravel(), rows.ravel()], 1))
    seen, bare, echoes = [], [], []
    for x, y in places:
        widget.key("n")
        bare.append(watch.bare_press(rng.uniform(*RESTS_MS)))
        echoes.append(page.evaluate("() => window.echo()"))
        watch.press(*widget.place(x, y), rest=rng.uniform(*RESTS_MS))
        seen.append(watch.seen("mask"))
    computed = json.loads(screen.notebook.run("import json; print(json.dumps(timed.spent))"))
    return [
        Painted(
            dot=one["dot"],
            paint=one.get("paint", 16) if one["dot"] == one["frame"] else one["dot"],
            bare=pressed,
            mask=one["mask"],
            all=one["all"],
            computed=computed[str(number)],
            echo=echo,
        )
        for number, (one, pressed, echo) in enumerate(zip(seen, bare, echoes, strict=True), 1)
        if "mask" in one and "dot" in one
    ]


def wire_table(screen: Screen) -> Iterator[str]:
    """Bytes that travel to the page for one click, early and late, and with many objects."""
    yield "| a click | bytes to the page | to the first |"
    yield "|---|---|---|"
    widget = screen.show("quick")
    first = bytes_of_clicks(widget, screen.wire, 5)
    yield f"| clicks 1 to 5 | {first} | 1 |"
    for before in (MANY_CLICKS // 2, MANY_CLICKS):
        screen.notebook.run(
            f"while len(w.session.clicks) < {before - 5}:\n"
            "    w.session.click(30 + 5 * (len(w.session.clicks) % 190), 700, 1)"
        )
        widget.wait_for_the_answer()
        later = bytes_of_clicks(widget, screen.wire, 5)
        yield f"| clicks {before - 4} to {before} | {later} | {later / first:.2f} |"
    for what, name in (("fifty", "with 50 objects"), ("many", "with 200 objects")):
        crowded = bytes_of_clicks(screen.show(what), screen.wire, 5)
        yield f"| {name} | {crowded} | {crowded / first:.2f} |"
    yield ""


def bytes_of_clicks(widget: WidgetOnScreen, wire: Wire, clicks: int) -> int:
    """Median over some clicks on a new object, each answered before the next."""
    widget.key("n")
    widget.page.wait_for_timeout(300)  # the kernel's last words about it
    received = []
    for k in range(clicks):
        before = wire.received
        widget.click(300 + 60 * k, 100)
        widget.page.wait_for_timeout(300)
        received.append(wire.received - before)
    return int(np.median(received))


FRAME_HEAD = (
    "| | frames a second | frame p50 | frame p95 | processor time a frame | wanted |",
    "|---|---|---|---|---|---|",
)


def frame_table(screen: Screen) -> Iterator[str]:
    """Frames in a second while the picture is moved."""
    yield from FRAME_HEAD
    screen.show("fifty")
    yield frame_row(screen, "rest", "nothing moves")
    yield from frame_rows(screen, "50 objects")
    screen.show("many")
    yield from frame_rows(screen, "200 objects")
    yield ""


def frame_rows(screen: Screen, name: str) -> Iterator[str]:
    """One row for panning and one for zooming."""
    for kind in ("pan", "zoom"):
        yield frame_row(screen, kind, f"{kind}, {name}", "30 a second")


def frame_row(screen: Screen, kind: str, name: str, wanted: str = "") -> str:
    """Frames of one kind of movement."""
    computed = screen.processor_seconds()
    spent = screen.watch.frames(kind, FRAME_SECONDS)
    computed = 1000 * (screen.processor_seconds() - computed) / len(spent)
    p50, p95 = np.percentile(spent, [50, 95])
    rate = 1000 / np.mean(spent)
    return f"| {name} | {rate:.0f} | {p50:.0f} ms | {p95:.0f} ms | {computed:.0f} ms | {wanted} |"


def large_table(screen: Screen) -> Iterator[str]:
    """How a photograph of 24 megapixels opens, what of it travels, and how it moves."""
    notebook, wire = screen.notebook, screen.wire
    opened = seconds(lambda: screen.show("large", LARGE))
    widget = WidgetOnScreen(notebook.widget().root, LARGE)
    preview, encoded = map(
        float, notebook.run("print(len(w._image), w._status['encode_seconds'])").split()
    )
    yield "| 24 megapixels | |"
    yield "|---|---|"
    yield f"| shown and encoded | {opened:.1f} s, {encoded:.1f} s of it the segmenter's |"
    yield f"| preview | {preview / 1e6:.1f} MB |"
    widget.canvas.scroll_into_view_if_needed()
    received = wire.received
    x, y = widget.place(3000, 2000)
    widget.page.mouse.move(x - 1, y)
    widget.page.mouse.move(x, y)
    waited = screen.watch.sharp(widget.canvas.locator("canvas").first, NOTCHES)
    detail = wire.received - received
    yield f"| own pixels after zooming in | {waited:.0f} ms, {detail / 1e6:.2f} MB |\n"
    yield from FRAME_HEAD
    screen.show("large and fifty", LARGE)
    yield from frame_rows(screen, "24 megapixels, 50 objects")
    yield ""


def seconds(act: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
