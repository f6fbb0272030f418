"""A feature pyramid from timm."""

from __future__ import annotations

from torch import Tensor, nn

from dynamite_widget.models.timm_import import import_timm


class TimmFeatures(nn.Module):
    """Maps at strides 4, 8, 16 and 32 of a timm network, without its weights.

    Args:
        name: in timm's registry.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.network = import_timm().create_model(
            name, features_only=True, out_indices=(1, 2, 3, 4), pretrained=False
        )

    def forward(self, pixels: Tensor) -> list[Tensor]:
        """(B, 3, H, W) to four maps, finest first."""
        return self.network(pixels)
