"""Makes every click win where it was made, and around it, whatever the network says.

The network now and then gives a clicked cell to another object or to the background. To correct
that cell alone would leave a dot; here whoever took it loses its lead there and less and less
further away, up to its own clicks, where it keeps it: interpolation by inverse distance (Shepard,
"A two-dimensional interpolation function for irregularly-spaced data", 1968). Once an answer is
refined, how far this reaches follows from how deep the click lies in what others have: at a border
it is about the border, and would else take a small object's half.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors
from dynamite_widget.models.reach import reach_of_clicks, squared_distances

_LEAD = 2.0
"""Where it was clicked, an object or the background is ahead of all others by so much."""
_POWER = 4
"""Of the inverse distance: the larger, the less clicks far away have a say."""
_AT_THE_CLICK = 0.25
"""Squared distance, in cells, that a click has to its own cell."""
_REACH = 1.0
"""Sigma of what changes around a click in a refined answer, for each cell that it lies from what
its owner has."""
_BESIDE = 0.25
"""A click so far from the middle of its cell, in cells, is close to the next one as well."""


def hold_clicks(
    logits: Tensor, clicks: ClickTensors, stride: int, *, refined: bool = False
) -> Tensor:
    """Lower the logits of whoever is not behind at the others' clicks.

    Args:
        logits: (B, 1 + N, h, w) of the background and the objects.
        clicks: (Q, ...) of one image, or (B, Q, ...) padded.
        stride: input pixels a cell.
        refined: whether borders are where they shall be but for these clicks.

    Returns:
        The same with the clicked cells won, but for a cell that several clicked.
    """
    clicks = clicks.batched()
    groups, height, width = logits.shape[1:]
    made, owner = clicks.owner != PADDING_OWNER, (clicks.owner + 1).clamp(min=0)
    cells = (clicks.points + 0.5) / stride - 0.5
    y = cells[..., 0].round().long().clamp(0, height - 1)
    x = cells[..., 1].round().long().clamp(0, width - 1)
    place = (y * width + x)[:, None].expand(-1, groups, -1)
    # What takes a click away is told so by the loss, not by how it was mended.
    there = logits.detach().flatten(2).gather(2, place)  # (B, 1 + N, Q)
    own = owner[:, None] == torch.arange(groups, device=owner.device)[:, None]
    excess = (there - there.gather(1, owner[:, None]) + _LEAD).clamp(min=0)
    excess = excess.masked_fill(own | ~made[:, None], 0.0)
    rivals = excess.amax((0, 2)).nonzero()[:, 0]
    if not len(rivals):
        return logits
    known = ((own & made[:, None]) | (excess > 0)).to(excess.dtype)
    dy2, dx2 = squared_distances(y, height), squared_distances(x, width)
    nearness = (_AT_THE_CLICK + dy2[..., :, None] + dx2[..., None, :]) ** (-_POWER / 2)
    taken = excess.amax((0, 1)).nonzero()[:, 0]
    reached = nearness[:, taken]
    if refined:
        winner = logits.max(1).indices
        given = winner, owner[:, taken], dy2[:, taken], dx2[:, taken]
        reached = reached * reach_of_clicks(*given, _REACH)
    with torch.autocast(logits.device.type, enabled=False):  # nearness has many orders of magnitude
        weighed = torch.einsum("bgq,bqhw->bghw", excess[:, rivals][..., taken], reached)
        total = torch.einsum("bgq,bqhw->bghw", known[:, rivals], nearness)
    lowered = weighed / total.clamp(min=torch.finfo(total.dtype).tiny)
    return logits.index_add(1, rivals, lowered, alpha=-1)


def and_beside(clicks: ClickTensors, stride: int) -> ClickTensors:
    """Add clicks in the cells beside those that clicks lie close to.

    The clicked pixel lies between the two and would else be lost to a strong neighbour. A cell is
    left to whoever else was clicked in it or close to it.

    Args:
        clicks: (Q, ...) of one image.
        stride: input pixels a cell.
    """
    place = (clicks.points + 0.5) / stride - 0.5
    middle = place.round()
    step = (place - middle).sign() * ((place - middle).abs() > _BESIDE)
    shifts = step.new_tensor([[0, 0], [1, 0], [0, 1], [1, 1]])[:, None]  # the clicks' own first
    cells = (middle + shifts * step).flatten(0, 1)
    owner, time = clicks.owner.repeat(4), clicks.time.repeat(4)
    close = ((shifts == 0) | (step != 0)).all(2).flatten()
    own = torch.arange(len(owner), device=owner.device) < len(clicks.owner)
    same = (cells[:, None] == cells).all(2) & close
    others = (same & (owner[:, None] != owner)).any(1)
    held = own | (close & ~others)
    return ClickTensors(((cells + 0.5) * stride - 0.5)[held], owner[held], time[held])
