"""From logits at stride 4 to labels at the image's own size, in bounded memory."""

from __future__ import annotations

import torch
from torch import Tensor

_CHUNK_ELEMENTS = 8_000_000
"""Logits held at once at full size, over all groups."""


def label_pixels(logits: Tensor, resized: tuple[int, int], original: tuple[int, int]) -> Tensor:
    """Index of the largest logit at every pixel: (G, h, w) to (H, W) int64.

    Bilinear (half-pixel centres) from the stride-4 cells of the resized image straight to the
    original size; rows are made in chunks, so that 50 objects on 50 megapixels fit in memory.

    Args:
        logits: (G, h, w), covering the padded input.
        resized: height and width of the resized image within the padded input.
        original: height and width wanted.
    """
    groups = logits.shape[0]
    height, width = original
    low, high, part = _neighbours(width, resized[1] / width / 4, logits.shape[2], logits.device)
    wide = torch.lerp(logits[:, :, low], logits[:, :, high], part)
    low, high, part = _neighbours(height, resized[0] / height / 4, logits.shape[1], logits.device)
    labels = torch.empty(height, width, dtype=torch.int64, device=logits.device)
    rows = max(1, _CHUNK_ELEMENTS // (groups * width))
    for start in range(0, height, rows):
        chunk = slice(start, start + rows)
        full = torch.lerp(wide[:, low[chunk]], wide[:, high[chunk]], part[chunk, None])
        labels[chunk] = _argmax(full)
    return labels


def _neighbours(
    count: int, scale: float, cells: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """For each of `count` pixels the two cells around its centre, and how far between they are."""
    place = (torch.arange(count, dtype=torch.float32, device=device) + 0.5) * scale - 0.5
    place = place.clamp(0, cells - 1)
    low = place.floor().long()
    return low, (low + 1).clamp(max=cells - 1), place - low


def _argmax(logits: Tensor) -> Tensor:
    """Argmax over the first dimension, one group after the other: faster than `argmax` on a CPU."""
    best = logits[0].clone()
    label = torch.zeros(best.shape, dtype=torch.int64, device=logits.device)
    for index in range(1, logits.shape[0]):
        better = logits[index] > best
        torch.maximum(best, logits[index], out=best)
        label.masked_fill_(better, index)
    return label
