"""HRNet-W32 from timm, with the four branches of its last stage as they are."""

from __future__ import annotations

from torch import Tensor, nn

from dynamite_widget.models.timm_import import import_timm


class HRNet32(nn.Module):
    """HRNet-W32 (Sun et al., CVPR 2019) without any head."""

    channels = (32, 64, 128, 256)

    def __init__(self) -> None:
        super().__init__()
        self.network = import_timm().create_model(
            "hrnet_w32",
            features_only=True,
            feature_location="",  # the branches, not the classifier's wider maps
            out_indices=(1, 2, 3, 4),
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) normalised pixels to four maps (B, C, H/s, W/s)."""
        return tuple(self.network(pixels))
