"""Hand edits: pixels a person drew, always stronger than the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
        edits: what is drawn, in order of time.
        x: left-most column that any edit touches.
        y: top-most row that any edit touches.
        owners: (h, w) int32 from there on, for each pixel an object's id, 0 for background by hand,
            or `MODEL_DECIDES`.
    """

    edits: tuple[Edit, ...] = ()
    x: int = 0
    y: int = 0
    owners: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 0), np.int32))

    def with_edits(self, edits: tuple[Edit, ...]) -> Overlay:
        """Return the overlay of other edits; those on top of the present ones are drawn cheaply."""
        if edits == self.edits:
            return self
        if edits[: len(self.edits)] != self.edits:
            return Overlay().with_edits(edits)
        new = [edit for edit in edits[len(self.edits) :] if edit.region.width]
        height, width = self.owners.shape
        boxes = [(e.region.x, e.region.y, e.region.width, e.region.height) for e in new]
        if width:
            boxes.append((self.x, self.y, width, height))
        if not boxes:
            return Overlay(edits)
        x, y = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
        owners = np.full((bottom - y, right - x), MODEL_DECIDES, np.int32)
        owners[self.y - y :, self.x - x :][:height, :width] = self.owners
        for edit in new:
            region = edit.region
            part = owners[region.y - y :, region.x - x :][: region.height, : region.width]
            part[region.pixels] = edit.says
        return Overlay(edits, x, y, owners)

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) of the box that edits touch, to index an image-sized array."""
        height, width = self.owners.shape
        return slice(self.y, self.y + height), slice(self.x, self.x + width)

    @property
    def held(self) -> NDArray[np.bool_]:
        """(h, w) of that box: the pixels on which a hand, and not the model, has the last word."""
        return self.owners != MODEL_DECIDES

    def owner(self, x: int, y: int) -> int:
        """Return whose the pixel (x, y) is by hand, 0 for background, or `MODEL_DECIDES`."""
        rows, columns = self.slices
        if not (rows.start <= y < rows.stop and columns.start <= x < columns.stop):
            return MODEL_DECIDES
        return int(self.owners[y - self.y, x - self.x])

    def draw_on(self, label_map: NDArray[np.uint16], without: Sequence[int] = ()) -> None:
        """Overwrite the pixels of a label map, (H, W), that are held by hand.

        Args:
            label_map: changed in place.
            without: objects whose pixels become background instead.
        """
        owners = self.owners
        if without:
            owners = np.where(np.isin(owners, without), BACKGROUND, owners)
        np.copyto(label_map[self.slices], owners, where=self.held, casting="unsafe")
