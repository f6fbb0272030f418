"""From logits at stride 4 to labels at the image's own size, in bounded time and memory."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_CHUNK_PIXELS = 4_000_000
"""Pixels of full size held at once."""
_HOPELESS = 8.0
"""A group this far behind the best in all cells around a pixel does not win it between them."""


def label_pixels(
    logits: Tensor, resized: tuple[int, int], original: tuple[int, int], stride: int = 4
) -> Tensor:
    """Index of the largest logit at every pixel: (G, h, w) to (H, W) int64.

    Bilinear (half-pixel centres) from the cells of the resized image straight to the original
    size. The first group is computed everywhere, each other one only around the cells where it is
    near the best, and rows are made in chunks: fifty objects on fifty megapixels cost little more
    than one, in time and in memory.

    Args:
        logits: (G, h, w), covering the padded input; minus infinity where a group cannot be, the
            first one excepted.
        resized: height and width of the resized image within the padded input.
        original: height and width wanted.
        stride: input pixels a cell.
    """
    height, width = original
    rows = _Axis.of(height, resized[0] / height / stride, logits.shape[1], logits.device)
    columns = _Axis.of(width, resized[1] / width / stride, logits.shape[2], logits.device)
    best_cell = logits.amax(0)
    spans = [_span(group > best_cell - _HOPELESS) for group in logits[1:]]
    labels = torch.zeros(height, width, dtype=torch.int64, device=logits.device)
    step = max(1, _CHUNK_PIXELS // width)
    for top in range(0, height, step):
        chunk = slice(top, min(top + step, height))
        best = _interpolate(logits[0], rows, columns, chunk, slice(0, width))
        for index, span in enumerate(spans, start=1):
            if span is None:
                continue
            down = rows.pixels_near(span[0], chunk)
            across = columns.pixels_near(span[1], slice(0, width))
            if down.start >= down.stop or across.start >= across.stop:
                continue
            mine = _interpolate(logits[index], rows, columns, down, across)
            place = slice(down.start - top, down.stop - top), across
            better = mine > best[place]
            # Between minus infinity and a number lies NaN, which wins nothing and hides nothing.
            best[place] = torch.fmax(best[place], mine)
            labels[down, across].masked_fill_(better, index)
    return labels


@dataclass(frozen=True)
class _Axis:
    """Between which cells each pixel of a row or column lies.

    Attributes:
        low, high: (P,) cells before and after the pixel's centre.
        part: (P,) how far from the one to the other.
    """

    low: Tensor
    high: Tensor
    part: Tensor

    @classmethod
    def of(cls, pixels: int, scale: float, cells: int, device: torch.device) -> _Axis:
        place = (torch.arange(pixels, dtype=torch.float32, device=device) + 0.5) * scale - 0.5
        place = place.clamp(0, cells - 1)
        low = place.floor().long()
        return cls(low, (low + 1).clamp(max=cells - 1), place - low)

    def pixels_near(self, cells: slice, within: slice) -> slice:
        """The pixels of `within` that lie at or between the given cells and their neighbours."""
        start = int(torch.searchsorted(self.high, cells.start))
        stop = int(torch.searchsorted(self.low, cells.stop))
        return slice(max(start, within.start), min(stop, within.stop))


def _interpolate(cells: Tensor, rows: _Axis, columns: _Axis, down: slice, across: slice) -> Tensor:
    """Bilinear values (down, across) of a map of cells (h, w)."""
    first, last = int(rows.low[down.start]), int(rows.high[down.stop - 1]) + 1
    band = cells[first:last]
    low, high = columns.low[across], columns.high[across]
    wide = torch.lerp(band.index_select(1, low), band.index_select(1, high), columns.part[across])
    low, high = rows.low[down] - first, rows.high[down] - first
    return torch.lerp(wide.index_select(0, low), wide.index_select(0, high), rows.part[down, None])


def _span(near: Tensor) -> tuple[slice, slice] | None:
    """Rows and columns of the cells that are set, or None."""
    if not near.any():
        return None
    spans = []
    for line in (near.any(1), near.any(0)):
        places = line.nonzero()
        spans.append(slice(int(places[0]), int(places[-1]) + 1))
    return spans[0], spans[1]
