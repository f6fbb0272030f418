"""How large objects are and where: boxes and areas, for all objects of a label map at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dynamite_widget.run_lengths import Runs


class Box(NamedTuple):
    """A box of whole pixels, as COCO writes one.

    Attributes:
        x: left-most column.
        y: top-most row.
        width: columns.
        height: rows.
    """

    x: int
    y: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        """Tell whether the pixel (x, y) lies in the box."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def with_(self, other: Box) -> Box:
        """The smallest box around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(x, y, right - x, bottom - y)

    def moved_around(self, x: int, y: int) -> Box:
        """A box of the same size with the pixel (x, y) in its middle."""
        return self._replace(x=x - self.width // 2, y=y - self.height // 2)


NO_BOX = Box(0, 0, 0, 0)
"""The box of an empty mask."""


class Extent(NamedTuple):
    """How large an object is and where.

    Attributes:
        area: number of pixels.
        box: smallest box around them.
    """

    area: int
    box: Box


NOTHING = Extent(0, NO_BOX)
"""The extent of an object without pixels."""


def measure(runs: Runs) -> dict[int, Extent]:
    """Return area and box of every object that has pixels, by id; the background is none.

    Args:
        runs: of a label map.
    """
    _, width = runs.size
    objects = runs.labels > 0
    starts, lengths, labels = (
        part[objects] for part in (runs.starts.astype(np.int64), runs.lengths, runs.labels)
    )
    ends = starts + lengths - 1
    top, bottom = starts // width, ends // width
    one_row = top == bottom  # a run over the end of a row reaches both edges
    left, right = np.where(one_row, starts % width, 0), np.where(one_row, ends % width, width - 1)
    ids, group = np.unique(labels, return_inverse=True)
    areas = np.bincount(group, lengths)
    low = np.full((2, len(ids)), np.iinfo(np.int64).max)
    high = np.zeros((2, len(ids)), np.int64)
    for axis, (lowest, highest) in enumerate([(left, right), (top, bottom)]):
        np.minimum.at(low[axis], group, lowest)
        np.maximum.at(high[axis], group, highest)
    boxes = zip(*low.tolist(), *(high - low + 1).tolist(), strict=True)
    return {
        object_id: Extent(int(area), Box(*box))
        for object_id, area, box in zip(ids.tolist(), areas, boxes, strict=True)
    }
