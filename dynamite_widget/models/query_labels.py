"""Labels as the published networks make them: every query's logits are resized on their own.

Spec A7: logits at stride 4 are resized to the network's input, cropped, and resized to the
photograph; only then the maximum over an object's clicks is taken. Both steps are bilinear and so
one sum over at most three cells a row and three a column, which is what is computed here, and only
where a query can win at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_STRIDE = 4
_TAPS = 3
_PIXELS_AT_ONCE = 2_000_000
_ROUNDING = 1e-3
"""Queries this near to winning are computed: more than the error of float32 sums."""


@dataclass(frozen=True)
class Axis:
    """How each pixel of a row or a column is a sum of cells.

    Attributes:
        first: (P,) the first of three neighbouring cells.
        weights: (P, 3) of these, not negative, with sum 1.
    """

    first: Tensor
    weights: Tensor

    @classmethod
    def of(cls, cells: int, resized: int, original: int, device: torch.device) -> Axis:
        """Two bilinear steps along one axis: cells to input pixels, these to `original` pixels."""
        low, high, part = _between(original, resized / original, resized)
        fine_low, fine_high, fine_part = _between(cells * _STRIDE, 1 / _STRIDE, cells)
        first = fine_low[low].clamp(max=max(0, cells - _TAPS))
        weights = torch.zeros(original, _TAPS, dtype=torch.float64)
        for pixel, share in ((low, 1 - part), (high, part)):
            for cell, inner in ((fine_low, 1 - fine_part), (fine_high, fine_part)):
                tap = cell[pixel] - first
                weights.scatter_add_(1, tap[:, None], (share * inner[pixel])[:, None])
        return cls(first.to(device), weights.float().to(device))

    def pixels_of(self, cells: slice, within: slice) -> slice:
        """The pixels of `within` whose first cell is one of `cells`."""
        start = int(torch.searchsorted(self.first, cells.start))
        stop = int(torch.searchsorted(self.first, cells.stop))
        return slice(max(start, within.start), min(stop, within.stop))


def label_by_query(
    logits: Tensor,
    labels: Sequence[int],
    resized: tuple[int, int],
    original: tuple[int, int],
) -> Tensor:
    """Label of the query with the largest logit at every pixel; of equals the first.

    Args:
        logits: (Q, h, w), covering the padded input.
        labels: of each query.
        resized: height and width of the resized image within the padded input.
        original: height and width wanted.

    Returns:
        (H, W) int64.
    """
    height, width = original
    # Three cells are needed in either direction, also of the smallest image.
    logits = F.pad(
        logits[None],
        (0, max(0, _TAPS - logits.shape[2]), 0, max(0, _TAPS - logits.shape[1])),
        mode="replicate",
    )[0]
    rows = Axis.of(logits.shape[1], resized[0], height, logits.device)
    columns = Axis.of(logits.shape[2], resized[1], width, logits.device)
    spans = [_span(near) for near in _may_win(logits)]
    label_map = torch.zeros(height, width, dtype=torch.int64, device=logits.device)
    at_once = max(1, _PIXELS_AT_ONCE // width)
    for top in range(0, height, at_once):
        band = slice(top, min(top + at_once, height))
        best = logits.new_full((band.stop - band.start, width), float("-inf"))
        for query, label, span in zip(logits, labels, spans, strict=True):
            if span is None:
                continue
            down = rows.pixels_of(span[0], band)
            across = columns.pixels_of(span[1], slice(0, width))
            if down.start >= down.stop or across.start >= across.stop:
                continue
            mine = _resize(query, rows, columns, down, across)
            place = slice(down.start - top, down.stop - top), across
            better = mine > best[place]
            best[place] = torch.maximum(best[place], mine)
            label_map[down, across].masked_fill_(better, label)
    return label_map


def _between(pixels: int, scale: float, cells: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cells before and after each pixel's centre, and how far between (half-pixel rule)."""
    place = (torch.arange(pixels, dtype=torch.float64) + 0.5) * scale - 0.5
    place = place.clamp(0, cells - 1)
    low = place.floor().long()
    return low, (low + 1).clamp(max=cells - 1), place - low


def _may_win(logits: Tensor) -> Tensor:
    """Where a query's largest of 3x3 cells reaches what another surely has: (Q, h - 2, w - 2)."""
    most = F.max_pool2d(logits, _TAPS, 1)
    least = -F.max_pool2d(-logits, _TAPS, 1)
    return most >= least.amax(0) - _ROUNDING


def _span(inside: Tensor) -> tuple[slice, slice] | None:
    """Rows and columns of what is set, or None."""
    spans = []
    for line in (inside.any(1), inside.any(0)):
        places = line.nonzero()
        if not len(places):
            return None
        spans.append(slice(int(places[0]), int(places[-1]) + 1))
    return spans[0], spans[1]


def _resize(cells: Tensor, rows: Axis, columns: Axis, down: slice, across: slice) -> Tensor:
    """Values of some pixels, (down, across), from a map of cells (h, w)."""
    top, left = rows.first[down], columns.first[across]
    start, stop = int(top[0]), int(top[-1]) + _TAPS
    band = cells[start:stop]
    wide = band.index_select(1, left) * columns.weights[across, 0]
    for tap in range(1, _TAPS):
        wide = wide + band.index_select(1, left + tap) * columns.weights[across, tap]
    full = wide.index_select(0, top - start) * rows.weights[down, 0, None]
    for tap in range(1, _TAPS):
        full = full + wide.index_select(0, top - start + tap) * rows.weights[down, tap, None]
    return full
