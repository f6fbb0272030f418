"""Applies the refiner to every object of an image, but only where that object may be.

Many objects on a large image would each cost a pass over all of it. A first pass at half the
resolution shows roughly where each object ends up; the second refines it there, and there alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.models.refiner import (
    EVERYWHERE,
    Cues,
    Refiner,
    RefinerMemory,
    Window,
    own_and_best_other,
)

_FEW = 3
"""Up to so many objects are refined everywhere: looking for windows would cost as much."""
_BEHIND = 2.0
"""Where the first pass puts an object this far behind its rival, it is not."""
_MARGIN = 8
"""Cells around a window, and around clicks, that are refined as well."""


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
    objects = logits.shape[1] - 1
    if objects <= _FEW:
        windows = [EVERYWHERE] * objects
    else:
        windows = _find_windows(refiner, memory, cues, logits)
    refined = torch.full_like(logits, float("-inf"))
    refined[:, 0] = logits[:, 0]
    for index, (rows, columns) in enumerate(windows):
        image = tuple(
            x[..., _coarser(rows, 2**i), _coarser(columns, 2**i)]
            for i, x in enumerate(memory.image)
        )
        correction = refiner(cues.of_object(0, index, (rows, columns)), image)[0, 0]
        place = (0, 1 + index, rows, columns)
        refined[place] = logits[place] + correction
    return refined


def _find_windows(
    refiner: Refiner, memory: RefinerMemory, cues: Cues, logits: Tensor
) -> list[Window]:
    """Refine all objects at half the resolution and see where they are."""
    half = cues.at_half_resolution()
    batch = torch.zeros(logits.shape[1] - 1, dtype=torch.int64, device=logits.device)
    index = torch.arange(len(batch), device=logits.device)
    image = tuple(F.avg_pool2d(x, 2) for x in memory.image)
    correction = refiner(half.of_object(batch, index, EVERYWHERE), image)[:, 0]
    background = F.avg_pool2d(logits[:, :1], 2)
    own, rival = own_and_best_other(torch.cat((background, half.own + correction), 1))
    near_click = half.near[0, :, 0] > -float((_MARGIN // 2) ** 2)
    maybe = ((own - rival)[0] > -_BEHIND) | near_click
    rows, columns = maybe.any(2).cpu(), maybe.any(1).cpu()
    return [(_span(r), _span(c)) for r, c in zip(rows, columns, strict=True)]


def _span(inside: Tensor) -> slice:
    """Stride-4 cells, in multiples of 4, around the half-resolution cells that are set."""
    places = inside.nonzero()
    start = max(0, 2 * int(places[0]) - _MARGIN) // 4 * 4
    stop = min(2 * len(inside), -(-(2 * int(places[-1]) + 2 + _MARGIN) // 4) * 4)
    return slice(start, stop)


def _coarser(span: slice, factor: int) -> slice:
    return span if span.start is None else slice(span.start // factor, span.stop // factor)
