"""Multi-scale deformable attention in plain PyTorch, fast on a CPU.

Zhu et al., "Deformable DETR", ICLR 2021. Each query looks at a few places of each map, with
bilinear sampling. Sampling one place is a weighted sum of four pixels, and so is a weighted sum of
places: all of it is one sparse product, for which `embedding_bag` has fast kernels. Pixels that lie
side by side in channels are read at once, which `grid_sample` cannot do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Size = tuple[int, int]

_QUERIES_AT_ONCE = 2048
"""Bounds the memory of sampling indices, and keeps them in the processor's cache."""


@dataclass(frozen=True)
class Pyramid:
    """Maps of several sizes, laid out one after the other as tokens, and again with a zero border.

    The border stands for all that lies outside: places are clamped into it.

    Attributes:
        sizes: height and width of each map.
        centres: (T, L, 1, 2) place (x, y) of each token in pixels of each map.
        limits: (L, 1, 2) width and height of each map.
        strides: (L, 1, 2) steps in the bordered tokens for one pixel right and one down.
        starts: (L, 1) bordered token of pixel (0, 0) of each map.
    """

    sizes: tuple[Size, ...]
    centres: Tensor
    limits: Tensor
    strides: Tensor
    starts: Tensor

    @classmethod
    def of(cls, sizes: Sequence[Size], device: torch.device) -> Pyramid:
        """Lay out maps of `sizes`."""
        limits = torch.tensor([[w, h] for h, w in sizes], dtype=torch.float32, device=device)
        places = []
        for h, w in sizes:
            y = (torch.arange(h, dtype=torch.float32, device=device) + 0.5) / h
            x = (torch.arange(w, dtype=torch.float32, device=device) + 0.5) / w
            places.append(torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).flatten(0, 1))
        centres = torch.cat(places)[:, None] * limits - 0.5
        strides = torch.tensor([[1, w + 2] for _, w in sizes], dtype=torch.float32, device=device)
        starts, total = [], 0
        for h, w in sizes:
            starts.append(total + w + 3)
            total += (h + 2) * (w + 2)
        return cls(
            tuple(sizes),
            centres[:, :, None],
            limits[:, None],
            strides[:, None],
            torch.tensor(starts, dtype=torch.float32, device=device)[:, None],
        )

    @property
    def counts(self) -> list[int]:
        """Tokens of each map."""
        return [h * w for h, w in self.sizes]

    def bordered(self, tokens: Tensor) -> Tensor:
        """(T, C) to (T', C): every map with one pixel of zeros all round."""
        parts = []
        for part, (h, w) in zip(tokens.split(self.counts), self.sizes, strict=True):
            parts.append(F.pad(part.view(h, w, -1), (0, 0, 1, 1, 1, 1)).flatten(0, 1))
        return torch.cat(parts)


class DeformableAttention(nn.Module):
    """Each query samples `points` places around its own on every level, for every head.

    Args:
        width: channels of queries and values.
        heads: attention heads.
        levels: maps sampled.
        points: places sampled on each.
    """

    def __init__(self, width: int, heads: int, levels: int = 3, points: int = 4) -> None:
        super().__init__()
        self.heads, self.levels, self.points = heads, levels, points
        self.sampling_offsets = nn.Linear(width, heads * levels * points * 2)
        self.attention_weights = nn.Linear(width, heads * levels * points)
        self.value_proj = nn.Linear(width, width)
        self.output_proj = nn.Linear(width, width)
        self._spread_offsets()

    def _spread_offsets(self) -> None:
        """Let every head look in its own direction at first, further with each point."""
        angle = torch.arange(self.heads) * (2 * torch.pi / self.heads)
        direction = torch.stack((angle.cos(), angle.sin()), -1)
        direction = direction / direction.abs().amax(-1, keepdim=True)
        reach = torch.arange(1, self.points + 1)
        offsets = direction[:, None, None] * reach[:, None]
        nn.init.zeros_(self.sampling_offsets.weight)
        with torch.no_grad():
            self.sampling_offsets.bias.copy_(offsets.expand(-1, self.levels, -1, -1).flatten())
        nn.init.zeros_(self.attention_weights.weight)
        nn.init.zeros_(self.attention_weights.bias)
        for linear in (self.value_proj, self.output_proj):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, queries: Tensor, values: Tensor, pyramid: Pyramid) -> Tensor:
        """(B, T, width) queries, one for each token of the pyramid, and values to (B, T, width)."""
        values = self.value_proj(values)
        return torch.stack(
            [self._attend(q, v, pyramid) for q, v in zip(queries, values, strict=True)]
        )

    def _attend(self, queries: Tensor, values: Tensor, pyramid: Pyramid) -> Tensor:
        table = pyramid.bordered(values).view(-1, values.shape[-1] // self.heads)
        mixed = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            part = slice(start, start + _QUERIES_AT_ONCE)
            rows, weights = self._plan(queries[part], pyramid.centres[part], pyramid)
            bags = F.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")
            mixed.append(self.output_proj(bags.view(-1, values.shape[-1])))
        return torch.cat(mixed)

    def _plan(self, queries: Tensor, centres: Tensor, pyramid: Pyramid) -> tuple[Tensor, Tensor]:
        """Which rows of the table to sum for each query and head, and with which weights.

        Returns:
            Two (n * heads, levels * points * 4), rows int32 and weights float32.
        """
        grid = (self.heads, self.levels, self.points)
        offsets = self.sampling_offsets(queries).unflatten(-1, (*grid, 2))
        share = self.attention_weights(queries).unflatten(-1, (self.heads, -1)).softmax(-1)
        share = share.unflatten(-1, grid[1:])
        place = (centres[:, None] + offsets).clamp(min=-1).minimum(pyramid.limits)
        corner = place.detach().floor().minimum(pyramid.limits - 1)
        right, down = (place - corner).unbind(-1)
        below = down * share
        above = share - below
        from_below, from_above = below * right, above * right
        weights = torch.stack(
            (above - from_above, from_above, below - from_below, from_below), -1
        )
        # Whole numbers below 2**24: float32 holds them exactly, and is faster than int64.
        token = (corner * pyramid.strides).sum(-1) + pyramid.starts
        head = torch.arange(self.heads, dtype=torch.int32, device=queries.device)[:, None, None]
        first = token.int() * self.heads + head
        down_by = (pyramid.strides[..., 1].int() * self.heads)
        below_first = first + down_by
        rows = torch.stack(
            (first, first + self.heads, below_first, below_first + self.heads), -1
        )
        return rows.view(-1, weights[0, 0].numel()), weights.view(-1, weights[0, 0].numel())
