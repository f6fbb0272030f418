"""`View`: all there is to read about a session at one moment; it never changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.edits import Overlay
from dynamite_widget.extents import NOTHING, measure
from dynamite_widget.masks import masks_of
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.run_lengths import Runs
from dynamite_widget.state import State


@dataclass(frozen=True, eq=False)
class View:
    """What people said and the pixels that follow from it.

    Attributes:
        state: objects, clicks and edits.
        label_map: (H, W) uint16, read-only, 0 background, k object k.
        runs: the label map as runs.
        overlay: the hand edits, drawn.
        answered: whether the label map holds the model's answer to the newest clicks.
    """

    state: State
    label_map: NDArray[np.uint16]
    runs: Runs
    overlay: Overlay
    answered: bool

    @cached_property
    def objects(self) -> tuple[SegmentedObject, ...]:
        """Every object, ids rising."""
        clicks: defaultdict[int, list[Click]] = defaultdict(list)
        for click in self.state.clicks:
            clicks[click.object_id].append(click)
        extents = measure(self.runs)
        by_hand = self.label_map[self.overlay.slices][self.overlay.held]
        edited = dict(zip(*np.unique(by_hand, return_counts=True), strict=True))
        return tuple(
            SegmentedObject(
                record=record,
                clicks=tuple(clicks[record.id]),
                area=extents.get(record.id, NOTHING).area,
                box=extents.get(record.id, NOTHING).box,
                edited_pixels=int(edited.get(record.id, 0)),
                _label_map=self.label_map,
                _overlay=self.overlay,
            )
            for record in self.state.objects.values()
        )

    @cached_property
    def masks(self) -> NDArray[np.bool_]:
        """(N, H, W) bool, read-only, one plane for each of `objects`, in their order."""
        masks = masks_of(self.label_map, tuple(self.state.objects))
        masks.flags.writeable = False
        return masks
