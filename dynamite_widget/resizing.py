"""Test-time resize: from a photograph's pixels to those the network sees, for image and clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image


@dataclass(frozen=True, slots=True)
class Resizing:
    """One change of size, the same for an image and for points on it.

    Attributes:
        original: (H, W) of the photograph.
        resized: (Hr, Wr) of what the network sees, before padding.
    """

    original: tuple[int, int]
    resized: tuple[int, int]

    @classmethod
    def fit(
        cls,
        original: tuple[int, int],
        short_side: int | None,
        long_side: int | None = None,
        widest: float | None = None,
    ) -> Resizing:
        """Choose the size for the network, as in detectron2's `ResizeShortestEdge`.

        The short side becomes `short_side`, in proportion, upwards too; where the long one would
        then exceed `long_side`, both shrink until it does not.

        Args:
            original: (H, W) of the photograph.
            short_side: wanted short side in pixels; None leaves the image as it is.
            long_side: bound for the long side in pixels; None sets none.
            widest: long over short side. A photograph that is wider is seen with as many pixels as
                one of this shape; None: with more.
        """
        if short_side is None:
            return cls(original, original)
        scale = short_side / min(original)
        sides = [float(short_side) if s == min(original) else scale * s for s in original]
        if widest is not None and max(sides) > widest * min(sides):
            shrink = (widest * min(sides) / max(sides)) ** 0.5
            sides = [side * shrink for side in sides]
        # Shrinking what was already scaled, rather than scaling once, decides the last pixel.
        if long_side is not None and max(sides) > long_side:
            shrink = long_side / max(sides)
            sides = [side * shrink for side in sides]
        # A strip thinner than one pixel still needs one to be looked at.
        height, width = (max(1, int(side + 0.5)) for side in sides)
        return cls(original, (height, width))

    def image(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize (H, W, 3) to (Hr, Wr, 3): bilinear, anti-aliased when it shrinks (Pillow's)."""
        if self.resized == self.original:
            return pixels
        height, width = self.resized
        resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(resized)

    def points(self, yx: ArrayLike) -> NDArray[np.float64]:
        """Move (Q, 2) points (y, x) of the photograph to the resized image: no half-pixel shift."""
        points = np.asarray(yx, dtype=np.float64).reshape(-1, 2)
        return points * np.asarray(self.resized) / np.asarray(self.original)
