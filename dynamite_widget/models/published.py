"""Configs of the five published networks, and of their ablations.

Rana et al., "DynaMITe", ICCV 2023, and its repository's configs for COCO+LVIS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from dynamite_widget.models.config import (
    BackboneConfig,
    ClickEncoding,
    DynamiteConfig,
    PixelDecoderConfig,
    TransformerConfig,
)

PublishedBackbone = Literal["resnet50", "hrnet32", "segformer_b0", "swin_tiny", "swin_large"]

CHANNELS: dict[PublishedBackbone, tuple[int, int, int, int]] = {
    "resnet50": (256, 512, 1024, 2048),
    "hrnet32": (32, 64, 128, 256),
    "segformer_b0": (32, 64, 160, 256),
    "swin_tiny": (96, 192, 384, 768),
    "swin_large": (192, 384, 768, 1536),
}


def published_config(backbone: PublishedBackbone) -> DynamiteConfig:
    """Config of the network published with `backbone`."""
    return DynamiteConfig(
        backbone=BackboneConfig(backbone, CHANNELS[backbone]),
        pixel_decoder=PixelDecoderConfig("deformable", repeat_stride8=backbone == "hrnet32"),
        transformer=TransformerConfig(),
        maximum_after_upsampling=True,
    )


def ablation(
    config: DynamiteConfig,
    *,
    click_encoding: ClickEncoding = "spatio_temporal",
    decoder: bool = True,
    static_queries: bool = True,
) -> DynamiteConfig:
    """Return the config with parts left out, as in the paper's ablations (sec. 4.3).

    Args:
        config: of a published network.
        click_encoding: what of a click's place and time its query is told.
        decoder: whether the mask features are updated by the queries.
        static_queries: whether there are learned background queries.
    """
    whole = config.transformer
    transformer = replace(
        whole,
        click_encoding=click_encoding,
        decoder_depth=whole.decoder_depth if decoder else 0,
        static_queries=whole.static_queries if static_queries else 0,
    )
    return replace(config, transformer=transformer)
