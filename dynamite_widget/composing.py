"""What the model answered and what people said become one label map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.edits import Overlay
from dynamite_widget.extents import Box
from dynamite_widget.imports import Imports
from dynamite_widget.regions import Region
from dynamite_widget.run_lengths import Runs
from dynamite_widget.state import State, pixel_of


def compose(
    answer: Runs, refined: frozenset[int], state: State, overlay: Overlay
) -> NDArray[np.uint16]:
    """Join the model's answer with what people said.

    From weak to strong: the model inside each object's bound, imported pixels that no click has
    touched, clicked pixels, hand edits, locked objects. An object without clicks gets nothing from
    the model, a locked one has exactly the pixels it was locked with.

    Args:
        answer: what the model says.
        refined: ids of the imported objects that the answer holds.
        state: what people said.
        overlay: the state's hand edits, drawn.

    Returns:
        (H, W) uint16, read-only.
    """
    imports = Imports.of(state)
    imported = frozenset(object_id for object_id, _ in imports.regions)
    refined &= imports.touched(state.clicks).keys()
    locks = {k: record.frozen for k, record in state.objects.items() if record.frozen}
    movable = ((state.clicked_ids - imported) | refined) - locks.keys()
    bounds = {k: bound for k in movable if (bound := state.objects[k].bound)}
    free = sorted(movable - bounds.keys())
    kept = np.full(0x10000, BACKGROUND, np.uint16)
    kept[free] = free
    label_map = answer.to_array(kept)
    if bounds:
        _put_inside(bounds, answer.to_array(), dict(imports.regions), label_map)
    for object_id, region in imports.regions:
        if object_id not in refined | locks.keys():
            label_map[region.slices][region.pixels] = object_id
    for click in state.clicks:
        if click.object_id not in locks:
            label_map[pixel_of(click.x, click.y)] = click.object_id
    overlay.draw_on(label_map, without=list(locks))
    for object_id, region in locks.items():
        label_map[region.slices][region.pixels] = object_id
    label_map.flags.writeable = False
    return label_map


def _put_inside(
    bounds: Mapping[int, Box],
    answer: NDArray[np.uint16],
    imported: Mapping[int, Region],
    label_map: NDArray[np.uint16],
) -> None:
    """Copy objects from the answer into the label map; what is not imported, inside its bound."""
    for object_id, (x, y, width, height) in bounds.items():
        inside = np.s_[y : y + height, x : x + width]
        label_map[inside][answer[inside] == object_id] = object_id
        if object_id in imported:
            mask = imported[object_id]
            stays = mask.pixels & (answer[mask.slices] == object_id)
            label_map[mask.slices][stays] = object_id
