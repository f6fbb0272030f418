"""Measures what a list of images costs: opening 1,000 of them, and moving on from one to another.

Usage:
    python -m benchmarks.collection [--model NAME] [--threads 2]

Prints the tables of docs/performance.md about many images. Opening is measured in this process,
moving in a real JupyterLab page, from the press of the key to the frame with the photograph.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import torch
from PIL import Image, ImageDraw

import dynamite_widget as dw
from benchmarks.lab_page import lab_page
from benchmarks.latency import machine
from dynamite_widget import samples
from dynamite_widget.collection import Collection
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

LISTED = 1000
MOVES = {(1024, 768): 12, (6000, 4000): 5}
"""How often photographs of some size are moved between."""
JUMPS = 4
QUIET_MS = 400
"""Questions to the page take its time, so it is left alone for so long between two of them."""
AWAY = 3
"""So far a jump goes that nothing was made ready for."""

# When messages were heard and everything had been told, by the clock that the page reads, too.
# "Kept" makes the next image ready in the kernel alone, to show what sending it ahead saves.
SET_UP = """
import time
import torch
torch.set_num_threads({threads})
import dynamite_widget as dw

noted = []

class Ahead(dw.SegmentationWidget):
    def _on_message(self, *message):
        began = time.time()
        super()._on_message(*message)
        if message[1]["command"] in ("next_image", "go_to_image"):
            noted.append([1000 * began, 1000 * time.time()])

class Kept(Ahead):
    def _send_ahead(self, data):
        pass

