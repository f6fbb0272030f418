"""Losses at importance-sampled points (Cheng et al., Mask2Former, sec. 3.3; PointRend)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.training.photographs import IGNORE

_OVERSAMPLING = 3
_UNCERTAIN = 0.6
_NEAR_OBJECTS = 0.2


@dataclass(frozen=True)
class Points:
    """Where the loss of a batch is taken.

    Attributes:
        grid: (B, P, 2) of x, y in -1..1, as `grid_sample` has them.
        truth: (B, 1 + N, P) float, one-hot labels, background first.
        known: (B, 1, P) float, 0 where the label is ignored.
        exists: (B, 1 + N) bool: groups that have queries.
    """

    grid: Tensor
    truth: Tensor
    known: Tensor
    exists: Tensor

    def sample(self, logits: Tensor) -> Tensor:
        """Bilinear values of (B, G, h, w) at the points: (B, G, P)."""
        return _sample(logits, self.grid)


def choose_points(logits: Tensor, labels: Tensor, count: int) -> Points:
    """Choose points: most where the best two groups are close, some near objects, some anywhere.

    Args:
        logits: (B, 1 + N, h, w) maxima of the groups; minus infinity where there is no such group.
        labels: (B, S, S) truth.
        count: points an image.
    """
    batch, groups = logits.shape[:2]
    side = labels.shape[-1]
    uncertain, near = int(_UNCERTAIN * count), int(_NEAR_OBJECTS * count)
    candidates = torch.rand(batch, _OVERSAMPLING * count, 2, device=logits.device) * 2 - 1
    values = _sample(logits.detach().clamp(min=-50), candidates)
    best = values.topk(2, dim=1).values
    index = (best[:, 0] - best[:, 1]).topk(uncertain, largest=False).indices
    hard = candidates.gather(1, index[..., None].expand(-1, -1, 2))
    anywhere = candidates[:, : count - uncertain - near]
    grid = torch.cat((hard, _near_objects(labels, near), anywhere), 1)
    cell = ((grid + 1) / 2 * side).long().clamp(0, side - 1)
    there = labels.flatten(1).gather(1, cell[..., 1] * side + cell[..., 0]).long()
    truth = F.one_hot(there.clamp(min=0), groups).float().transpose(1, 2)
    exists = torch.isfinite(logits[:, :, 0, 0])
    return Points(grid, truth, (there != IGNORE).float()[:, None], exists)


def _near_objects(labels: Tensor, count: int) -> Tensor:
    """Points close to object pixels, so that small objects are not missed."""
    side = labels.shape[-1]
    weight = (labels > 0).flatten(1).float() + 1e-4
    pixel = torch.multinomial(weight, count, replacement=True)
    place = torch.stack((pixel % side, pixel.div(side, rounding_mode="floor")), -1).float()
    place = place + torch.randn_like(place) * 0.03 * side
    return ((place + 0.5) / side * 2 - 1).clamp(-1, 1)


def _sample(logits: Tensor, grid: Tensor) -> Tensor:
    values = F.grid_sample(
        logits, grid[:, :, None], mode="bilinear", align_corners=False, padding_mode="border"
    )
    return values[..., 0]


def exclusive_loss(logits: Tensor, points: Points) -> Tensor:
    """Cross-entropy and dice of masks that exclude each other: softmax over the groups.

    Args:
        logits: (B, 1 + N, h, w).
        points: from `choose_points`.
    """
    values = points.sample(logits.clamp(min=-50)).masked_fill(~points.exists[..., None], -1e4)
    log_p = values.log_softmax(1)
    entropy = -(log_p * points.truth).sum(1, keepdim=True) * points.known
    entropy = entropy.sum() / points.known.sum().clamp(min=1)
    return entropy + _dice(log_p.exp(), points, first=1)


def independent_loss(logits: Tensor, points: Points) -> Tensor:
    """Binary cross-entropy and dice of each group by itself, as in the paper.

    Args:
        logits: (B, 1 + N, h, w).
        points: from `choose_points`.
    """
    values = points.sample(logits.clamp(min=-50))
    exists = points.exists[..., None].float()
    entropy = F.binary_cross_entropy_with_logits(values, points.truth, reduction="none")
    weight = exists * points.known
    entropy = (entropy * weight).sum() / weight.sum().clamp(min=1)
    return entropy + _dice(values.sigmoid(), points, first=0)


def _dice(probabilities: Tensor, points: Points, first: int) -> Tensor:
    """Mean of 1 - dice over the groups from `first` on."""
    p = (probabilities * points.known)[:, first:]
    truth = (points.truth * points.known)[:, first:]
    exists = points.exists[:, first:].float()
    dice = 1 - (2 * (p * truth).sum(2) + 1) / (p.sum(2) + truth.sum(2) + 1)
    return (dice * exists).sum() / exists.sum().clamp(min=1)
