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


@dataclass(frozen=True)
class Pyramid:
    """Maps of several sizes, laid out one after the other as tokens.

    For sampling they are laid out again with a border of zeros, which stands for all that lies
    outside: places are clamped into it.

    Attributes:
        sizes: height and width of each map.
        centres: (2, T, L) place of each token, x then y, in pixels of each map.
        limits: (2, L) width and height of each map.
        strides: (L,) bordered tokens from one row to the next.
        starts: (L,) bordered token of pixel (0, 0) of each map.
    """

    sizes: tuple[Size, ...]
    centres: Tensor
    limits: Tensor
    strides: Tensor
    starts: Tensor

    @classmethod
    def of(cls, sizes: Sequence[Size], device: torch.device) -> Pyramid:
        """Lay out maps of `sizes`."""
        limits = torch.tensor([[w, h] for h, w in sizes], dtype=torch.float32, device=device).T
        places = []
        for h, w in sizes:
            y = (torch.arange(h, dtype=torch.float32, device=device) + 0.5) / h
            x = (torch.arange(w, dtype=torch.float32, device=device) + 0.5) / w
            places.append(torch.stack(torch.meshgrid(x, y, indexing="xy")).flatten(1))
        starts, total = [], 0
        for h, w in sizes:
            starts.append(total + w + 3)
            total += (h + 2) * (w + 2)
        return cls(
            sizes=tuple(sizes),
            centres=torch.cat(places, 1)[..., None] * limits[:, None] - 0.5,
            limits=limits,
            strides=limits[0] + 2,
            starts=limits.new_tensor(starts),
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

    def remember(self, values: Tensor, pyramid: Pyramid) -> Tensor:
        """Project (T, width) values into the table that queries sample: (rows, width / heads)."""
        return pyramid.bordered(self.value_proj(values)).view(-1, values.shape[-1] // self.heads)

    def forward(self, queries: Tensor, tokens: slice, table: Tensor, pyramid: Pyramid) -> Tensor:
        """Sample for some of the pyramid's tokens.

        Args:
            queries: (n, width).
            tokens: which of the pyramid's tokens they are.
            table: from `remember`.
            pyramid: the layout.

        Returns:
            (n, width).
        """
        rows, weights = self._plan(queries, tokens, pyramid)
        mixed = F.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")
        return self.output_proj(mixed.view(queries.shape))

    def _plan(self, queries: Tensor, tokens: slice, pyramid: Pyramid) -> tuple[Tensor, Tensor]:
        """Which rows of the table to sum for each query and head, and with which weights.

        Returns:
            Two (n * heads, 4 * levels * points), rows int32 and weights float32.
        """
        n, heads = len(queries), self.heads
        limits, starts, strides, centres = (
            self._per_place(t)
            for t in (pyramid.limits, pyramid.starts, pyramid.strides, pyramid.centres[:, tokens])
        )
        # x and y apart, each in long contiguous rows: (2, n, heads * levels * points).
        weight, bias = self.sampling_offsets.weight, self.sampling_offsets.bias
        offsets = [F.linear(queries, weight[axis::2], bias[axis::2]) for axis in (0, 1)]
        share = self.attention_weights(queries).view(n, heads, -1).softmax(-1).view(n, -1)
        corners, parts = [], []
        for axis in (0, 1):
            place = (offsets[axis] + centres[axis]).clamp(min=-1).minimum(limits[axis])
            corner = place.detach().floor().minimum(limits[axis] - 1)
            corners.append(corner)
            parts.append(place - corner)
        below = parts[1] * share
        above = share - below
        below_right, above_right = below * parts[0], above * parts[0]
        four = (above - above_right, above_right, below - below_right, below_right)
        weights = torch.stack([w.view(n, heads, -1) for w in four], 2)
        # Whole numbers below 2**24, which float32 holds exactly.
        token = (corners[0] + starts + corners[1] * strides).int().view(n, heads, 1, -1)
        head = torch.arange(heads, dtype=torch.int32, device=queries.device)
        down = strides.int().view(heads, -1)[0]
        to_corner = torch.stack((0 * down, 0 * down + 1, down, down + 1))  # (4, levels * points)
        rows = token * heads + (to_corner * heads + head[:, None, None])
        return rows.view(n * heads, -1), weights.view(n * heads, -1)

    def _per_place(self, of_levels: Tensor) -> Tensor:
        """(..., levels) to (..., heads * levels * points), as the linear parts order them."""
        shape = of_levels.shape
        of_places = of_levels[..., None, :, None].expand(*shape[:-1], self.heads, -1, self.points)
        return of_places.flatten(-3)
