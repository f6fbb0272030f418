"""Makes a backbone from its config."""

from __future__ import annotations

from torch import nn

from dynamite_widget.models.config import BackboneConfig


def build_backbone(config: BackboneConfig) -> nn.Module:
    """Make the backbone, with weights as initialised."""
    # Imported here, so that one network does not pay for the import of all others.
    match config.kind:
        case "timm":
            from dynamite_widget.models.backbones.timm_features import TimmFeatures

            return TimmFeatures(config.timm_name)
        case "resnet50":
            from dynamite_widget.models.backbones.resnet import ResNet50

            return ResNet50()
        case "hrnet32":
            from dynamite_widget.models.backbones.hrnet import HRNet32

            return HRNet32()
        case "segformer_b0":
            from dynamite_widget.models.backbones.mit import MiTB0

            return MiTB0()
        case "swin_tiny":
            from dynamite_widget.models.backbones.swin import swin_tiny

            return swin_tiny()
        case "swin_large":
            from dynamite_widget.models.backbones.swin import swin_large

            return swin_large()
    raise ValueError(f"no backbone {config.kind!r}")
