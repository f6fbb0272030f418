"""Corrective clicks during training, for a whole batch at once and on its device."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, PADDING_OWNER, ClickTensors
from dynamite_widget.models.dynamite import STRIDE
from dynamite_widget.training.photographs import IGNORE

_GOOD_ENOUGH = 0.95
_DEEPEST = 40
"""On a GPU depths are measured up to this many cells."""
_LOOK_EVERY = 8
"""Erosions after which a GPU is asked whether anything is left: to ask it is to wait for it."""
_LEAST_CHANCE = 0.2
"""Of an unfinished object to be clicked in a round; up to 1, drawn for each image: in one all at
once, as after many clicks in quick succession, in another one after the other."""


def cell_labels(labels: Tensor) -> Tensor:
    """Labels at the centres of the stride-4 cells: (B, S, S) to (B, S/4, S/4) int64."""
    middle = STRIDE // 2
    return labels[:, middle::STRIDE, middle::STRIDE].long()


def depth(masks: Tensor) -> Tensor:
    """Distance to the border in cells, (..., h, w) bool to float; outside counts as border.

    On a GPU by erosion with a cross and a square in turn: an octagon's distance, near enough to
    Euclid's for choosing clicks.
    """
    if masks.device.type == "cpu":
        return _euclidean_depth(masks)
    return octagonal_depth(masks)


def _euclidean_depth(masks: Tensor) -> Tensor:
    planes = F.pad(masks.flatten(0, -3), (1, 1, 1, 1)).numpy().astype(np.uint8)
    deep = [cv2.distanceTransform(plane, cv2.DIST_L2, 5)[1:-1, 1:-1] for plane in planes]
    return torch.from_numpy(np.stack(deep)).view(masks.shape)


def octagonal_depth(masks: Tensor) -> Tensor:
    """The same without leaving a GPU, to an octagon's distance."""
    inside = masks.flatten(0, -3)
    total = inside.to(torch.uint8)
    for i in range(_DEEPEST):
        padded = F.pad(inside, (1, 1, 1, 1))
        rows = padded[..., :-2] & padded[..., 1:-1] & padded[..., 2:]
        if i % 2:
            inside = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
        else:
            inside = rows[:, 1:-1] & padded[:, :-2, 1:-1] & padded[:, 2:, 1:-1]
        total += inside
        if i % _LOOK_EVERY == 0 and not inside.any():
            break
    return total.view(masks.shape).float()


def intersection_over_union(predicted: Tensor, truth: Tensor, objects: int) -> Tensor:
    """IoU of each object, (B, N); 1 where both are empty.

    Args:
        predicted: (B, h, w), 0 background, k object.
        truth: the same, -1 ignored.
        objects: N.
    """
    number = torch.arange(1, objects + 1, device=truth.device)[:, None, None]
    guess = (predicted[:, None] == number) & (truth != IGNORE)[:, None]
    mask = truth[:, None] == number
    both = (guess & mask).sum((-1, -2))
    either = (guess | mask).sum((-1, -2))
    return torch.where(either > 0, both / either.clamp(min=1), 1.0)


def add_corrections(
    clicks: ClickTensors, predicted: Tensor, labels: Tensor, objects: int
) -> ClickTensors:
    """Click where each unfinished object is most wrong (Rana et al., sec. 3.4).

    Unlike the published code every image of the batch receives its clicks.

    Args:
        clicks: made so far.
        predicted: (B, h, w) labels at stride 4.
        labels: (B, S, S) truth.
        objects: largest number of objects.

    Returns:
        `clicks` and at most one more an object.
    """
    truth = cell_labels(labels)
    number = torch.arange(1, objects + 1, device=truth.device)[:, None, None]
    mask, guess = truth[:, None] == number, predicted[:, None] == number
    known = (truth != IGNORE)[:, None]
    deep = depth(torch.stack((mask & ~guess, guess & ~mask & known), 2))  # (B, N, 2, h, w)
    missing, surplus = deep.unbind(2)
    largest = torch.stack((missing.amax((-1, -2)), surplus.amax((-1, -2))), 2)
    error = torch.where((largest[..., 0] > largest[..., 1])[..., None, None], missing, surplus)
    most = error.amax((-1, -2))
    # Half of the clicks go to the very middle of the error, half anywhere in its inner part.
    middle = torch.rand(most.shape, device=most.device) < 0.5
    threshold = torch.where(middle, most - 0.01, most / 2)[..., None, None]
    score = torch.rand(error.shape, device=error.device).masked_fill(error <= threshold, -1.0)
    cell = score.flatten(2).argmax(2)
    y = cell.div(error.shape[-1], rounding_mode="floor") * STRIDE
    x = cell % error.shape[-1] * STRIDE
    y = y + torch.randint(0, STRIDE, y.shape, device=y.device)
    x = x + torch.randint(0, STRIDE, x.shape, device=x.device)
    there = labels.flatten(1).gather(1, y * labels.shape[-1] + x).long()
    owner = torch.where(there > 0, there - 1, BACKGROUND_OWNER)
    unfinished = intersection_over_union(predicted, truth, objects) < _GOOD_ENOUGH
    made = unfinished & (most > 0) & (there != IGNORE)
    chance = _LEAST_CHANCE + (1 - _LEAST_CHANCE) * torch.rand(len(most), 1, device=most.device)
    made &= torch.rand(most.shape, device=most.device) < chance
    owner = torch.where(made, owner, PADDING_OWNER)
    time = clicks.time.amax() + 1 + torch.arange(objects, device=owner.device).expand_as(owner)
    return _without_needless_padding(
        ClickTensors(
            torch.cat((clicks.points, torch.stack((y, x), -1).float()), 1),
            torch.cat((clicks.owner, owner), 1),
            torch.cat((clicks.time, time), 1),
        )
    )


def _without_needless_padding(clicks: ClickTensors) -> ClickTensors:
    clicks = clicks.batched()
    longest = int((clicks.owner != PADDING_OWNER).sum(1).max())
    return ClickTensors(
        clicks.points[:, :longest], clicks.owner[:, :longest], clicks.time[:, :longest]
    )
