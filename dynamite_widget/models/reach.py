"""How far a click reaches: as far as it lies deep in what others have.

A click at the border of its object is about the border, a click far from it about much of what
lies around.
"""

from __future__ import annotations

import torch
from torch import Tensor

_NEXT_TO_NOTHING = -20.0
"""Lowest exponent of a Gaussian: numbers near the smallest there are take long to compute with."""


def squared_distances(place: Tensor, length: int) -> Tensor:
    """Along one axis, from places (..., Q) in cells to all cells: (..., Q, length)."""
    return (torch.arange(length, device=place.device) - place[..., None]).float() ** 2


def reach_of_clicks(
    labels: Tensor, owner: Tensor, dy2: Tensor, dx2: Tensor, width: float
) -> Tensor:
    """Gaussians around clicks, as wide as the clicks lie deep.

    Args:
        labels: (B, h, w) who has which cell, 0 the background.
        owner: (B, Q) for whom clicks were made, in the same numbers.
        dy2: (B, Q, h) squared distances to rows, in cells.
        dx2: (B, Q, w) the same to columns.
        width: of a Gaussian (its sigma) for each cell between a click and what its owner has; at
            least of one such cell. It is endless where the owner has nothing.

    Returns:
        (B, Q, h, w), 1 at the click.
    """
    owned = labels[:, None] == owner[..., None, None]
    distance2 = dy2[..., :, None] + dx2[..., None, :]
    depth2 = distance2.masked_fill(~owned, torch.inf).flatten(2).amin(2).clamp(min=1)
    down, across = (
        (axis / (-2 * width**2 * depth2[..., None])).clamp(min=_NEXT_TO_NOTHING).exp()
        for axis in (dy2, dx2)
    )
    return down[..., :, None] * across[..., None, :]
