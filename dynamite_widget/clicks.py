"""Clicks: what a person says about one pixel, and where a simulated annotator clicks next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BACKGROUND = 0
"""Object id of the background, shared by all objects."""

TAKEN_RADIUS = 5
"""Pixels about an earlier click, itself included, that the simulated annotator leaves alone."""

BoolMap = NDArray[np.bool_]
"""(H, W) truth values, one a pixel."""


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


class InnermostPixel(NamedTuple):
    """The pixel of a region that lies farthest from the region's border.

    Attributes:
        distance: Euclidean distance to the nearest pixel outside, in pixels; 0 where none is left.
        y: row.
        x: column.
    """

    distance: float
    y: int
    x: int


NOWHERE = InnermostPixel(0.0, 0, 0)
"""The answer for a region without a pixel that may be clicked."""


def innermost_pixel(region: BoolMap, taken: BoolMap | None = None) -> InnermostPixel:
    """Find where a careful annotator would click inside a region.

    The edge of the image counts as border. Among equals the first in raster order wins.

    Args:
        region: (H, W) bool.
        taken: (H, W) bool, pixels that must not be chosen; they do not change the distances.

    Returns:
        The pixel and its distance; `NOWHERE` if every pixel of the region is taken.
    """
    rows = np.flatnonzero(region.any(axis=1))
    if not rows.size:
        return NOWHERE
    columns = np.flatnonzero(region[rows[0] : rows[-1] + 1].any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # Every pixel outside the box is outside the region, so that one ring of it decides as well
    # as the whole image: the distances are those of the full image, for a fraction of the work.
    distance = ndimage.distance_transform_edt(np.pad(region[box], 1))[1:-1, 1:-1]
    if taken is not None:
        distance = np.where(taken[box], 0.0, distance)
    y, x = np.unravel_index(np.argmax(distance), distance.shape)
    if distance[y, x] == 0:
        return NOWHERE
    return InnermostPixel(float(distance[y, x]), int(y + rows[0]), int(x + columns[0]))


def next_click(
    truth: BoolMap,
    guess: BoolMap,
    *,
    taken: BoolMap | None = None,
    ignore: BoolMap | None = None,
    object_id: int = 1,
    labels: NDArray[np.integer] | None = None,
) -> Click | None:
    """Place the click a careful annotator would make next.

    The click goes to the pixel farthest from the border of the larger error region
    (missing or surplus; surplus if both are equally deep), as in DynaMITe (Rana et al.,
    ICCV 2023, sec. 4). A missing pixel is claimed for the object; a surplus one is given to
    whom it belongs. With an empty guess this is the annotator's first click.

    Args:
        truth: mask the annotator has in mind, (H, W).
        guess: current mask, (H, W).
        taken: pixels near earlier clicks, not to be clicked again, (H, W).
        ignore: pixels whose truth is unknown, which are no errors, (H, W).
        object_id: id of the object whose mask this is.
        labels: ground-truth label map of the whole image, (H, W); without it everything
            outside the object is background.

    Returns:
        The click in pixel coordinates, or None where nothing is left to correct.

    Raises:
        ValueError: if the shapes differ.
    """
    for name, other in (("guess", guess), ("taken", taken), ("ignore", ignore), ("labels", labels)):
        if other is not None and other.shape != truth.shape:
            raise ValueError(
                f"{name} has shape {other.shape}, but truth has {truth.shape}; "
                "both must be (H, W) of the same image"
            )
    counts = True if ignore is None else ~ignore
    missing = innermost_pixel(truth & ~guess & counts, taken)
    surplus = innermost_pixel(guess & ~truth & counts, taken)
    if missing.distance > surplus.distance:
        return Click(missing.x, missing.y, object_id)
    if surplus.distance == 0:
        return None
    owner = BACKGROUND if labels is None else int(labels[surplus.y, surplus.x])
    return Click(surplus.x, surplus.y, owner)


def mark_taken(taken: BoolMap, click: Click, radius: int = TAKEN_RADIUS) -> None:
    """Mark the disc about a click, border included, in place.

    Args:
        taken: (H, W) bool, changed in place.
        click: the click just made.
        radius: of the disc, in pixels.
    """
    y, x = int(click.y), int(click.x)
    top, left = max(y - radius, 0), max(x - radius, 0)
    part = taken[top : y + radius + 1, left : x + radius + 1]
    rows, columns = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
    part |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
