"""An imported mask meets a model: about the clicks the model decides, elsewhere it stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from dynamite_widget.clicks import BACKGROUND, BoolMap, Click
from dynamite_widget.state import pixel_of

HEARD_PIXELS, HEARD_SHARE = 80, 0.02
"""A correction is heard if so many pixels about it change, or that share of the mask if less."""
REACH = 4
"""A click that settles an old difference does so within so many times its depth there."""


def refine(
    imported: BoolMap,
    before: BoolMap,
    after: BoolMap,
    clicks: Sequence[Click],
    *,
    barred: BoolMap,
) -> BoolMap:
    """Let clicks change an imported mask, each where the model's answer changes about it.

    A pixel that the model gives alike with and without the clicks stays as it was imported, and
    so does one where the change hangs together with no click: far pixels do not move. If the model
    has agreed with a click all along, and only the mask has not, the mask gives way about the
    click, as far as `REACH` goes.

    Args:
        imported: (H, W), the mask as it came.
        before: (H, W), what the model says to the mask's seeds alone.
        after: (H, W), what it says to seeds and clicks.
        clicks: those that touch the object; of the object, or any other id for "not here".
        barred: (H, W), pixels that must not change.

    Returns:
        (H, W), the mask as it is now.
    """
    open_to_change = (before != after) & ~barred
    components, _ = ndimage.label(open_to_change)
    pixels = [(*pixel_of(click.x, click.y), click.object_id != BACKGROUND) for click in clicks]
    reached = {components[row, column] for row, column, _ in pixels} - {0}
    decided = np.isin(components, list(reached))
    for row, column, inside in pixels:
        differing = (imported != inside) & (before == inside) & (after == inside) & ~barred
        if differing[row, column]:
            decided |= _about(row, column, differing)
    return np.where(decided, after, imported)


def unheard(imported: BoolMap, refined: BoolMap, clicks: Sequence[Click]) -> Click | None:
    """Find a click that corrects the mask, and next to nothing has changed about it.

    Args:
        imported: (H, W), the mask as it came.
        refined: (H, W), the mask as it is now.
        clicks: those that touch the object; of the object, or any other id for "not here".
    """
    least = min(HEARD_PIXELS, HEARD_SHARE * np.count_nonzero(imported))
    components, _ = ndimage.label(imported != refined)
    sizes = np.bincount(components.ravel())
    for click in clicks:
        row, column = pixel_of(click.x, click.y)
        corrects = imported[row, column] != (click.object_id != BACKGROUND)
        part = components[row, column]
        if corrects and (part == 0 or sizes[part] < least):
            return click
    return None


def _about(row: int, column: int, differing: BoolMap) -> BoolMap:
    """The part of an area that hangs together with one of its pixels and is not far from it."""
    height, width = differing.shape
    rows, columns = np.ogrid[:height, :width]
    away = np.hypot(rows - row, columns - column)
    depth = away[~differing].min(initial=max(height, width))
    components, _ = ndimage.label(differing & (away <= REACH * depth))
    part: BoolMap = components == components[row, column]
    return part
