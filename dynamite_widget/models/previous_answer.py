"""What was answered to earlier clicks, told to the refiner beside the clicks made since.

A network that sees clicks alone forgets what it showed a moment ago: a click near a border now and
then makes an object swallow a region that nobody denied. Told the mask so far and which clicks are
new, it can leave alone what they are not about (Sofiiuk et al., "Reviving Iterative Training with
Mask Guidance for Interactive Segmentation", 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors


@dataclass(frozen=True)
class PreviousAnswer:
    """The label map that was the answer to the earlier ones of some clicks.

    Attributes:
        labels: (B, h, w) int64 in stride-4 cells: 0 background, i + 1 the i-th object.
        since: time step of the first click that it does not know.
        told: (B, N) bool, objects that hear of it; None: all that had been clicked by then.
    """

    labels: Tensor
    since: int
    told: Tensor | None = None

    def to(self, device: torch.device) -> PreviousAnswer:
        """The same on another device."""
        told = None if self.told is None else self.told.to(device)
        return PreviousAnswer(self.labels.to(device), self.since, told)


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
    for b, q in (new & (clicks.owner != PADDING_OWNER)).nonzero().tolist():
        dy, dx = rows - points[b, q, 0], columns - points[b, q, 1]
        closeness = -(dy[:, None] ** 2 + dx[None] ** 2)
        on_it = number == clicks.owner[b, q]
        near[b, on_it, 0] = near[b, on_it, 0].maximum(closeness)
        near[b, ~on_it, 1] = near[b, ~on_it, 1].maximum(closeness)
    hears = told[..., None, None]
    return PreviousCues(mask * hears, near.masked_fill(~hears[..., None], float("-inf")))
