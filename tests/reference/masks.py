"""From logits to masks, written out plainly from the specification (part A7)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def label_map(
    logits: Tensor, clicks: list[int], resized: tuple[int, int], original: tuple[int, int]
) -> Tensor:
    """Label every pixel of the original image.

    Args:
        logits: (Q, h4, w4), queries of object 0, object 1, ..., then all others.
        clicks: how many queries each object has.
        resized: size of the image within the padded input.
        original: size of the photograph.

    Returns:
        (H, W): 0..N-1 the objects, N.. the remaining queries, one by one.
    """
    padded = [4 * side for side in logits.shape[-2:]]
    full = F.interpolate(logits[None], padded, mode="bilinear", align_corners=False)
    full = full[..., : resized[0], : resized[1]]
    full = F.interpolate(full, original, mode="bilinear", align_corners=False)[0]
    parts = full.split([*clicks, len(full) - sum(clicks)])
    objects = [part.max(0).values for part in parts[:-1]]
    return torch.cat((torch.stack(objects), parts[-1])).argmax(0)
