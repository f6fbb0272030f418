"""What a DynaMITe network is made of: one frozen record sizes all its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ClickEncoding = Literal["spatio_temporal", "spatial", "temporal", "none"]


@dataclass(frozen=True)
class BackboneConfig:
    """A feature pyramid at strides 4, 8, 16 and 32.

    Attributes:
        kind: which network; `timm` takes `timm_name`, the others are the published five's.
        channels: channels of the four maps, finest first.
        timm_name: name in timm's registry, for `kind="timm"`.
    """

    kind: Literal["timm", "resnet50", "hrnet32", "segformer_b0", "swin_tiny", "swin_large"]
    channels: tuple[int, int, int, int]
    timm_name: str = ""


@dataclass(frozen=True)
class PixelDecoderConfig:
    """What turns backbone maps into three attended maps and the mask features.

    Attributes:
        kind: `deformable` is the published one (spec A3); `light` a convolutional pyramid.
        context_depth: self-attention blocks over the stride-32 map (`light` only).
        repeat_stride8: the second stride-8 pyramid step which HRNet's declared strides cause.
    """

    kind: Literal["deformable", "light"]
    context_depth: int = 0
    repeat_stride8: bool = False


@dataclass(frozen=True)
class TransformerConfig:
    """The interactive transformer (Rana et al., ICCV 2023, sec. 3.3).

    Attributes:
        encoder_depth: layers in which queries attend to the maps, coarse to fine in turn.
        encoder_hidden: width of their feed-forward part.
        decoder_depth: layers in which pixels attend to the queries; 0 leaves the decoder out.
        decoder_hidden: width of their feed-forward part.
        decoder_stride: 4 updates the mask features themselves, 8 a coarser copy added to them.
        static_queries: learned background queries that need no click.
        click_encoding: what of a click's place and time enters its query position.
        spatial_prior: add a learned function of the distance to the click to every prediction
            and to the decoder's attention.
        click_roles: tell queries who belongs to the same object and who is background.
        fine_content: sample the stride-4 mask features for a click's content, too.
        padding_takes_part: in batches, shorter click lists are filled with a frozen query that
            acts as background, as in the published code; otherwise padding is masked out.
    """

    encoder_depth: int = 9
    encoder_hidden: int = 2048
    decoder_depth: int = 5
    decoder_hidden: int = 512
    decoder_stride: Literal[4, 8] = 4
    static_queries: int = 9
    click_encoding: ClickEncoding = "spatio_temporal"
    spatial_prior: bool = False
    click_roles: bool = False
    fine_content: bool = False
    padding_takes_part: bool = True


@dataclass(frozen=True)
class RefinerConfig:
    """The per-object network that answers a click where it was made.

    Attributes:
        channels: width at strides 4, 8 and 16.
    """

    channels: tuple[int, int, int] = (24, 48, 64)


@dataclass(frozen=True)
class DynamiteConfig:
    """One DynaMITe network.

    Attributes:
        width: channels of maps and queries.
        mask_width: channels of the stride-4 mask features.
        heads: attention heads everywhere.
        refiner: None for the published networks.
        half_size: the transformer also answers on the image at half its size, where a query sees
            large objects whole; each query learns to what share its logits come from there.
        colour_guide: borders follow the photograph's colours (`models/colour_guide.py`); not in the
            published networks.
        maximum_after_upsampling: resize every query's logits in two steps, to the network's input
            and then to the photograph, before taking the maximum over an object's clicks, as the
            published networks do (spec A7); otherwise take the maximum first, and resize once.
    """

    backbone: BackboneConfig
    pixel_decoder: PixelDecoderConfig
    transformer: TransformerConfig
    width: int = 256
    mask_width: int = 256
    heads: int = 8
    refiner: RefinerConfig | None = None
    half_size: bool = False
    colour_guide: bool = False
    maximum_after_upsampling: bool = False


LITE = DynamiteConfig(
    backbone=BackboneConfig("timm", (24, 40, 112, 320), "tf_efficientnet_lite0"),
    pixel_decoder=PixelDecoderConfig("light", context_depth=2),
    transformer=TransformerConfig(
        encoder_depth=6,
        encoder_hidden=256,
        decoder_depth=2,
        decoder_hidden=256,
        decoder_stride=8,
        spatial_prior=True,
        click_roles=True,
        fine_content=True,
        padding_takes_part=False,
    ),
    width=128,
    mask_width=64,
    refiner=RefinerConfig(),
    half_size=True,
    colour_guide=True,
)
"""The embedded model, `dynamite-lite`."""
