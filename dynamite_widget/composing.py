"""What the model answered and what people said become one label map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.edits import Overlay
from dynamite_widget.masks import Box
from dynamite_widget.state import State, pixel_of


def compose(answer: NDArray[np.uint16], state: State, overlay: Overlay) -> NDArray[np.uint16]:
    """Join the model's answer with what people said.

    From weak to strong: the model inside each object's bound, clicked pixels, hand edits, locked
    objects. An object without clicks gets nothing from the model, a locked one has exactly the
    pixels it was locked with.

    Args:
        answer: (H, W), what the model says.
        state: what people said.
        overlay: the state's hand edits, drawn.

    Returns:
        (H, W) uint16, read-only.
    """
    label_map = _only(answer, state.clicked_ids)
    for record in state.objects.values():
        if record.bound is not None:
            _keep_inside(label_map, record.id, record.bound)
    for click in state.clicks:
        label_map[pixel_of(click.x, click.y)] = click.object_id
    overlay.draw_on(label_map)
    frozen = {record.id: record.frozen for record in state.objects.values() if record.frozen}
    if frozen:
        label_map = _without(label_map, frozenset(frozen))
    for object_id, region in frozen.items():
        label_map[region.slices][region.pixels] = object_id
    label_map.flags.writeable = False
    return label_map


def _only(label_map: NDArray[np.uint16], object_ids: frozenset[int]) -> NDArray[np.uint16]:
    """Return a new label map with all other objects made background."""
    kept = np.zeros(0x10000, np.uint16)
    kept[list(object_ids)] = list(object_ids)
    return kept[label_map]


def _without(label_map: NDArray[np.uint16], object_ids: frozenset[int]) -> NDArray[np.uint16]:
    """Return a new label map with these objects made background."""
    kept = np.arange(0x10000, dtype=np.uint16)
    kept[list(object_ids)] = BACKGROUND
    return kept[label_map]


def _keep_inside(label_map: NDArray[np.uint16], object_id: int, bound: Box) -> None:
    """Make the pixels of an object outside its bound background, in place."""
    rows, columns = slice(bound.y, bound.y + bound.height), slice(bound.x, bound.x + bound.width)
    for outside in (
        np.s_[: rows.start],
        np.s_[rows.stop :],
        np.s_[rows, : columns.start],
        np.s_[rows, columns.stop :],
    ):
        part = label_map[outside]
        part[part == object_id] = BACKGROUND
