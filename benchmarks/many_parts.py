"""Measures what a YOLO export of one object in very many parts costs.

Usage:
    python -m benchmarks.many_parts [--parts 400 1600 3600]

YOLO has one ring for an object, so all parts are joined. Prints processor time.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.latency import machine
from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.yolo import to_yolo
from dynamite_widget.masks import Mask


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--parts", type=int, nargs="+", default=[400, 1600, 3600])
    given = parser.parse_args()
    to_yolo(scattered(4))  # what is imported when it is first needed
    print(f"{machine()}\n\n| parts | processor time |\n|---|---|")
    for parts in given.parts:
        object_in_parts = scattered(parts)
        start = time.process_time()
        to_yolo(object_in_parts)
        print(f"| {parts} | {time.process_time() - start:.2f} s |", flush=True)


def scattered(parts: int) -> Annotations:
    """An object of so many squares of 4 pixels, at random in a grid twice as wide as they need."""
    side = int(np.ceil((2 * parts) ** 0.5))
    there = np.zeros(side * side, bool)
    there[np.random.default_rng(0).permutation(side * side)[:parts]] = True
    pixels = np.zeros((4 * side, 4 * side), bool)
    for dy, dx in np.ndindex(2, 2):
        pixels[dy::4, dx::4] = there.reshape(side, side)
    return Annotations(pixels.shape, (Annotation(Mask.from_array(pixels), 1, "thing"),))


if __name__ == "__main__":
    main()
