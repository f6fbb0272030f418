"""`View`: all there is to read about a session at one moment; it never changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dynamite_widget import run_lengths
from dynamite_widget.edits import held_by_hand
from dynamite_widget.masks import NO_BOX, boxes_of, masks_of
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.state import State


@dataclass(frozen=True, eq=False)
class View:
    """What people said and the pixels that follow from it.

    Attributes:
        state: objects, clicks and edits.
        label_map: (H, W) uint16, read-only, 0 background, k object k.
        answered: whether the label map holds the model's answer to the newest clicks.
    """

    state: State
    label_map: NDArray[np.uint16]
    answered: bool

    @cached_property
    def objects(self) -> tuple[SegmentedObject, ...]:
        """Every object, ids rising."""
        state = self.state
        areas = np.bincount(self.label_map.ravel(), minlength=max(state.objects, default=0) + 1)
        by_hand = np.bincount(self.label_map[self.held_by_hand], minlength=len(areas))
        boxes = boxes_of(self.label_map)
        return tuple(
            SegmentedObject(
                id=record.id,
                label=record.label,
                color=record.color,
                name=record.name,
                attributes=record.attributes,
                visible=record.visible,
                locked=record.locked,
                bound=record.bound,
                clicks=tuple(c for c in state.clicks if c.object_id == record.id),
                area=int(areas[record.id]),
                box=boxes.get(record.id, NO_BOX),
                edited_pixels=int(by_hand[record.id]),
                score=None,
                _label_map=self.label_map,
            )
            for record in state.objects.values()
        )

    @cached_property
    def masks(self) -> NDArray[np.bool_]:
        """(N, H, W) bool, read-only, one plane for each of `objects`, in their order."""
        masks = masks_of(self.label_map, tuple(self.state.objects))
        masks.flags.writeable = False
        return masks

    @cached_property
    def held_by_hand(self) -> NDArray[np.bool_]:
        """(H, W) bool: the pixels on which a hand edit has the last word."""
        return held_by_hand(self.state.edits, self.label_map.shape)

    @cached_property
    def run_lengths(self) -> bytes:
        """The label map as `dynamite_widget.run_lengths` writes it."""
        return run_lengths.encode(self.label_map)
