"""The picture that the stories of sessions are about, and shapes in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 40, 60
IMAGE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


def disc(x: int, y: int, radius: int = 6) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
