"""`Region`: pixels a hand drew, kept as a box and its bits; brush, polygon and box make them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

FAR = 10
"""The rasteriser walks along every edge of a polygon, however much of it lies outside."""

Points = Sequence[tuple[float, float]]
"""(x, y) pairs in pixel coordinates."""


@dataclass(frozen=True, slots=True)
class Region:
    """A set of pixels inside a box of the image.

    Attributes:
        x: left-most column of the box.
        y: top-most row of the box.
        width: columns of the box; 0 for a region without pixels.
        height: rows of the box; 0 for a region without pixels.
        bits: the box row by row, one bit a pixel, most significant first, as numpy's packbits.
    """

    x: int
    y: int
    width: int
    height: int
    bits: bytes

    @classmethod
    def from_array(cls, pixels: NDArray[np.bool_], x: int = 0, y: int = 0) -> Region:
        """Keep the True pixels of (h, w) `pixels`, whose top-left pixel lies at (x, y)."""
        rows = np.flatnonzero(pixels.any(axis=1))
        columns = np.flatnonzero(pixels.any(axis=0))
        if rows.size == 0:
            return cls(0, 0, 0, 0, b"")
        top, left = int(rows[0]), int(columns[0])
        tight = pixels[top : rows[-1] + 1, left : columns[-1] + 1]
        height, width = tight.shape
        return cls(x + left, y + top, width, height, np.packbits(tight).tobytes())

    @classmethod
    def brush(cls, path: Points, radius: float, *, size: tuple[int, int]) -> Region:
        """Draw along a path with a round brush.

        Args:
            path: at least one (x, y); a single one is a dot.
            radius: in pixels; the brush holds every pixel whose centre is at most so far away, and
                always the pixels under the path's own points.
            size: (H, W) of the image.

        Raises:
            ValueError: if the path is empty or not made of points, the radius is negative, or a
                number is not finite or farther away than `FAR` times the image's longer side.
        """
        points = _checked_points(path, size, least=1, what="a brush stroke")
        if not (np.isfinite(radius) and radius >= 0):
            raise ValueError(f"a brush radius is a finite number from 0 up, not {radius}")
        x, y, grid_x, grid_y = _grid(points, max(radius, 1), size)
        pixels = np.zeros((grid_y.size, grid_x.size), bool)
        ends = points[1:] if len(points) > 1 else points
        for start, end in zip(points, ends, strict=False):
            columns = _reached(grid_x, start[0], end[0], radius)
            rows = _reached(grid_y, start[1], end[1], radius)
            near = _distance(grid_x[None, columns], grid_y[rows, None], start, end) <= radius
            pixels[rows, columns] |= near
        touched = np.floor(points).astype(int) - (x, y)
        inside = ((touched >= 0) & (touched < pixels.shape[::-1])).all(axis=1)
        pixels[touched[inside, 1], touched[inside, 0]] = True
        return cls.from_array(pixels, x, y)

    @classmethod
    def polygon(cls, points: Points, *, size: tuple[int, int]) -> Region:
        """Fill a polygon or a lasso, as COCO fills one; it closes itself.

        Args:
            points: at least three (x, y), not absurdly far from the image.
            size: (H, W) of the image; what lies outside is left out.

        Raises:
            ValueError: if there are fewer than three points, or one is no point, not finite or
                farther away than `FAR` times the image's longer side.
        """
        corners = _checked_points(points, size, least=3, what="a polygon")
        x, y, grid_x, grid_y = _grid(corners, 1, size)
        if not (grid_x.size and grid_y.size):
            return cls(0, 0, 0, 0, b"")
        shifted = (corners - (x, y)).ravel().tolist()
        rle = coco_mask.frPyObjects([shifted], grid_y.size, grid_x.size)
        return cls.from_array(coco_mask.decode(rle)[:, :, 0].astype(bool), x, y)

    @classmethod
    def box(
        cls, x: float, y: float, width: float, height: float, *, size: tuple[int, int]
    ) -> Region:
        """Hold every pixel whose centre lies in a box; what lies outside the image is left out."""
        left, right = (min(max(round(edge), 0), size[1]) for edge in (x, x + width))
        top, bottom = (min(max(round(edge), 0), size[0]) for edge in (y, y + height))
        return cls.from_array(
            np.ones((max(bottom - top, 0), max(right - left, 0)), bool), left, top
        )

    @classmethod
    def pixel(cls, x: int, y: int) -> Region:
        """Hold one pixel."""
        return cls.from_array(np.ones((1, 1), bool), x, y)

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(np.count_nonzero(self.pixels))

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) of the box, to index an image-sized array."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    @property
    def pixels(self) -> NDArray[np.bool_]:
        """(height, width) bool, unpacked anew each time: regions are kept by the thousand."""
        count = self.width * self.height
        bits = np.unpackbits(np.frombuffer(self.bits, np.uint8), count=count)
        return bits.view(bool).reshape(self.height, self.width)

    def to_array(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Write it into an image of (H, W), bool."""
        written = np.zeros(size, bool)
        written[self.slices] = self.pixels
        return written

    def __contains__(self, point: tuple[int, int]) -> bool:
        """Tell whether the pixel (x, y) belongs to the region."""
        column, row = point[0] - self.x, point[1] - self.y
        if not (0 <= column < self.width and 0 <= row < self.height):
            return False
        place = row * self.width + column
        return bool(self.bits[place // 8] >> (7 - place % 8) & 1)

    def without(self, others: Iterable[Region]) -> Region:
        """Return what is left when the pixels of other regions are taken away."""
        left = self.pixels
        for other in others:
            top, bottom = max(self.y, other.y), min(self.y + self.height, other.y + other.height)
            start, end = max(self.x, other.x), min(self.x + self.width, other.x + other.width)
            if top < bottom and start < end:
                mine = np.s_[top - self.y : bottom - self.y, start - self.x : end - self.x]
                theirs = np.s_[top - other.y : bottom - other.y, start - other.x : end - other.x]
                left[mine] &= ~other.pixels[theirs]
        return Region.from_array(left, self.x, self.y)


def _checked_points(
    points: Points, size: tuple[int, int], *, least: int, what: str
) -> NDArray[np.float64]:
    try:
        checked = np.asarray(points, float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} is made of points (x, y), not of {points!r:.80}") from error
    if checked.size and (checked.ndim != 2 or checked.shape[1] != 2):
        raise ValueError(f"{what} is made of points (x, y), not of {checked.shape} numbers")
    if len(checked) < least:
        raise ValueError(f"{what} needs at least {least} (x, y) points, not {len(checked)}")
    if not np.isfinite(checked).all():
        raise ValueError(f"{what} needs finite coordinates")
    if np.abs(checked).max() > FAR * max(size):
        raise ValueError(f"the points of {what} stay within {FAR * max(size)} pixels of (0, 0)")
    return checked


def _grid(
    points: NDArray[np.float64], margin: float, size: tuple[int, int]
) -> tuple[int, int, NDArray[np.float64], NDArray[np.float64]]:
    """Return left, top, and the centres of the columns and rows within reach of the points."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    left, top = max(floor(low[0]), 0), max(floor(low[1]), 0)
    right, bottom = min(ceil(high[0]), size[1]), min(ceil(high[1]), size[0])
    columns = np.arange(left, max(right, left)) + 0.5
    return left, top, columns, np.arange(top, max(bottom, top)) + 0.5


def _reached(centres: NDArray[np.float64], start: float, end: float, radius: float) -> slice:
    """Return which pixels of an axis a brush can reach on its way from start to end."""
    first = np.searchsorted(centres, min(start, end) - radius, side="left")
    last = np.searchsorted(centres, max(start, end) + radius, side="right")
    return slice(int(first), int(last))


def _distance(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Distance of every point of a grid from a line segment."""
    along = end - start
    squared = float(along @ along)
    share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / squared if squared else 0 * x
    share = np.clip(share, 0, 1)
    return np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
