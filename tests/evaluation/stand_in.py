"""Segmenters that need no network, so that benchmarks run in no time and give known numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

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
