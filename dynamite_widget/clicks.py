"""Clicks: what a person says about one pixel, and where a simulated annotator clicks next."""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUND = 0
"""Object id of the background, shared by all objects."""


@dataclass(frozen=True, slots=True)
class Click:
    """The statement "this pixel belongs to this object".

    A click's time step is its position in the list of clicks it stands in.

    Attributes:
        x: column in pixels of the original image, right is larger; 0 is the left-most pixel.
        y: row in pixels of the original image, down is larger; 0 is the top-most pixel.
        object_id: positive id of the object, or 0 for the background.
    """

    x: float
    y: float
    object_id: int = BACKGROUND
