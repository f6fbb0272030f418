"""Stochastic depth for the transformer backbones."""

from __future__ import annotations

from torch import Tensor, nn


class DropPath(nn.Module):
    """Leaves out a residual branch for whole images while training (Huang et al., ECCV 2016).

    Attributes:
        probability: of leaving it out; branches that stay are scaled up so that the mean is kept.
            Whoever trains sets it.
    """

    def __init__(self, probability: float = 0.0) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, branch: Tensor) -> Tensor:
        """Any (B, ...) to the same; unchanged outside of training."""
        if not self.training or self.probability == 0:
            return branch
        keep = 1 - self.probability
        chance = branch.new_empty(len(branch), *[1] * (branch.dim() - 1))
        return branch * (chance.bernoulli_(keep) / keep)


def drop_path_rates(maximum: float, depth: int) -> list[float]:
    """Probabilities of `depth` blocks, rising linearly from 0 to `maximum`."""
    return [maximum * i / max(depth - 1, 1) for i in range(depth)]
