"""The paper's loss: every mask by itself, at points of its own, of every prediction.

Rana et al., "DynaMITe", ICCV 2023, sec. 3.4, after Cheng et al., Mask2Former, CVPR 2022, sec. 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.training.photographs import IGNORE

_OVERSAMPLING = 3
_UNCERTAIN = 0.75
_ENTROPY, _DICE = 5.0, 5.0


def paper_loss(predictions: Sequence[Tensor], labels: Tensor, points: int) -> Tensor:
    """Binary cross-entropy and dice of the background and each object, summed over predictions.

    Args:
        predictions: of each (B, 1 + N, h, w) maxima of the groups, minus infinity where there is
            no such group.
        labels: (B, S, S) truth, -1 ignored.
        points: points a mask.
    """
    groups = predictions[0].shape[1]
    image, group = torch.isfinite(predictions[0][:, :, 0, 0]).nonzero(as_tuple=True)
    truth = (labels[image] == group[:, None, None]).float()[:, None]
    known = (labels != IGNORE).float()[image][:, None]
    if groups == 0 or not len(image):
        raise ValueError("there is nothing to supervise: no group has a query")
    total = torch.zeros((), device=labels.device)
    for logits in predictions:
        total = total + _mask_loss(logits[image, group][:, None], truth, known, points)
    return total


def _mask_loss(logits: Tensor, truth: Tensor, known: Tensor, points: int) -> Tensor:
    """Mean over masks: logits (M, 1, h, w) against truth (M, 1, S, S)."""
    grid = _choose(logits.detach(), points)
    values = _sample(logits, grid)
    weight = _sample(known, grid)
    target = _sample(truth, grid)
    entropy = F.binary_cross_entropy_with_logits(values, target, reduction="none")
    entropy = (entropy * weight).sum(1) / weight.sum(1).clamp(min=1)
    chance = values.sigmoid() * weight
    target = target * weight
    dice = 1 - (2 * (chance * target).sum(1) + 1) / (chance.sum(1) + target.sum(1) + 1)
    return (_ENTROPY * entropy + _DICE * dice).mean()


def _choose(logits: Tensor, count: int) -> Tensor:
    """Points (M, count, 2), three quarters where the logit is nearest to 0, the rest anywhere."""
    masks, uncertain = len(logits), int(_UNCERTAIN * count)
    candidates = torch.rand(masks, _OVERSAMPLING * count, 2, device=logits.device) * 2 - 1
    index = _sample(logits, candidates).abs().topk(uncertain, largest=False).indices
    hard = candidates.gather(1, index[..., None].expand(-1, -1, 2))
    anywhere = torch.rand(masks, count - uncertain, 2, device=logits.device) * 2 - 1
    return torch.cat((hard, anywhere), 1)


def _sample(maps: Tensor, grid: Tensor) -> Tensor:
    """Bilinear values of (M, 1, h, w) at points (M, P, 2): (M, P)."""
    values = F.grid_sample(maps, grid[:, :, None].to(maps.dtype), align_corners=False)
    return values[:, 0, :, 0]
