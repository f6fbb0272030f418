"""Lets borders follow the photograph's colours, finer than the cells that the network computes in.

Near a border the share of an object in a pixel is about a linear function of the pixel's colour,
fitted to the cells around: the guided filter (He, Sun, Tang, "Guided Image Filtering", TPAMI 2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

_LONGEST = 2048
"""Pixels of a photograph's longer side that are kept: of larger ones a smaller copy."""
_AROUND = (-2, -1, 0, 1, 2, 3)
"""Rows and columns of cells that a fit sees, counted from the one above and left of the square."""
_NOISE = 1e-3
"""Variance of colours (0 to 1) that says nothing."""


@dataclass(frozen=True)
class ColourGuide:
    """A photograph's colours, by pixels and by the network's cells.

    Attributes:
        photograph: (H', W', 3) uint8, of the photograph's own size or smaller by a whole factor.
        cells: (3, h, w) mean colour of each cell, 0 to 1.
    """

    photograph: Tensor
    cells: Tensor

    @classmethod
    def of(cls, photograph: NDArray[np.uint8], resized: Tensor, stride: int) -> ColourGuide:
        """Keep what is needed of a photograph.

        Args:
            photograph: (H, W, 3).
            resized: (h, w, 3) uint8, as the network sees it.
            stride: its pixels a cell.
        """
        times = ceil(max(photograph.shape) / _LONGEST)
        smaller = Image.fromarray(photograph).reduce(times) if times > 1 else photograph
        colours = resized.permute(2, 0, 1)[None].float() / 255
        cells = F.avg_pool2d(colours, stride, ceil_mode=True)[0]
        return cls(torch.from_numpy(np.array(smaller)).to(resized.device), cells)

    def at(self, rows: Tensor, columns: Tensor, size: tuple[int, int]) -> Tensor:
        """Colours of pixels of the photograph, 0 to 1: (S, K, L, 3).

        Args:
            rows: (S, K) of K rows of pixels in each of S places.
            columns: (S, L).
            size: height and width of the photograph.
        """
        height, width = self.photograph.shape[:2]
        y = (rows * height).div(size[0], rounding_mode="floor")
        x = (columns * width).div(size[1], rounding_mode="floor")
        return self.photograph[y[:, :, None], x[:, None]].float() / 255

    def fit(self, shares: Tensor, y: Tensor, x: Tensor, rivals: Tensor) -> LinearShares:
        """Fit the shares of some groups in the cells around some squares to the colours there.

        Args:
            shares: (G, h, w) of all groups in all cells.
            y: (S,) row of the cell above each square; -1 at the upper edge.
            x: (S,) column of the cell left of it.
            rivals: (K, S) the groups.
        """
        height, width = shares.shape[-2:]
        around = torch.tensor(_AROUND, device=y.device)
        rows = (y[:, None] + around).clamp(0, height - 1)
        columns = (x[:, None] + around).clamp(0, width - 1)
        cells = (rows[:, :, None] * width + columns[:, None]).flatten(1)
        seen = shares.flatten(1)[rivals[..., None], cells]  # (K, S, cells)
        # Cells of the padding, which have no colour, take the nearest one's.
        rows = rows.clamp(max=self.cells.shape[1] - 1)
        columns = columns.clamp(max=self.cells.shape[2] - 1)
        colours = self.cells[:, rows[:, :, None], columns[:, None]].flatten(2)  # (3, S, cells)
        mean = colours.mean(-1, keepdim=True)
        colours = colours - mean
        count = colours.shape[-1]
        variance = torch.einsum("isn,jsn->sij", colours, colours) / count
        variance = variance + _NOISE * torch.eye(3, device=y.device)
        covariance = torch.einsum("isn,ksn->ksi", colours, seen) / count
        slope = torch.einsum("sij,ksj->ksi", _inverse(variance), covariance)
        offset = seen.mean(-1) - torch.einsum("ksi,is->ks", slope, mean[..., 0])
        return LinearShares(slope, offset)


@dataclass(frozen=True)
class LinearShares:
    """For each of K groups in each of S squares its share as a function of colour.

    Attributes:
        slope: (K, S, 3).
        offset: (K, S).
    """

    slope: Tensor
    offset: Tensor

    def of(self, colours: Tensor) -> Tensor:
        """Shares of pixels of (S, P, Q, 3) colours: (K, S, P, Q)."""
        return torch.einsum("ksi,spqi->kspq", self.slope, colours) + self.offset[..., None, None]


def _inverse(matrices: Tensor) -> Tensor:
    """Of symmetric positive (S, 3, 3), by cofactors: thousands at once."""
    a, b, c = matrices.unbind(1)
    cofactors = torch.stack([torch.linalg.cross(*pair) for pair in ((b, c), (c, a), (a, b))], 1)
    return cofactors / (a * cofactors[:, 0]).sum(-1)[:, None, None]
