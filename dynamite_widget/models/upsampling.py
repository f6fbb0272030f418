"""From logits at stride 4 to labels at the image's own size, in bounded time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.models.colour_guide import ColourGuide

_PIXELS_AT_ONCE = 1_000_000
"""Pixels near borders that are computed at once."""
_LOWEST = -1e30
"""Stands for minus infinity: between that and a number nothing could be interpolated."""
_SHARPNESS = 2.0
"""Logits times this become shares of a pixel; two groups' differ by a tanh of their distance."""
_COLOUR = 0.4
"""So much of a pixel's share comes from its colour, the rest from the logits around."""


def label_pixels(
    logits: Tensor,
    resized: tuple[int, int],
    original: tuple[int, int],
    stride: int = 4,
    guide: ColourGuide | None = None,
) -> Tensor:
    """Index of the largest logit at every pixel: (G, h, w) to (H, W) uint8, int32 where G > 256.

    Bilinear (half-pixel centres) from the cells of the resized image straight to the original
    size. In the square between four cells that one group wins, it wins everywhere. Only the other
    squares are computed, and of the groups those that can win there: fifty objects cost little
    more than one.

    Args:
        logits: (G, h, w), covering the padded input; minus infinity where a group cannot be.
        resized: height and width of the resized image within the padded input.
        original: height and width wanted.
        stride: input pixels a cell.
        guide: the photograph's colours, which count in those squares beside the logits.
    """
    cells = logits.shape[1:]
    rows, columns = (
        _Axis.of(original[i], resized[i] / original[i] / stride, cells[i], logits.device)
        for i in (0, 1)
    )
    # One more cell around makes a square also of what lies outside the outermost centres.
    logits = F.pad(logits.clamp(min=_LOWEST)[None], (1, 1, 1, 1), mode="replicate")[0]
    winner = logits.max(0).indices
    # Of large photographs most of the time is that of writing the labels.
    small = winner.to(torch.uint8 if len(logits) <= 256 else torch.int32)
    labels = small.index_select(1, columns.square).index_select(0, rows.square)
    squares = _SharedSquares.of(logits, winner, rows.seen[:, None] & columns.seen)
    shares = (_SHARPNESS * logits[:, 1:-1, 1:-1]).softmax(0)
    step = max(1, _PIXELS_AT_ONCE // (rows.pixels.shape[1] * columns.pixels.shape[1]))
    for some in squares.split(step):
        y, x = rows.pixels[some.y], columns.pixels[some.x]
        scores = some.logits(rows.parts[some.y], columns.parts[some.x])
        if guide is not None:
            fit = guide.fit(shares, some.y - 1, some.x - 1, some.rivals)
            by_colour = fit.of(guide.at(y, x, original))
            scores = (_SHARPNESS * scores).softmax(0).lerp(by_colour, _COLOUR)
        place = y[:, :, None] * original[1] + x[:, None]
        labels.view(-1).scatter_(0, place.view(-1), some.best(scores).reshape(-1).to(labels.dtype))
    return labels


@dataclass(frozen=True)
class _Axis:
    """How pixels lie between the centres of cells, along rows or columns.

    Attributes:
        square: (P,) between which cells each pixel lies: k is before cell k.
        seen: (C + 1,) whether there are pixels in a square.
        pixels: (C + 1, K) pixels of a square, the last one repeated.
        parts: (C + 1, K) how far across the square each is.
    """

    square: Tensor
    seen: Tensor
    pixels: Tensor
    parts: Tensor

    @classmethod
    def of(cls, pixels: int, scale: float, cells: int, device: torch.device) -> _Axis:
        place = (torch.arange(pixels, dtype=torch.float32, device=device) + 0.5) * scale - 0.5
        before = place.floor()
        square = before.long() + 1
        count = torch.bincount(square, minlength=cells + 1)
        step = torch.arange(int(count.max()), device=device)
        members = (count.cumsum(0) - count)[:, None] + step.minimum(count[:, None] - 1)
        members = members.clamp(0, pixels - 1)
        return cls(square, count > 0, members, (place - before)[members])


@dataclass(frozen=True)
class _SharedSquares:
    """Squares between four cells that several groups share.

    Attributes:
        y, x: (S,) rows and columns of the squares.
        corners: (4, G, S) logits at their corners, row by row.
        rivals: (K, S) groups that may win in them, in order of their numbers.
        count: (S,) how many of these K may.
    """

    y: Tensor
    x: Tensor
    corners: Tensor
    rivals: Tensor
    count: Tensor

    @classmethod
    def of(cls, logits: Tensor, winner: Tensor, seen: Tensor) -> _SharedSquares:
        """Find them.

        Args:
            logits: (G, h, w).
            winner: (h, w) the group with the largest.
            seen: (h - 1, w - 1) which squares are of interest.
        """
        winners = _corners(winner)
        y, x = ((winners[1:] != winners[0]).any(0) & seen).nonzero(as_tuple=True)
        winners = winners[:, y, x]
        width = logits.shape[2]
        first = y * width + x
        steps = first, first + 1, first + width, first + width + 1
        corners = torch.stack([logits.flatten(1).index_select(1, cell) for cell in steps])
        # Whoever is behind one other at all corners is so everywhere between them.
        behind = torch.zeros_like(corners[0], dtype=torch.bool)
        for one in winners:
            behind |= (corners <= corners.gather(1, one.expand(4, 1, -1))).all(0)
        may_win = (~behind).scatter(0, winners, value=True)
        count = may_win.sum(0)
        number = torch.arange(len(logits), 0, -1, device=logits.device)[:, None]
        rivals = (may_win * number).topk(int(count.max()) if len(count) else 0, dim=0).indices
        return cls(y, x, corners, rivals, count)

    def split(self, size: int) -> Iterator[_SharedSquares]:
        """The same, at most `size` at a time, and only those with equally many rivals together."""
        for count in self.count.unique().tolist():
            for some in (self.count == count).nonzero()[:, 0].split(size):
                rivals, corners = self.rivals[:count, some], self.corners[..., some]
                yield _SharedSquares(self.y[some], self.x[some], corners, rivals, self.count[some])

    def logits(self, down: Tensor, across: Tensor) -> Tensor:
        """Logits of the rivals within the squares: (K, S, P, Q).

        Args:
            down: (S, P) how far down its square each row of pixels is.
            across: (S, Q) how far across each column.
        """
        corners = self.corners.gather(1, self.rivals.expand(4, -1, -1))[..., None]
        above, below = torch.lerp(corners[0::2], corners[1::2], across)
        return torch.lerp(above[:, :, None], below[:, :, None], down[..., None])

    def best(self, scores: Tensor) -> Tensor:
        """Groups with the largest of (K, S, P, Q) scores: (S, P, Q)."""
        return self.rivals.gather(0, scores.max(0).indices.flatten(1).T).T.reshape(scores.shape[1:])


def _corners(cells: Tensor) -> Tensor:
    """Values around the squares between cells: (..., h, w) to (4, ..., h - 1, w - 1)."""
    ends = slice(None, -1), slice(1, None)
    return torch.stack([cells[..., y, x] for y in ends for x in ends])
