"""Takes small parts of an object away where nobody clicked: what a wrong guess leaves behind."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from dynamite_widget.models.click_tensors import ClickTensors

_SMALL = 0.25
"""A part is a speck if it has less than this share of the cells of the object's largest part."""
NEIGHBOURS = np.stack((np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))))
"""Which cells (object, row, column) hang together: those of one object, diagonals included."""


def without_specks(logits: Tensor, clicks: ClickTensors, stride: int) -> Tensor:
    """Let the next best have the specks of every object of one image.

    Args:
        logits: (1, 1 + N, h, w) of the background and the objects.
        clicks: (Q, ...) unbatched; where an object was clicked no part of it is a speck.
        stride: input pixels a cell.

    Returns:
        The same with minus infinity for an object in its specks.
    """
    objects, height, width = logits.shape[1] - 1, *logits.shape[-2:]
    winner = logits[0].argmax(0).cpu().numpy()
    parts, count = ndimage.label(winner == np.arange(1, objects + 1)[:, None, None], NEIGHBOURS)
    area = np.bincount(parts.ravel(), minlength=count + 1)
    owner = np.zeros(count + 1, dtype=np.int64)
    number, y, x = parts.nonzero()
    owner[parts[number, y, x]] = number
    largest = np.zeros(objects, dtype=np.int64)
    np.maximum.at(largest, owner[1:], area[1:])
    speck = area < _SMALL * largest[owner]
    speck[parts[_clicked(clicks, stride, height, width)]] = False
    speck[0] = False
    if not speck.any():
        return logits
    there = torch.from_numpy(speck[parts]).to(logits.device)
    cleaned = logits.clone()
    cleaned[0, 1:].masked_fill_(there, float("-inf"))
    return cleaned


def _clicked(
    clicks: ClickTensors, stride: int, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Object, row and column of the cell of each click on an object."""
    on_object = clicks.owner >= 0
    owner = clicks.owner[on_object].cpu().numpy()
    cells = ((clicks.points[on_object].cpu().numpy() + 0.5) / stride).astype(np.int64)
    return owner, cells[:, 0].clip(0, height - 1), cells[:, 1].clip(0, width - 1)
