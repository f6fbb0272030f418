"""What clicks alone say of every pixel: whose click is nearest, and how far away it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dynamite_widget.clicks import Click
from dynamite_widget.images import to_rgb
from dynamite_widget.segmenting import LabelMap

CERTAIN_RADIUS = 5
"""Pixels of the original image about a click that surely are what the click says."""


@dataclass(frozen=True, eq=False)
class SmallImage:
    """Features of the weightless segmenters: the image, shrunk so that an answer comes soon.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        size: (H, W) of the original image.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]

    @classmethod
    def of(cls, image: object, long_side: int) -> SmallImage:
        """Read an image and shrink it to a long side; smaller images stay as they are."""
        rgb = to_rgb(image)
        H, W = rgb.shape[:2]
        scale = min(1.0, long_side / max(H, W))
        size = (max(round(W * scale), 1), max(round(H * scale), 1))
        small = Image.fromarray(rgb).resize(size, Image.Resampling.BOX)
        return cls(np.asarray(small), (H, W))

    @property
    def scale(self) -> float:
        """Small pixels in one original pixel."""
        return max(self.pixels.shape[:2]) / max(self.size)

    @property
    def short_side(self) -> int:
        """Of the small image, in its pixels."""
        return min(self.pixels.shape[:2])

    def enlarge(self, labels: NDArray[np.uint16]) -> LabelMap:
        """Label map of the original size from one of the small size."""
        H, W = self.size
        return np.asarray(Image.fromarray(labels).resize((W, H), Image.Resampling.NEAREST))


@dataclass(frozen=True, eq=False)
class NearestClicks:
    """For every pixel of a small image, the nearest click.

    Attributes:
        owner: (h, w) int64, object id of the nearest click.
        distance: (h, w) float64, its distance in small pixels; infinite without clicks.
        certain: (h, w) bool, so near to the click that it surely is right.
    """

    owner: NDArray[np.int64]
    distance: NDArray[np.float64]
    certain: NDArray[np.bool_]

    @classmethod
    def among(cls, clicks: Sequence[Click], image: SmallImage) -> NearestClicks:
        """Find the nearest click for every pixel; the earlier one if two are as near."""
        h, w = image.pixels.shape[:2]
        rows, columns = np.ogrid[:h, :w]
        owner = np.zeros((h, w), np.int64)
        squared = np.full((h, w), np.inf)
        for click in clicks:
            own = (rows - click.y * image.scale) ** 2 + (columns - click.x * image.scale) ** 2
            nearer = own < squared
            squared[nearer] = own[nearer]
            owner[nearer] = click.object_id
        radius = max(CERTAIN_RADIUS * image.scale, 1.0)
        return cls(owner, np.sqrt(squared), squared <= radius**2)

    def about(self, object_id: int, clicks: Sequence[Click], radius: float) -> NDArray[np.bool_]:
        """Pixels near to an object's clicks, as far as no other click is nearer.

        Args:
            object_id: the object.
            clicks: all clicks. Each of the object's n clicks speaks for 1/n of its area, so that
                the radius shrinks by the square root of n.
            radius: about an only click, in small pixels.

        Returns:
            (h, w) bool; the certain pixels of the object among them.
        """
        n_clicks = sum(click.object_id == object_id for click in clicks)
        near = self.distance <= radius / n_clicks**0.5
        return (self.owner == object_id) & (near | self.certain)


def clicked_objects(clicks: Sequence[Click]) -> list[int]:
    """Ids of the objects that have clicks, ascending, without the background."""
    return sorted({click.object_id for click in clicks if click.object_id})
