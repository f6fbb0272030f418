"""A picture with two masks from elsewhere, a car's and a tree's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 60, 90
IMAGE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def box(x: int, y: int, width: int, height: int) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y : y + height, x : x + width] = True
    return mask


CAR, TREE = box(10, 10, 20, 20), box(50, 30, 25, 15)


def away_from(x: int, y: int, reach: float = 20) -> NDArray[np.bool_]:
    """Pixels that a click at (x, y) cannot move, with a segmenter that does not look far."""
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    far: NDArray[np.bool_] = np.hypot(columns - x, rows - y) > reach
    return far