segmenter = dw.Segmenter.load("{model}", device="cpu")
"""
SHOW = """
import pathlib
paths = sorted(pathlib.Path("{folder}").glob("*.jpg"))
w = {kind}(images=paths, segmenter=segmenter)
w
"""

# Notes when a key was pressed, and when the frame was painted after which the middle of the canvas
# has a colour: each photograph has a square of its own there.
WATCH = """(canvas) => {
  const context = canvas.getContext("2d");
  const after = new MessageChannel();
  let pressed = null, wanted = null;
  window.painted = null;
  window.expectColor = (color) => { wanted = color; pressed = window.painted = null; };
  window.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, { capture: true });
  after.port1.onmessage = () => {
    if (pressed === null || window.painted !== null) return;
    const now = performance.now();
    const middle = [canvas.width / 2, canvas.height / 2].map(Math.floor);
    const seen = context.getImageData(...middle, 1, 1).data;
    const same = wanted.every((part, i) => Math.abs(part - seen[i]) < 6);
    if (same) window.painted = [pressed, now].map((at) => performance.timeOrigin + at);
  };
  const frame = () => {
    if (pressed !== null && window.painted === null) after.port2.postMessage(null);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""

Color = tuple[int, int, int]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="dynamite-lite")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the network")
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    print(f"{machine()}, {given.threads} threads, torch {torch.__version__}; {given.model}")
    print(f"load {os.getloadavg()[0]:.1f}\n")
    segmenter = dw.Segmenter.load(given.model, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        for row in opening_table(segmenter, Path(folder)):
            print(row, flush=True)
    for row in moving_table(given.model, given.threads):
        print(row, flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f}")


def opening_table(segmenter: dw.Segmenter, folder: Path) -> Iterator[str]:
    """What it takes to open a long list, without and with its first image on the screen."""
    first = folder / "0000.jpg"
    save_photograph(first, (1024, 768), 0)
    paths = [first, *(folder / f"{number:04}.jpg" for number in range(1, LISTED))]
    for path in paths[1:]:
        os.link(first, path)
    yield f"| opening {LISTED} images | time | image files opened | bytes read | memory |"
    yield "|---|---|---|---|---|"
    labels = folder / "labels"
    spent = Spent(folder)
    collection = Collection(paths, segmenter, path=labels)
    yield f"| as a list | {spent.row_end()} |"
    with closing(dw.SegmentationWidget(images=collection)):
        yield f"| and shown, at the first one | {spent.row_end()} |"
        collection.wait()
        collection.session.encode()
        yield f"| and both it and the next one encoded | {spent.row_end()} |"


class Spent:
    """Counts time, image files opened, bytes read and memory taken from now on.

    Args:
        folder: of images; files in folders inside it are not counted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._opened = 0
        sys.addaudithook(self._hear)
        self._before = self._now()

    def row_end(self) -> str:
        """Cells of what was spent since the last time."""
        now, before = self._now(), self._before
        seconds, opened, read, resident = np.subtract(now, before)
        self._before = self._now()
        return (
            f"{1000 * seconds:.0f} ms | {opened:.0f} | {read / 1e6:.2f} MB | "
            f"{max(resident, 0) / 1e6:.1f} MB"
        )

    def _now(self) -> tuple[float, int, int, int]:
        """Seconds, files, bytes read from files and bytes resident, as Linux counts them."""
        counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        resident = pages * os.sysconf("SC_PAGE_SIZE")
        return time.perf_counter(), self._opened, int(counted["rchar"]), resident

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(given[0], str):
            self._opened += os.path.dirname(given[0]) == self._folder


def moving_table(model: str, threads: int) -> Iterator[str]:
    """How long the next image takes that was sent ahead or made ready, and one that was not."""
    with lab_page() as lab:
        set_up = SET_UP.format(model=model, threads=threads)
        notebook = NotebookPage.open(lab.page, lab.server, cells=(set_up, "w"), path=None)
        notebook.run_cell(0)
        yield "\n| moving on | from the press of the key | fastest | p50 | p95 | wanted, p95 |"
        yield "|---|---|---|---|---|---|"
        for size, moves in MOVES.items():
            folder = lab.home / f"{size[0]}"
            folder.mkdir()
            colors = [
                save_photograph(folder / f"{number:02}.jpg", size, number)
                for number in range(moves + 1)
            ]
            yield from moving_rows(notebook, folder, size, colors)


def moving_rows(
    notebook: NotebookPage, folder: Path, size: tuple[int, int], colors: Sequence[Color]
) -> Iterator[str]:
    """Moves through photographs of one size."""
    named = f"{size[0]} × {size[1]}"
    moving = Moving(notebook, "Ahead", folder, size, colors)
    places = range(1, len(colors))
    yield from rows(f"{named}, sent ahead", map(moving.next, places), "100 ms")
    jumps = [AWAY * step % len(colors) for step in range(JUMPS)]
    yield from rows(f"{named}, a jump elsewhere", map(moving.jump, jumps), "")
    moving = Moving(notebook, "Kept", folder, size, colors)
    yield from rows(f"{named}, encoded, but not sent ahead", map(moving.next, places), "")


def rows(name: str, moves: Iterator[Times], wanted: str) -> Iterator[str]:
    """One row for each part of the way."""
    heard, told, painted, processor = zip(*moves, strict=True)
    parts = [
        ("to the painted photograph", painted, wanted),
        ("processor time until then, of all processes", processor, ""),
        ("to the kernel's hearing of it", heard, ""),
        ("to all new traits on their way", told, ""),
    ]
    for part, spent, most in parts:
        fastest, p50, p95 = np.percentile(spent, [0, 50, 95])
        yield f"| {name} | {part} | {fastest:.0f} ms | {p50:.0f} ms | {p95:.0f} ms | {most} |"


class Times(NamedTuple):
    """Milliseconds from the press of the key.

    Attributes:
        heard: until the kernel began to act on it.
        told: until it had sent everything.
        painted: until the frame with the photograph was painted; before the others if screens held
            it already.
        processor: of browser, server and kernel until that was seen; less than `painted` where they
            had to wait for a processor, more where they had several.
    """

    heard: float
    told: float
    painted: float
    processor: float


class Moving:
    """Moves from image to image in a notebook, and takes the time.

    Args:
        notebook: with two cells.
        kind: of widget, as `SET_UP` has them.
        folder: of the photographs.
        size: (W, H) of each.
        colors: of the squares in their middle.
    """

    def __init__(
        self,
        notebook: NotebookPage,
        kind: str,
        folder: Path,
        size: tuple[int, int],
        colors: Sequence[Color],
    ) -> None:
        self._notebook = notebook
        self._colors = colors
        notebook.write_cell(1, SHOW.format(folder=folder, kind=kind))
        notebook.run_cell(1)
        self._widget = WidgetOnScreen(notebook.widget().root, size)
        self._widget.wait_until_it_shows_the_photograph()
        self._widget.canvas.scroll_into_view_if_needed()
        self._widget.canvas.locator("canvas").first.evaluate(WATCH)

    def next(self, place: int) -> Times:
        """Label the image at hand, and go to the next one."""
        return self._move(place, lambda: self._widget.canvas.press("PageDown"))

    def jump(self, place: int) -> Times:
        """Label the image at hand, and go to one by its number."""
        number = self._widget.root.locator(".dw-image-number")

        def press() -> None:
            number.fill(str(place + 1))
            number.press("Enter")

        return self._move(place, press)

    def _move(self, place: int, press: Callable[[], None]) -> Times:
        widget, notebook = self._widget, self._notebook
        width, height = widget.size
        widget.click(width / 8, height / 8)
        notebook.run("w.collection.wait(); noted.clear()")
        widget.canvas.focus()
        notebook.page.evaluate("(color) => window.expectColor(color)", self._colors[place])
        notebook.page.wait_for_timeout(300)  # what was sent ahead is decoded, as a person's is
        before = processor_time()
        press()
        notebook.page.wait_for_timeout(QUIET_MS)
        while (seen := notebook.page.evaluate("() => window.painted")) is None:
            notebook.page.wait_for_timeout(QUIET_MS)
        spent = processor_time() - before
        pressed, painted = seen
        heard, told = json.loads(notebook.run("print(noted[-1])"))
        return Times(heard - pressed, told - pressed, painted - pressed, spent)


def processor_time() -> float:
    """Milliseconds of processor time that all processes begun by this one have taken so far."""
    spent = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            times = process.cpu_times()
            spent += 1000 * (times.user + times.system)
    return spent


def save_photograph(path: Path, size: tuple[int, int], number: int) -> Color:
    """Save a photograph unlike those of other numbers; return the colour in its middle."""
    width, height = size
    image = Image.open(samples.path("coffee.jpg")).convert("RGB").resize(size)
    color = (60 + 97 * number % 180, 60 + 61 * number % 180, 60 + 31 * number % 180)
    corners = (0.4 * width, 0.4 * height, 0.6 * width, 0.6 * height)
    ImageDraw.Draw(image).rectangle(corners, fill=color)
    image.save(path, quality=92)
    return color


if __name__ == "__main__":
    main()
