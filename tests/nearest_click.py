"""A segmenter without a network: every pixel near a click belongs to the nearest one."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click


class NearestClick:
    """Deterministic and quick; remembers what it was asked.

    Attributes:
        reach: pixels farther from every click are background.
        encoded: how many images it has encoded.
        asked: the clicks of every question, in order.
        fails: raise instead of answering.
        gate: answers wait for it; open unless a test closes it.
    """

    def __init__(self, reach: float = 6) -> None:
        self.reach = reach
        self.encoded = 0
        self.asked: list[tuple[Click, ...]] = []
        self.fails: Exception | None = None
        self.gate = Event()
        self.gate.set()

    def encode(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        self.encoded += 1
        return image.shape[0], image.shape[1]

    def segment(self, features: tuple[int, int], clicks: Sequence[Click]) -> NDArray[np.uint16]:
        self.asked.append(tuple(clicks))
        self.gate.wait(timeout=30)
        if self.fails is not None:
            raise self.fails
        rows, columns = np.ogrid[: features[0], : features[1]]
        away = np.stack([(columns - int(c.x)) ** 2 + (rows - int(c.y)) ** 2 for c in clicks])
        owners = np.array([click.object_id for click in clicks], np.uint16)
        latest = len(clicks) - 1 - away[::-1].argmin(axis=0)
        return np.where(away.min(axis=0) <= self.reach**2, owners[latest], 0).astype(np.uint16)
