"""Segmenters that need no network, so that benchmarks run in no time and give known numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation import Scene


class NearestWithin:
    """Every pixel has the label of its nearest click, if that is near; the earlier one wins ties.

    The stand-in with which the recorded traces were made has a reach of 18 pixels.
    """

    def __init__(self, reach: float = 18) -> None:
        self.reach = reach
        self.encoded = 0

    def encode(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        self.encoded += 1
        return image.shape[0], image.shape[1]

    def segment(self, features: tuple[int, int], clicks: Sequence[Click]) -> NDArray[np.uint16]:
        rows, columns = np.ogrid[: features[0], : features[1]]
        away = np.stack([(rows - c.y) ** 2 + (columns - c.x) ** 2 for c in clicks])
        labels = np.array([click.object_id for click in clicks], np.uint16)[away.argmin(axis=0)]
        return np.where(away.min(axis=0) <= self.reach**2, labels, 0).astype(np.uint16)


class Scripted:
    """Answers what a function makes of the size of the image and the clicks."""

    def __init__(self, reply: Callable[[tuple[int, int], Sequence[Click]], NDArray]) -> None:
        self.reply = reply
        self.asked: list[tuple[Click, ...]] = []

    def encode(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        return image.shape[0], image.shape[1]

    def segment(self, features: tuple[int, int], clicks: Sequence[Click]) -> NDArray:
        self.asked.append(tuple(clicks))
        return self.reply(features, clicks)


def never_finds_anything() -> Scripted:
    return Scripted(lambda size, clicks: np.zeros(size, np.uint16))


def scene(*masks: NDArray[np.bool_], name: str = "scene", **more: NDArray[np.bool_]) -> Scene:
    """A scene on a grey image."""
    planes = np.stack(masks)
    return Scene(name, np.full((*planes.shape[1:], 3), 128, np.uint8), planes, **more)


def rectangle(
    top: int, left: int, height: int, width: int, size: tuple[int, int] = (40, 60)
) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    mask[top : top + height, left : left + width] = True
    return mask


class Stumbling(NearestWithin):
    """Is interrupted at the image with this number, counted over all that are encoded."""

    at: int | None = None
    count = 0

    def __init__(self) -> None:
        super().__init__(8)

    def encode(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        Stumbling.count += 1
        if Stumbling.count == Stumbling.at:
            raise KeyboardInterrupt
        return super().encode(image)


class Slow(NearestWithin):
    """Takes its time over every image."""

    def __init__(self) -> None:
        super().__init__(8)

    def encode(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        time.sleep(0.3)
        return super().encode(image)


def write_label_folder(root: Path, n_images: int = 5) -> Path:
    """A small data set on disk, with two to four objects an image."""
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    for k in range(n_images):
        labels = np.zeros((40, 60), np.uint8)
        for number in range(2 + k % 3):
            labels[rectangle(2 + k, 2 + 14 * number, 20 + 3 * number, 12)] = number + 1
        Image.fromarray(labels).save(root / "masks" / f"{k}.png")
        Image.new("RGB", (60, 40), (30 * k, 90, 120)).save(root / "images" / f"{k}.jpg")
    return root
