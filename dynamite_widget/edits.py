"""Hand edits: pixels a person drew, always stronger than the model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.regions import Region

EditKind = Literal["paint", "erase", "release"]
"""paint: these pixels are the object's; erase: they are background; release: the model decides."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One stroke, polygon, lasso or box drawn by hand.

    Attributes:
        region: the pixels.
        object_id: whose edit it is; 0 where it belongs to no object.
        kind: what it says about the pixels.
    """

    region: Region
    object_id: int
    kind: EditKind


def draw(edits: Iterable[Edit], label_map: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Put edits on top of a label map, later ones over earlier ones.

    Args:
        edits: in order of time.
        label_map: (H, W), what the model says.

    Returns:
        (H, W), a new array.
    """
    drawn = label_map.copy()
    for edit in edits:
        pixels = edit.region.pixels
        if edit.kind == "release":
            drawn[edit.region.slices][pixels] = label_map[edit.region.slices][pixels]
        else:
            owner = edit.object_id if edit.kind == "paint" else BACKGROUND
            drawn[edit.region.slices][pixels] = owner
    return drawn


def held_by_hand(edits: Iterable[Edit], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return (H, W) bool: the pixels on which an edit, and not the model, has the last word."""
    held = np.zeros(size, bool)
    for edit in edits:
        held[edit.region.slices][edit.region.pixels] = edit.kind != "release"
    return held


def owner_by_hand(edits: Iterable[Edit], x: int, y: int) -> int | None:
    """Return whose the pixel (x, y) is by hand; None where the model decides."""
    owner: int | None = None
    for edit in edits:
        if (x, y) in edit.region:
            owner = {"paint": edit.object_id, "erase": BACKGROUND, "release": None}[edit.kind]
    return owner
