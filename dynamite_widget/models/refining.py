"""Applies the refiner to every object of an image, but only where that object may be.

Many objects on a large image would each cost a pass over all of it. A first pass at half the
resolution shows roughly where each object ends up; the second refines it there, and there alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.models.refiner import (
    Cues,
    Refiner,
    RefinerMemory,
    Window,
    own_and_best_other,
)

_FEW = 3
"""Up to so many objects are refined everywhere: looking for windows would cost as much."""
_BEHIND = 1.0
"""Where the first pass puts an object this far behind its rival, it is not."""
_MARGIN = 8
"""Cells around a window, and around clicks, that are refined as well."""
_STEP = 16
"""Windows are so many cells long, or a multiple: those of one size share a pass of the network."""


def refine_objects(refiner: Refiner, memory: RefinerMemory, cues: Cues, logits: Tensor) -> Tensor:
    """Correct the logits of all objects of one image.

    Args:
        refiner: in evaluation mode.
        memory: of the image.
        cues: of its objects.
        logits: (1, 1 + N, h, w) of the background and the objects.

    Returns:
        The same with corrections; minus infinity where an object was not looked for.
    """
    objects, cells = logits.shape[1] - 1, logits.shape[2:]
    if objects <= _FEW:
        windows = [(slice(0, cells[0]), slice(0, cells[1]))] * objects
    else:
        windows = _find_windows(refiner, memory, cues, logits)
    refined = torch.full_like(logits, float("-inf"))
    refined[:, 0] = logits[:, 0]
    for index in _of_one_size(windows):
        own = [windows[i] for i in index]
        image = tuple(
            torch.cat([x[..., _coarser(r, 2**i), _coarser(c, 2**i)] for r, c in own])
            for i, x in enumerate(memory.image)
        )
        corrections = refiner(cues.in_windows(index, own), image)[:, 0]
        for i, (rows, columns), correction in zip(index, own, corrections, strict=True):
            place = (0, 1 + i, rows, columns)
            refined[place] = logits[place] + correction
    return refined


def _of_one_size(windows: Sequence[Window]) -> Iterable[list[int]]:
    """Numbers of the windows that one pass of the network can take together."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, (rows, columns) in enumerate(windows):
        size = rows.stop - rows.start, columns.stop - columns.start
        groups.setdefault(size, []).append(i)
    return groups.values()


def _find_windows(
    refiner: Refiner, memory: RefinerMemory, cues: Cues, logits: Tensor
) -> list[Window]:
    """Refine all objects at half the resolution and see where they are."""
    half = cues.at_half_resolution()
    batch = torch.zeros(logits.shape[1] - 1, dtype=torch.int64, device=logits.device)
    index = torch.arange(len(batch), device=logits.device)
    image = tuple(F.avg_pool2d(x, 2) for x in memory.image)
    correction = refiner(half.of_objects(batch, index), image)[:, 0]
    background = F.avg_pool2d(logits[:, :1], 2)
    own, rival = own_and_best_other(torch.cat((background, half.own + correction), 1))
    near_click = half.near[0, :, 0] > -float((_MARGIN // 2) ** 2)
    maybe = ((own - rival)[0] > -_BEHIND) | near_click
    rows, columns = maybe.any(2).cpu(), maybe.any(1).cpu()
    return [(_span(r), _span(c)) for r, c in zip(rows, columns, strict=True)]


def _span(inside: Tensor) -> slice:
    """Stride-4 cells around the half-resolution cells that are set: a multiple of `_STEP` long."""
    places, cells = inside.nonzero(), 2 * len(inside)
    start = max(0, 2 * int(places[0]) - _MARGIN) // 4 * 4
    stop = min(cells, 2 * int(places[-1]) + 2 + _MARGIN)
    length = min(cells, -(-(stop - start) // _STEP) * _STEP)
    start = min(start, cells - length)
    return slice(start, start + length)


def _coarser(span: slice, factor: int) -> slice:
    return slice(span.start // factor, span.stop // factor)
