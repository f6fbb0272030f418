"""Corrective clicks to the letter of the paper, but for every image of a batch.

Rana et al., "DynaMITe", ICCV 2023, sec. 3.4. In the published code only the first image of a
GPU's batch gets them.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, PADDING_OWNER, ClickTensors
from dynamite_widget.training.paper_scenes import place
from dynamite_widget.training.photographs import IGNORE
from dynamite_widget.training.scenes import depth_of

_GOOD_ENOUGH = 0.90
_MOST_OBJECTS = 15
_SECOND_CLICK = 0.2


def add_paper_corrections(
    clicks: ClickTensors, logits: Tensor, labels: Tensor, rng: np.random.Generator
) -> ClickTensors:
    """Click where the worst objects of each image are most wrong.

    Args:
        clicks: made so far.
        logits: (B, 1 + N, h, w) of the background and the objects.
        labels: (B, S, S) truth.
        rng: source of chance.

    Returns:
        `clicks` and one or two more for each of at most 15 objects an image.
    """
    size = tuple(labels.shape[-2:])
    made = []
    for own, truth in zip(logits, labels, strict=True):  # one at a time: at full size they are many
        full = F.interpolate(own[None], size=size, mode="bilinear", align_corners=False)
        guess = full[0].argmax(0).cpu().numpy()
        made.append(corrections(guess, truth.cpu().numpy().astype(np.int32), rng))
    return _append(clicks, made)


def corrections(
    guess: NDArray[np.integer], truth: NDArray[np.int32], rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Corrections (y, x, owner) of one image, for its worst object first.

    Args:
        guess: (S, S) labels predicted.
        truth: (S, S) labels, -1 ignored.
        rng: source of chance.
    """
    known = truth != IGNORE
    errors = []
    for number in range(1, int(truth.max()) + 1):
        mask, said = truth == number, (guess == number) & known
        iou = int((mask & said).sum()) / max(1, int((mask | said).sum()))
        if iou < _GOOD_ENOUGH and mask.any():
            errors.append((iou, number, mask & ~said, said & ~mask))
    clicks = []
    for _, _, missing, surplus in sorted(errors, key=lambda e: e[:2])[:_MOST_OBJECTS]:
        of_missing, of_surplus = depth_of(missing), depth_of(surplus)
        depth = of_missing if of_missing.max() > of_surplus.max() else of_surplus
        deepest = float(depth.max())
        count = 2 if rng.random() < _SECOND_CLICK else 1
        for y, x, _owner in place(depth > deepest / 2, count, 0, rng):
            label = int(truth[y, x])
            clicks.append((y, x, label - 1 if label > 0 else BACKGROUND_OWNER))
    return clicks


def _append(clicks: ClickTensors, made: list[list[tuple[int, int, int]]]) -> ClickTensors:
    longest = max(map(len, made))
    points = clicks.points.new_zeros(len(made), longest, 2)
    owner = clicks.owner.new_full((len(made), longest), PADDING_OWNER)
    for b, new in enumerate(made):
        if new:
            values = torch.tensor(new, device=points.device)
            points[b, : len(new)] = values[:, :2].to(points.dtype)
            owner[b, : len(new)] = values[:, 2]
    # Time goes on for each image by itself; padding of earlier rounds does not count.
    real = clicks.owner != PADDING_OWNER
    newest = torch.where(real, clicks.time, -1).amax(1, keepdim=True)
    time = newest + 1 + torch.arange(longest, device=owner.device)
    return ClickTensors(
        torch.cat((clicks.points, points), 1),
        torch.cat((clicks.owner, owner), 1),
        torch.cat((clicks.time, time), 1),
    )
