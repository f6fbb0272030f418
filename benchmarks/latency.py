"""Measures what a person waits for: encoding a photograph, one more click, and its paint.

Usage:
    python -m benchmarks.latency [--model NAME] [--device cpu] [--threads 2] [--repeats 7]
                                 [--browser] [--held 80] [--data DATA] [--anew]

Prints the tables of docs/performance.md. DATA is a folder as `dynamite-widget evaluate` takes it:
its photographs, with one click in the middle of each object, take the place of clicks anywhere.
Every click that is timed is a new one, as a person's is: what a library prepares for shapes that it
has seen would flatter an answer to the same clicks. It goes on from the answer before, as in a
session; with `--anew` every answer starts anew.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import dynamite_widget as dw
from benchmarks.refining import middle
from dynamite_widget import samples
from dynamite_widget.evaluation import Scene
from dynamite_widget.evaluation.readers import open_scenes
from dynamite_widget.features import Features
from dynamite_widget.segmenting import Answered, go_on

SIZES = ((640, 480), (1024, 768), (2048, 1536), (6000, 4000))
OBJECTS = (1, 5, 20, 50)
MOST_PHOTOGRAPHS = 100
UNTIMED = 5
"""So many clicks come first, as a person at work has made some."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="dynamite-lite")
    parser.add_argument("--device", default="cpu", help="of the network; --browser takes cpu")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the network")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--browser", action="store_true", help="measure the screen in JupyterLab instead"
    )
    parser.add_argument(
        "--held", type=float, default=80, help="milliseconds a hand holds the button, on the screen"
    )
    parser.add_argument("--data", help="measure clicks on true objects of these photographs")
    parser.add_argument("--anew", action="store_true", help="tell nothing of the answer before")
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    print(f"{machine()}, {given.threads} threads, torch {torch.__version__}; {given.model}\n")
    if given.browser:
        from benchmarks.paint import paint_tables

        print()
        for row in paint_tables(given.model, given.threads, given.held):
            print(row, flush=True)
        return
    segmenter = dw.Segmenter.load(given.model, device=given.device)
    table = (
        true_objects_table(segmenter, given.data, given.repeats, given.anew)
        if given.data
        else kernel_table(segmenter, given.repeats, given.anew)
    )
    for row in table:
        print(row, flush=True)


def kernel_table(segmenter: dw.Segmenter, repeats: int, anew: bool) -> Iterator[str]:
    """Encode time, bytes kept and time of one more click, as rows of a Markdown table."""
    columns = " | ".join(f"click, {n} object{'s' * (n > 1)}" for n in OBJECTS)
    yield f"| image | encode | kept | {columns} |"
    yield "|---" * (3 + len(OBJECTS)) + "|"
    for width, height in SIZES:
        photograph = np.array(Image.open(samples.path("coffee.jpg")).resize((width, height)))
        encoding = milliseconds(partial(encode_anew, segmenter, photograph), repeats)
        features = segmenter.encode(photograph)
        clicking = [
            one_more_click(segmenter, features, scattered_clicks(n, width, height), repeats, anew)
            for n in OBJECTS
        ]
        cells = " | ".join(f"{spent:.0f} ms" for spent in clicking)
        kept = f"{features.nbytes / 1e6:.1f} MB"
        yield f"| {width} × {height} | {encoding:.0f} ms | {kept} | {cells} |"


def true_objects_table(
    segmenter: dw.Segmenter, data: str, repeats: int, anew: bool
) -> Iterator[str]:
    """Time of one more click where each object is one: photographs at 1024 x 768, as rows."""
    scenes = open_scenes(data).evenly(MOST_PHOTOGRAPHS)
    yield f"| {Path(data).name}, 1024 × 768 | photographs | click, p50 | slowest |"
    yield "|---" * 4 + "|"
    for n in (5, 10, 20):
        spent = [
            one_more_click(segmenter, *middles(segmenter, scene, n), repeats, anew)
            for scene in [scene for scene in scenes if len(scene.masks) >= n][:12]
        ]
        if spent:
            p50, slowest = statistics.median(spent), max(spent)
            yield f"| {n} objects | {len(spent)} | {p50:.0f} ms | {slowest:.0f} ms |"


def middles(segmenter: dw.Segmenter, scene: Scene, count: int) -> tuple[Features, list[dw.Click]]:
    """Features of a photograph at 1024 x 768, and a click in the middle of some objects."""
    width, height = 1024, 768
    rows, columns = scene.image.shape[:2]
    photograph = np.array(Image.fromarray(scene.image).resize((width, height)))
    clicks = [middle(mask, k) for k, mask in enumerate(scene.masks[:count], start=1)]
    moved = [replace(c, x=c.x * width / columns, y=c.y * height / rows) for c in clicks]
    return segmenter.encode(photograph), moved


def encode_anew(segmenter: dw.Segmenter, photograph: NDArray[np.uint8]) -> None:
    """Encode a photograph as if it were seen for the first time."""
    segmenter.forget(segmenter.encode(photograph))
    if segmenter.device.type == "cuda":
        torch.cuda.synchronize()


def scattered_clicks(n_objects: int, width: int, height: int) -> list[dw.Click]:
    """One click on each object, three more that correct the first ones, one on the background."""
    random = np.random.default_rng(0)
    ids = [*range(1, n_objects + 1), *(1 + k % n_objects for k in range(3)), 0]
    return [
        dw.Click(x=x, y=y, object_id=k)
        for k, x, y in zip(
            ids,
            random.uniform(0, width, len(ids)),
            random.uniform(0, height, len(ids)),
            strict=True,
        )
    ]


def one_more_click(
    segmenter: dw.Segmenter, features: Features, clicks: list[dw.Click], repeats: int, anew: bool
) -> float:
    """Median time of the answer when one of the clicks is corrected some pixels beside it."""
    random = np.random.default_rng(1)
    first = Answered(segmenter.segment(features, clicks), len(clicks))
    previous = None if anew else first
    height, width = features.size

    def act() -> None:
        near = clicks[random.integers(len(clicks))]
        y, x = random.normal((near.y, near.x), (height / 40, width / 40))
        y, x = np.clip((y, x), 0, (height - 1, width - 1))
        new = replace(near, x=float(x), y=float(y))
        go_on(segmenter, features, [*clicks, new], previous)

    for _ in range(UNTIMED):
        act()
    return milliseconds(act, repeats)


def milliseconds(act: Callable[[], object], repeats: int) -> float:
    """Median time of an act after one that warms up."""
    act()
    spent: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


def machine() -> str:
    """Name the processor as the system does."""
    cpuinfo = Path("/proc/cpuinfo")
    named: list[str] = []
    if cpuinfo.exists():
        named = [
            line.split(":", 1)[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
    return f"{len(named)} × {named[0]}" if named else f"{platform.machine()} {platform.processor()}"


if __name__ == "__main__":
    main()
