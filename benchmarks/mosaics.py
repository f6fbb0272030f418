r"""Makes large photographs with small objects: mosaics of photographs, as sharp as those are.

Usage:
    python -m benchmarks.mosaics DATA OUT [--side 3]

DATA is a folder as `dynamite-widget evaluate` takes it, OUT a new one of the same kind: photographs
of side x side tiles of 640 x 480, and label maps with all objects of at least 60 pixels in a tile.

    dynamite-widget evaluate --data OUT --task noc --out runs/mosaics --device cpu
    dynamite-widget evaluate --data OUT --task noc --out runs/whole --model \
        benchmarks.mosaics:without_close_ups
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

import dynamite_widget as dw
from dynamite_widget.evaluation import Scene
from dynamite_widget.evaluation.readers import open_scenes

TILE = (640, 480)
LEAST = 60
IGNORED = 255


def without_close_ups() -> dw.Segmenter:
    """The embedded model, which looks at whole photographs only."""
    return dw.Segmenter.load("dynamite-lite", close_ups=False)


def main() -> None:
    """Write the mosaics."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=3, help="tiles in a row, and in a column")
    given = parser.parse_args()
    for folder in ("images", "masks"):
        (given.out / folder).mkdir(parents=True)
    scenes = list(open_scenes(given.data))
    count = given.side**2
    for first in range(0, len(scenes) - count + 1, count):
        image, labels = mosaic(scenes[first : first + count], given.side)
        name = f"{first:06d}"
        Image.fromarray(image).save(given.out / "images" / f"{name}.jpg", quality=95)
        Image.fromarray(labels).save(given.out / "masks" / f"{name}.png")


def mosaic(scenes: Sequence[Scene], side: int) -> tuple[np.ndarray, np.ndarray]:
    """Lay photographs beside each other.

    Returns:
        (H, W, 3) uint8 and (H, W) uint8: 0 background, 1..N objects, 255 ignored.
    """
    width, height = TILE
    image = np.zeros((side * height, side * width, 3), np.uint8)
    labels = np.zeros((side * height, side * width), np.uint8)
    number = 0
    for k, scene in enumerate(scenes):
        top, left = (height * (k // side), width * (k % side))
        place = np.s_[top : top + height, left : left + width]
        image[place] = np.asarray(Image.fromarray(scene.image).resize(TILE))
        if scene.ignore is not None:
            labels[place][_at_tile_size(scene.ignore)] = IGNORED
        for mask in map(_at_tile_size, scene.masks):
            if mask.sum() >= LEAST:
                number += 1
                labels[place][mask] = number
    return image, labels


def _at_tile_size(mask: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(mask).resize(TILE, Image.Resampling.NEAREST), bool)


if __name__ == "__main__":
    main()
