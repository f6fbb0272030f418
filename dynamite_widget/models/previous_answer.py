"""What was answered to earlier clicks, told to the refiner beside the clicks made since.

A network that sees clicks alone forgets what it showed a moment ago: a click near a border now and
then makes an object swallow a region that nobody denied. Told the mask so far and which clicks are
new, it can leave alone what they are not about (Sofiiuk et al., "Reviving Iterative Training with
Mask Guidance for Interactive Segmentation", 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors


@dataclass(frozen=True)
class PreviousAnswer:
    """The label map that was the answer to the earlier ones of some clicks.

    Attributes:
        labels: (B, h, w) int64 in stride-4 cells: 0 background, i + 1 the i-th object.
        since: time step of the first click that it does not know; a (B, 1) tensor where images have
            clicked on by themselves.
        told: (B, N) bool, objects that hear of it; None: all that had been clicked by then.
    """

    labels: Tensor
    since: int | Tensor
    told: Tensor | None = None

    def to(self, device: torch.device) -> PreviousAnswer:
        """The same on another device."""
        told = None if self.told is None else self.told.to(device)
        since = self.since if isinstance(self.since, int) else self.since.to(device)
        return PreviousAnswer(self.labels.to(device), since, told)


@dataclass(frozen=True)
class PreviousCues:
    """What the refiner is told of it, for every object.

    Attributes:
        mask: (B, N, h, w) 1 where the object was, -1 where it was not, 0 if it does not hear of it.
        near: (B, N, 2, h, w) minus the squared distance, in cells, to the nearest new click on it
            and on anything else; minus infinity where there is none.
    """

    mask: Tensor
    near: Tensor


def previous_cues(
    previous: PreviousAnswer, clicks: ClickTensors, points: Tensor, objects: int
) -> PreviousCues:
    """Gather the cues of all objects.

    Args:
        previous: answer.
        clicks: (B, Q, ...) padded.
        points: (B, Q, 2) y, x of the clicks in stride-4 cells.
        objects: how many there are, N.
    """
    batch, height, width = previous.labels.shape
    device = previous.labels.device
    new = clicks.time >= previous.since
    number = torch.arange(objects, device=device)
    earlier = (clicks.owner[:, None] == number[:, None]) & ~new[:, None]
    told = earlier.any(2)
    if previous.told is not None:
        told &= previous.told
    mask = (previous.labels[:, None] == number[:, None, None] + 1).float() * 2 - 1
    near = torch.full((batch, objects, 2, height, width), float("-inf"), device=device)
    rows = torch.arange(height, dtype=points.dtype, device=device)
    columns = torch.arange(width, dtype=points.dtype, device=device)
    on_it, on_others = near.unbind(2)
    for owner, place, there in _one_by_one(clicks.owner, points, new):
        dy, dx = (rows - place[:, :1]) ** 2, (columns - place[:, 1:]) ** 2
        closeness = -(dy[:, :, None] + dx[:, None]).masked_fill(~there[:, None, None], torch.inf)
        image = (owner >= 0).nonzero()[:, 0]
        clicked = image, owner[image]
        on_it[clicked] = on_it[clicked].maximum(closeness[image])
        as_it_was = on_others[clicked]
        torch.maximum(on_others, closeness[:, None], out=on_others)
        on_others[clicked] = as_it_was
    hears = told[..., None, None]
    return PreviousCues(mask * hears, near.masked_fill(~hears[..., None], float("-inf")))


def _one_by_one(
    owner: Tensor, points: Tensor, new: Tensor
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """The first new click of every image, the second, and so on, as long as any has one.

    A GPU is asked as often as one image has new clicks, not once for each of the whole batch.

    Yields:
        Owner (B,), y and x (B, 2), and whether there is such a click (B,).
    """
    new = new & (owner != PADDING_OWNER)
    order = new.int().argsort(dim=1, descending=True, stable=True)
    for q in order[:, : int(new.sum(1).max())].unbind(1):
        q = q[:, None]
        place = points.gather(1, q[..., None].expand(-1, -1, 2))[:, 0]
        yield owner.gather(1, q)[:, 0], place, new.gather(1, q)[:, 0]
