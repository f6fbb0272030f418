"""How much a click says about a pixel by their distance alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SIGMAS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Widths of the Gaussians, in parts of the input's longer side."""


def pixel_centres(count: int, length: int, device: torch.device) -> Tensor:
    """Centres of `count` cells that cover `length` input pixels, in input pixels: (count,)."""
    return (torch.arange(count, dtype=torch.float32, device=device) + 0.5) * (length / count) - 0.5


class SpatialPrior(nn.Module):
    """Learned sums of Gaussians of the distance between a click and a pixel.

    Attention learns where a click is from sine codes only slowly; this tells it from the start.
    Gaussians separate into rows and columns, so a map costs one small matrix product.

    Args:
        outputs: independent sums computed at once (one a prediction, or one an attention head).
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        # One row of weights for clicks on objects, one for background clicks, one for the rest
        # (static queries, which have no place and so keep zero).
        self.weight = nn.Parameter(torch.zeros(2, outputs, len(_SIGMAS)))
        self.offset = nn.Parameter(torch.zeros(3, outputs))

    def forward(
        self,
        points: Tensor,
        role: Tensor,
        size: tuple[int, int],
        cells: tuple[int, int],
        outputs: slice,
    ) -> Tensor:
        """The sums `outputs` for every click and cell.

        Args:
            points: (B, Q, 2) y, x in input pixels.
            role: (B, Q) 0 on an object, 1 background, 2 static (its points are ignored).
            size: input height and width.
            cells: height and width of the map wanted.
            outputs: which sums, O of them.

        Returns:
            (B, O, Q, *cells).
        """
        # The offset counts as one more Gaussian, of endless width: a pass over the maps less.
        sigma = points.new_tensor((*_SIGMAS, float("inf"))) * max(size)
        placed = (role < 2)[..., None, None]
        weight = self.weight[:, outputs][role.clamp(max=1)] * placed  # (B, Q, O, S)
        weight = torch.cat((weight, self.offset[:, outputs][role][..., None]), -1)

        def profile(axis: int) -> Tensor:
            centres = pixel_centres(cells[axis], size[axis], points.device)
            distance = centres - points[..., axis, None]  # (B, Q, cells)
            return torch.exp(-0.5 * (distance[:, :, None] / sigma[:, None]) ** 2)

        rows, columns = profile(0), profile(1)  # (B, Q, S + 1, cells)
        weighted = weight.transpose(1, 2)[..., None] * rows[:, None]  # (B, O, Q, S + 1, h)
        return torch.matmul(weighted.transpose(3, 4), columns[:, None])
