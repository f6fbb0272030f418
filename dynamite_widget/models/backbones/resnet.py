"""ResNet-50 as detectron2 builds it: timm's network with frozen normalisation."""

from __future__ import annotations

from torch import Tensor, nn

from dynamite_widget.models.timm_import import import_timm


class ResNet50(nn.Module):
    """ResNet-50 (He et al., CVPR 2016) with stride in the 3x3 convolutions.

    Its BatchNorm never learns: scale, shift and statistics are constants (detectron2's FrozenBN).
    """

    channels = (256, 512, 1024, 2048)

    def __init__(self) -> None:
        super().__init__()
        timm = import_timm()
        network = timm.create_model("resnet50", features_only=True, out_indices=(1, 2, 3, 4))
        self.network = timm.layers.freeze_batch_norm_2d(network)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) normalised pixels to four maps (B, C, H/s, W/s)."""
        return tuple(self.network(pixels))
