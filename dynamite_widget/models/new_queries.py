"""Listens less to what the queries of new clicks say far from where they were clicked.

An object's logits are the largest of its queries'. So one query that takes the wrong thing, such as
the wall beside a chair for a click on the chair's edge, takes all of it: a click that should add a
corner floods the photograph. Where it is known what was answered before, the earlier queries keep
most of their say, but for the surroundings of the new click.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors, Groups
from dynamite_widget.models.previous_answer import PreviousAnswer
from dynamite_widget.models.reach import reach_of_clicks, squared_distances

_HEARD = 0.3
"""Far from all new clicks such a part of what they add counts."""
_SURROUNDINGS = 3.0
"""Sigma of a click's surroundings, for each cell that it lies from what its owner had."""


def damp_new_queries(
    logits: Tensor,
    of_queries: Tensor,
    groups: Groups,
    clicks: ClickTensors,
    points: Tensor,
    previous: PreviousAnswer,
) -> Tensor:
    """Lower what new clicks add to the logits of those who were clicked before.

    Args:
        logits: (B, 1 + N, h, w) largest logits of the background's and each object's queries.
        of_queries: (B, Q + S, h, w) those of the queries: of the clicks, then of no click.
        groups: which query speaks for whom.
        clicks: (B, Q, ...) padded, in the order of their queries.
        points: (B, Q, 2) y, x of the clicks in stride-4 cells.
        previous: the answer to the earlier clicks.

    Returns:
        The same where nothing was said before: for new objects, and those it is not told of.
    """
    new = (clicks.time >= previous.since) & (clicks.owner != PADDING_OWNER)
    some = new.any(0).nonzero()[:, 0]
    if not len(some):
        return logits
    without = of_queries.clone()
    without[:, some] = without[:, some].masked_fill(new[:, some, None, None], float("-inf"))
    earlier = groups.maxima(without).to(logits.dtype)
    height, width = logits.shape[-2:]
    owner = (clicks.owner + 1).clamp(min=0)
    dy2 = squared_distances(points[:, some, 0], height)
    dx2 = squared_distances(points[:, some, 1], width)
    near = logits.new_zeros(*new.shape, height, width)
    reach = reach_of_clicks(previous.labels, owner[:, some], dy2, dx2, _SURROUNDINGS)
    near[:, some] = (reach * new[:, some, None, None]).to(near.dtype)
    heard = groups.of_clicks(clicks.owner).maxima(near).clamp(min=0)
    heard = _HEARD + (1 - _HEARD) * heard
    known = earlier.isfinite() & logits.isfinite()
    if previous.told is not None:
        told = torch.cat((previous.told.any(1, keepdim=True), previous.told), 1)
        known &= told[..., None, None]
    return earlier.lerp(logits, heard).where(known, logits)
