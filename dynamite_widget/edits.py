"""Hand edits: pixels a person drew, always stronger than the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.regions import Region

EditKind = Literal["paint", "erase", "release"]
"""paint: these pixels are the object's; erase: they are background; release: the model decides."""

MODEL_DECIDES = -1


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

    @property
    def says(self) -> int:
        """What it says about each of its pixels: an object's id, 0, or `MODEL_DECIDES`."""
        if self.kind == "release":
            return MODEL_DECIDES
        return self.object_id if self.kind == "paint" else BACKGROUND


@dataclass(frozen=True, eq=False)
class Overlay:
    """All edits drawn on top of each other, later ones over earlier ones.

    Attributes:
        size: (H, W) of the image.
        edits: what is drawn, in order of time.
        owners: (H, W) int32, for each pixel an object's id, 0 for background by hand, or
            `MODEL_DECIDES`; None where nothing is drawn at all.
    """

    size: tuple[int, int]
    edits: tuple[Edit, ...] = ()
    owners: NDArray[np.int32] | None = None

    def with_edits(self, edits: tuple[Edit, ...]) -> Overlay:
        """Return the overlay of other edits; those on top of the present ones are drawn cheaply."""
        if edits == self.edits:
            return self
        on_top = edits[: len(self.edits)] == self.edits
        if on_top and self.owners is not None:
            owners = self.owners.copy()
        else:
            owners = np.full(self.size, MODEL_DECIDES, np.int32)
        for edit in edits[len(self.edits) :] if on_top else edits:
            owners[edit.region.slices][edit.region.pixels] = edit.says
        return Overlay(self.size, edits, owners if edits else None)

    @property
    def held(self) -> NDArray[np.bool_]:
        """(H, W): the pixels on which a hand, and not the model, has the last word."""
        if self.owners is None:
            return np.zeros(self.size, bool)
        return self.owners != MODEL_DECIDES

    def owner(self, x: int, y: int) -> int:
        """Return whose the pixel (x, y) is by hand, 0 for background, or `MODEL_DECIDES`."""
        return MODEL_DECIDES if self.owners is None else int(self.owners[y, x])

    def draw_on(self, label_map: NDArray[np.uint16]) -> None:
        """Overwrite the pixels of a label map, (H, W), that are held by hand."""
        if self.owners is not None:
            np.copyto(label_map, self.owners, where=self.held, casting="unsafe")
