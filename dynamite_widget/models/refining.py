"""Applies the refiner to every object of an image, but only where that object may be.

Many objects on a large image would each cost a pass over all of it. An object that was answered
before and not clicked since is where it was. For the others a search at a quarter of the resolution
shows roughly where each ends up; the second pass refines it there, and there alone.
"""

from __future__ import annotations

from math import ceil

import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

from dynamite_widget.models.interruption import next_step
from dynamite_widget.models.refiner import Cues, Refiner, RefinerMemory, own_and_best_other
from dynamite_widget.models.specks import NEIGHBOURS
from dynamite_widget.models.windows import Size, Window, share_passes

_FEW = 2
"""Up to so many objects are refined everywhere: to look for them costs as much."""
_COARSER = 4
"""For the search, squares of about so many cells are one."""
_BEHIND = 2.0
"""Where the search puts an object this far behind its rival, it is not."""
_NEARLY = 1.0
"""Nor is it in a whole region without its clicks in which it is this far behind everywhere."""
_NEAR = 2.0
"""So near to its clicks, in cells of the search, an object is refined in any case."""
_MARGIN = 2
"""Cells around what the search found that are refined as well."""


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
    refined = torch.full_like(logits, float("-inf"))
    refined[:, 0] = logits[:, 0]
    windows = find_windows(refiner, memory, cues, logits[:, :1])
    while windows:
        passes = share_passes(windows, _size(logits))
        for some in passes:
            next_step()
            image = tuple(
                torch.cat([window.of(x, 2**i) for window in some])
                for i, x in enumerate(memory.image)
            )
            corrections = refiner(cues.in_windows(some), image)[:, 0]
            for window, correction in zip(some, corrections, strict=True):
                answer = window.of(logits[0, 1 + window.index]) + correction
                # Windows of one object may overlap.
                place = window.of(refined[0, 1 + window.index])
                torch.maximum(place, answer, out=place)
        windows = _too_small([window for some in passes for window in some], refined)
    return refined


def _too_small(windows: list[Window], refined: Tensor) -> list[Window]:
    """Larger ones for those whose object wins at their edge: it would end in a straight line."""
    winner = refined[0].max(0).indices.cpu().numpy()
    return [
        larger
        for window in windows
        if (larger := window.extended(winner == 1 + window.index)) != window
    ]


def find_windows(
    refiner: Refiner, memory: RefinerMemory, cues: Cues, background: Tensor
) -> list[Window]:
    """Say where objects are: where they were, or where refining them coarsely shows them.

    Args:
        refiner: in evaluation mode.
        memory: of the image.
        cues: of its objects.
        background: (1, 1, h, w) logits.

    Returns:
        For each object one or more.
    """
    cells = _size(background)
    settled = cues.settled()
    sought = [i for i, known in enumerate(settled) if not known]
    rows, columns = coarser = _coarser(cells)
    were = _where_they_were(cues, settled, coarser)
    if len(sought) <= _FEW:
        return [*(Window(i, 0, 0, cells) for i in sought), *_windows(were, were, cells)]
    image = tuple(
        F.adaptive_avg_pool2d(x, (rows // 2**i, columns // 2**i))
        for i, x in enumerate(memory.image)
    )
    coarse = cues.resized(coarser)
    corrected = coarse.own.clone()
    everything = [Window(i, 0, 0, coarser) for i in sought]
    corrected[:, sought] += refiner(coarse.in_windows(everything), image)[:, 0]
    background = F.adaptive_avg_pool2d(background, coarser)
    own, rival = own_and_best_other(torch.cat((background, corrected), 1))
    clicked = coarse.near[0, sought, 0] > -(_NEAR**2)
    ahead = (own - rival)[0, sought]
    maybe, somewhere = were.clone(), were.clone()
    maybe[sought] = (ahead > -_BEHIND) | clicked
    somewhere[sought] = (ahead > -_NEARLY) | clicked
    return _windows(maybe, somewhere, cells)


def _where_they_were(cues: Cues, settled: list[bool], coarser: Size) -> Tensor:
    """Where objects that were answered before and not clicked since are: (N, *coarser) bool.

    Nothing for all others.
    """
    if cues.previous is None:
        return torch.zeros(len(settled), *coarser, dtype=torch.bool, device=cues.own.device)
    there = (cues.previous.mask[0] > 0) | (cues.near[0, :, 0] > -((_COARSER * _NEAR) ** 2))
    there &= torch.tensor(settled, device=there.device)[:, None, None]
    return F.adaptive_max_pool2d(there.float(), coarser) > 0


def _windows(maybe: Tensor, somewhere: Tensor, cells: Size) -> list[Window]:
    """Windows around the parts of a coarse map (N, h, w) in which objects may be.

    Args:
        maybe: where each object may be.
        somewhere: a part without any such place is left out.
        cells: of the maps wanted.
    """
    regions, _ = ndimage.label(maybe.cpu().numpy(), NEIGHBOURS)
    wanted = set(regions[somewhere.cpu().numpy()].tolist())
    scale = cells[0] / maybe.shape[1], cells[1] / maybe.shape[2]
    return [
        Window.around(each.start, _scaled(y, scale[0]), _scaled(x, scale[1]), cells)
        for region, (each, y, x) in enumerate(ndimage.find_objects(regions), start=1)
        if region in wanted
    ]


def _coarser(cells: Size) -> Size:
    """Size of the maps in which objects are looked for."""
    rows, columns = (max(4, round(n / _COARSER / 4) * 4) for n in cells)
    return rows, columns


def _scaled(found: slice, scale: float) -> slice:
    """What the search found along one side, in stride-4 cells, with the margin."""
    return slice(int(found.start * scale) - _MARGIN, ceil(found.stop * scale) + _MARGIN)


def _size(maps: Tensor) -> Size:
    height, width = maps.shape[-2:]
    return height, width
