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
"""A click decides within so many times its distance from the border, if the model knows the object;
the less it can reproduce the mask, the nearer to once that distance."""
LEAST_REACH = 12
"""Pixels that a click decides within, however near to a border it is."""


def refine(
    imported: BoolMap,
    before: BoolMap,
    after: BoolMap,
    clicks: Sequence[Click],
    *,
    barred: BoolMap,
) -> BoolMap:
    """Let clicks change an imported mask, each where the model's answer changes about it.

    A click on the object only adds pixels, one beside it only takes some away, and neither farther
    off than a few times its distance from the border of the mask (`REACH`). A pixel that the model
    gives alike with and without the clicks stays as it was imported, and so does one where the
    change hangs together with no click: far pixels do not move. If the model has agreed with a
    click all along, and only the mask has not, the mask gives way about the click.

    Args:
        imported: (H, W), the mask as it came.
        before: (H, W), what the model says to the mask's seeds alone.
        after: (H, W), what it says to seeds and clicks.
        clicks: those that touch the object; of the object, or any other id for "not here".
        barred: (H, W), pixels that must not change.

    Returns:
        (H, W), the mask as it is now.
    """
    refined = imported.copy()
    known = np.count_nonzero(imported & before) / (np.count_nonzero(imported | before) or 1)
    reach = 1 + (REACH - 1) * known
    for click in clicks:
        row, column = pixel_of(click.x, click.y)
        inside = click.object_id != BACKGROUND
        agreed = (before == inside) & (after == inside)
        changed = (after == inside) & (before != inside) & ~barred
        settled = (imported != inside) & agreed & ~barred
        for part, border in ((changed, imported), (settled, settled)):
            if part[row, column]:
                refined[_about(row, column, part, border, reach)] = inside
    return refined


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


def _about(row: int, column: int, part: BoolMap, border: BoolMap, reach: float) -> BoolMap:
    """What hangs together with one of a part's pixels and is not far from it.

    Args:
        row: of the pixel.
        column: of the pixel.
        part: (H, W).
        border: (H, W); the distance to its border is what "far" is measured by.
        reach: so many times that distance is far.
    """
    height, width = part.shape
    rows, columns = np.ogrid[:height, :width]
    away = np.hypot(rows - row, columns - column)
    depth = away[border != border[row, column]].min(initial=max(height, width))
    components, _ = ndimage.label(part & (away <= max(reach * depth, LEAST_REACH)))
    about: BoolMap = components == components[row, column]
    return about
