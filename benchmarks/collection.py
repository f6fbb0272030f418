"""Measures what a list of images costs: opening 1,000 of them, and moving on from one to another.

Usage:
    python -m benchmarks.collection [--model NAME] [--threads 2]

Prints the tables of docs/performance.md about many images.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

import dynamite_widget as dw
from benchmarks.latency import machine
from dynamite_widget import samples
from dynamite_widget.collection import Collection
from tests.browser.chromium import QUIET, find_chromium
from tests.screen.host import Host

LISTED = 1000
MOVES = {(1024, 768): 20, (6000, 4000): 5}
"""How often photographs of some size are moved between."""
AWAY = 3
"""So far a jump goes that nothing was made ready for."""

# Notes when a key was pressed, when the kernel's photograph came, and when the frame was painted
# after which the middle of the canvas has a colour: each photograph has a square of its own there.
WATCH = """() => {
  const canvas = document.querySelector(".dw-canvas canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const after = new MessageChannel();
  let pressed = null, came = null, wanted = null;
  window.expect = (color) => { wanted = color; pressed = came = window.painted = null; };
  const receive = window.model.receive.bind(window.model);
  window.model.receive = (state) => {
    if (state._image) came = performance.now();
    receive(state);
  };
  window.addEventListener("keydown", (event) => { pressed = event.timeStamp; }, { capture: true });
  after.port1.onmessage = () => {
    if (pressed === null || window.painted !== null) return;
    const middle = [canvas.width / 2, canvas.height / 2].map(Math.floor);
    const seen = context.getImageData(...middle, 1, 1).data;
    const same = wanted.every((part, i) => Math.abs(part - seen[i]) < 6);
    const now = performance.now();
    if (same) window.painted = [now - came, now - pressed];
  };
  const frame = () => { after.port2.postMessage(null); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""

Color = tuple[int, int, int]
Press = Callable[[int], None]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="dynamite-lite")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the network")
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    print(f"{machine()}, {given.threads} threads, torch {torch.__version__}; {given.model}\n")
    segmenter = dw.Segmenter.load(given.model, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        for row in opening_table(segmenter, Path(folder)):
            print(row, flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        print("\n| moving on | way | p50 | p95 | wanted, p95 |\n|---|---|---|---|---|")
        for size, moves in MOVES.items():
            page = browser.new_page(viewport={"width": 1000, "height": 700})
            with tempfile.TemporaryDirectory() as folder:
                for row in moving_rows(page, segmenter, Path(folder), size, moves):
                    print(row, flush=True)
            page.close()
        browser.close()


def opening_table(segmenter: dw.Segmenter, folder: Path) -> Iterator[str]:
    """What it takes to open a long list, without and with its first image on the screen."""
    first = folder / "0000.jpg"
    save_photograph(first, (1024, 768), 0)
    paths = [first, *(folder / f"{number:04}.jpg" for number in range(1, LISTED))]
    for path in paths[1:]:
        os.link(first, path)
    yield f"| opening {LISTED} images | time | image files opened | bytes read |"
    yield "|---|---|---|---|"
    labels = folder / "labels"
    files = ImageFilesOpened(folder)
    began, read = time.perf_counter(), bytes_read()
    collection = Collection(paths, segmenter, path=labels)
    yield f"| as a list | {row_end(began, read, files)}"
    began, read = time.perf_counter(), bytes_read()
    with closing(dw.SegmentationWidget(images=collection)):
        yield f"| and shown, at the first one | {row_end(began, read, files)}"
        collection.wait()


def row_end(began: float, read: int, files: ImageFilesOpened) -> str:
    """Cells of what was spent since then; files are counted anew from here on."""
    spent = 1000 * (time.perf_counter() - began)
    return f"{spent:.0f} ms | {files.taken()} | {(bytes_read() - read) / 1e6:.2f} MB |"


class ImageFilesOpened:
    """Counts the files that this process opens in a folder from now on.

    Args:
        folder: files in folders inside it are not counted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._count = 0
        sys.addaudithook(self._hear)

    def taken(self) -> int:
        """Return how many there were, and begin anew."""
        count, self._count = self._count, 0
        return count

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(given[0], str):
            self._count += os.path.dirname(given[0]) == self._folder


def bytes_read() -> int:
    """Return how much this process has read from files so far, as Linux counts it."""
    counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counted["rchar"])


def moving_rows(
    page: Page, segmenter: dw.Segmenter, folder: Path, size: tuple[int, int], moves: int
) -> Iterator[str]:
    """How long the next image takes that was made ready, and one that was not."""
    paths = [folder / f"{number:04}.jpg" for number in range(moves + 1)]
    colors = [save_photograph(path, size, number) for number, path in enumerate(paths)]
    with closing(
        dw.SegmentationWidget(images=paths, segmenter=segmenter, path=folder / "labels")
    ) as widget:
        moving = Moving(Host(page, widget), colors)
        named = f"{size[0]} × {size[1]}"
        ahead = [moving.to(place, moving.press_next, ready=True) for place in range(1, moves + 1)]
        yield from rows(f"{named}, made ready", ahead, "100 ms")
        far = [AWAY * step % len(paths) for step in range(moves)]
        jumps = [moving.to(place, moving.type_number, ready=False) for place in far]
        yield from rows(f"{named}, a jump elsewhere", jumps, "")


def rows(name: str, times: Sequence[Times], wanted: str) -> Iterator[str]:
    """One row for each part of the way."""
    kernel, page, all_told = map(np.array, zip(*times, strict=True))
    parts = [("heard, to new traits", kernel, ""), ("traits, to painted", page, "")]
    both = [("both", kernel + page, wanted), ("and this test page's wire", all_told, "")]
    for until, spent, most in parts + both:
        p50, p95 = np.percentile(spent, [50, 95])
        yield f"| {name} | {until} | {p50:.0f} ms | {p95:.0f} ms | {most} |"


class Times(NamedTuple):
    """Milliseconds that a move took.

    Attributes:
        kernel: from hearing of it until all was told.
        page: from there until the photograph was painted.
        all: from pressing the key until then, with the way through the test page's wire, which is
            of text and far slower than a notebook's.
    """

    kernel: float
    page: float
    all: float


class Moving:
    """Moves from image to image on a page, and takes the time.

    Args:
        host: the page and its wire.
        colors: of the squares in the photographs' middle.
    """

    def __init__(self, host: Host, colors: Sequence[Color]) -> None:
        self._host = host
        self._colors = colors
        self._began = self._told = 0.0
        self._place = 0
        host.page.evaluate(WATCH)
        host.widget.observe(self._hear, "_image_info")

    def to(self, place: int, press: Press, *, ready: bool) -> Times:
        """Label the image at hand, move, and say how long that took."""
        host, page = self._host, self._host.page
        host.click(40, 40)
        collection = host.widget.collection
        assert collection is not None
        collection.wait()
        host.settle()
        assert (place in collection.in_memory) == ready
        page.evaluate("(color) => window.expect(color)", self._colors[place])
        self._place = place
        press(place)
        self._began = time.perf_counter()
        while (painted := page.evaluate("() => window.painted")) is None:
            host.pull()
            host.push()
        host.settle()
        return Times(self._told, *painted)

    def press_next(self, place: int) -> None:
        """Press the key for the next image."""
        self._host.canvas.focus()
        self._host.page.keyboard.press("PageDown")

    def type_number(self, place: int) -> None:
        """Type the image's number."""
        number = self._host.root.locator(".dw-image-number")
        number.fill(str(place + 1))
        number.press("Enter")

    def _hear(self, change: dict[str, Any]) -> None:
        if change["new"]["place"] == self._place:
            self._told = 1000 * (time.perf_counter() - self._began)


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
