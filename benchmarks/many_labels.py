"""Measures what many labelled images cost: a table or a COCO file of all, a mark, a filter.

Usage:
    python -m benchmarks.many_labels [--images 2000] [--objects 5]

Prints processor time. The images are small: what grows with their number is measured.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.latency import machine
from dynamite_widget.collection import Collection
from tests.nearest_click import NearestClick

WIDTH, HEIGHT = 60, 40


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--objects", type=int, default=5, help="of an image")
    given = parser.parse_args()
    print(f"{machine()}; {given.images} images with {given.objects} objects each\n")
    with tempfile.TemporaryDirectory() as folder:
        paths = photographs(Path(folder), given.images)
        label(Collection(paths, NearestClick(), path=Path(folder) / "labels"), given.objects)
        collection = Collection(paths, NearestClick(), path=Path(folder) / "labels")
        collection.wait()
        print("| | processor time |\n|---|---|")
        row("`to_frame`", collection.to_frame)
        row("`to_coco`", collection.to_coco)
        row("a mark, where each image has one", lambda: collection.mark("done", 0))
        collection.show_only("flagged")
        row("what a screen asks of the list, where a filter shows none", lambda: asked(collection))


def photographs(folder: Path, count: int) -> list[Path]:
    """Write so many small pictures of noise."""
    rng = np.random.default_rng(0)
    paths = [folder / f"{number:05d}.png" for number in range(count)]
    for path in paths:
        Image.fromarray(rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)).save(path)
    return paths


def label(collection: Collection, objects: int) -> None:
    """Click so many objects in every image, and mark it."""
    rng = np.random.default_rng(1)
    for place in range(len(collection)):
        collection.go_to(place)
        for x, y in rng.integers((WIDTH, HEIGHT), size=(objects, 2)):
            collection.session.click(x, y, collection.session.add_object("thing"))
        collection.mark("done")
    collection.go_to(0)
    collection.wait()


def asked(collection: Collection) -> tuple[object, ...]:
    """What is told to screens after every click."""
    return collection.counts, collection.has_next, collection.has_previous


def row(name: str, act: Callable[[], object]) -> None:
    """Print how much processor time an act takes, the least of three."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        act()
        taken.append(time.process_time() - start)
    print(f"| {name} | {1000 * min(taken):.1f} ms |", flush=True)


if __name__ == "__main__":
    main()
