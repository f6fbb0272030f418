"""DynaMITe: from pixels to features once, from features and clicks to a label map per click.

Rana et al., "DynaMITe: Dynamic Query Bootstrapping for Multi-object Interactive Segmentation
Transformer", ICCV 2023. One network, sized by `DynamiteConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynamite_widget.models.backbones.build import build_backbone
from dynamite_widget.models.click_tensors import ClickTensors, Groups
from dynamite_widget.models.colour_guide import ColourGuide
from dynamite_widget.models.config import DynamiteConfig
from dynamite_widget.models.deformable_pixel_decoder import DeformablePixelDecoder
from dynamite_widget.models.held_clicks import and_beside, hold_clicks
from dynamite_widget.models.interactive_transformer import (
    ImageMemory,
    InteractiveTransformer,
    Prediction,
)
from dynamite_widget.models.light_pixel_decoder import LightPixelDecoder
from dynamite_widget.models.new_queries import damp_new_queries
from dynamite_widget.models.precision import Precision, computing_in
from dynamite_widget.models.previous_answer import PreviousAnswer, previous_cues
from dynamite_widget.models.query_labels import label_by_query
from dynamite_widget.models.refiner import Cues, Refiner, RefinerMemory, make_cues
from dynamite_widget.models.refining import refine_objects
from dynamite_widget.models.specks import without_specks
from dynamite_widget.models.upsampling import label_pixels

STRIDE = 4

PAD_TO = 32
"""The network's coarsest stride: sides of its input are multiples of it."""


@dataclass(frozen=True)
class ImageFeatures:
    """What the network knows of an image (or a batch of them) before the first click.

    Attributes:
        transformer: at the input's size.
        half_size: of the input at half its size, if the network looks at it.
        refiner: at the input's size, if the network has one.
        guide: the photograph's colours, if borders shall follow them.
    """

    transformer: ImageMemory
    half_size: ImageMemory | None
    refiner: RefinerMemory | None
    guide: ColourGuide | None = None

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes; what is shared between parts counts once."""
        storages = {t.untyped_storage() for t in _tensors(self)}
        return sum({s.data_ptr(): s.nbytes() for s in storages}.values())

    @property
    def device(self) -> torch.device:
        """Where the features lie."""
        return self.transformer.mask_features.device

    def to(self, device: torch.device | str) -> ImageFeatures:
        """The same on another device."""
        return _map_tensors(self, lambda t: t.to(device))


class DynaMITe(nn.Module):
    """The network. `encode` once an image, `segment` once a click.

    Args:
        config: its sizes.

    Attributes:
        precision: of matrix products and convolutions. Less than float32 is faster on many GPUs
            and moves borders by some pixels.
    """

    def __init__(self, config: DynamiteConfig) -> None:
        super().__init__()
        self.config = config
        self.precision: Precision = "float32"
        self.backbone = build_backbone(config.backbone)
        self.pixel_decoder = _build_pixel_decoder(config)
        self.interactive_transformer = InteractiveTransformer(config)
        if config.refiner:
            self.refiner = Refiner(config.refiner, config.width, config.mask_width)
        if config.half_size:
            self.half_size_share = nn.Linear(2 * config.width, 1)
            nn.init.zeros_(self.half_size_share.weight)
            nn.init.zeros_(self.half_size_share.bias)

    def encode(self, pixels: Tensor) -> ImageFeatures:
        """Compute what depends only on the image.

        Args:
            pixels: (B, 3, H, W) float32, normalised, H and W multiples of 32.
        """
        transformer, config = self.interactive_transformer, self.config
        with computing_in(self.precision, pixels.device):
            mask_features, maps = self.pixel_decoder(self.backbone(pixels))
            memory = transformer.remember(mask_features, maps)
            refiner = half_size = None
            if config.refiner:
                refiner = self.refiner.remember(mask_features, maps[2], maps[1])
            if config.half_size:
                half_size = transformer.remember(*self.pixel_decoder(self.backbone(halved(pixels))))
        return ImageFeatures(memory, half_size, refiner)

    def predict(
        self, features: ImageFeatures, clicks: ClickTensors, max_time: Tensor | None = None
    ) -> Prediction:
        """Logits of every query at stride 4."""
        memories, given = [features.transformer], [clicks]
        if features.half_size is not None:
            memories, given = [*memories, features.half_size], [clicks, clicks.halved()]
        with computing_in(self.precision, features.device):
            whole, *half = self.interactive_transformer(memories, given, max_time)
            if not half:
                return whole
            share = self.half_size_share(torch.cat((whole.queries, half[0].queries), -1))
        logits = whole.logits
        other = doubled(half[0].logits, logits)
        # Of the two, autocast may compute one in half precision and the other in full.
        share = share[..., None].sigmoid().to(logits.dtype)
        return replace(whole, logits=logits.lerp(other.to(logits.dtype), share))

    def cues(
        self,
        features: ImageFeatures,
        clicks: ClickTensors,
        groups: Groups,
        logits: Tensor,
        previous: PreviousAnswer | None = None,
    ) -> Cues:
        """What the refiner is told of each object, given `logits` (B, 1 + N, h, w) of `groups`."""
        if features.refiner is None:
            raise RuntimeError("this network has no refiner")
        clicks = clicks.batched()
        points = _in_cells(clicks)
        earlier = None
        if previous is not None:
            earlier = previous_cues(previous, clicks, points, logits.shape[1] - 1)
        appearance = features.refiner.appearance
        return make_cues(logits, points, appearance, groups.of_clicks(clicks.owner), earlier)

    def segment(
        self,
        features: ImageFeatures,
        clicks: ClickTensors,
        resized: tuple[int, int],
        original: tuple[int, int],
        previous: PreviousAnswer | None = None,
    ) -> Tensor:
        """Label every pixel of one image.

        Args:
            features: of the image.
            clicks: (Q, ...) unbatched, at least one.
            resized: height and width of the image within the padded input.
            original: height and width of the label map wanted.
            previous: the answer to the earlier ones of these clicks; a network without a refiner
                does not ask for it.

        Returns:
            (H, W) whole numbers: 0 background, i + 1 the i-th object.
        """
        prediction = self.predict(features, clicks)
        if self.config.maximum_after_upsampling:
            labels = prediction.groups.labels(prediction.logits.shape[1])
            return label_by_query(prediction.logits[0].float(), labels, resized, original)
        logits = prediction.groups.maxima(prediction.logits).float()
        if features.refiner is not None:
            logits = to_refine(prediction, logits, clicks, previous)
            cues = self.cues(features, clicks, prediction.groups, logits, previous)
            logits = refine_objects(self.refiner, features.refiner, cues, logits)
            logits = hold_clicks(logits, and_beside(clicks, STRIDE), STRIDE, refined=True)
            logits = without_specks(logits, clicks, STRIDE)
        return label_pixels(logits[0], resized, original, STRIDE, features.guide)


def to_refine(
    prediction: Prediction,
    logits: Tensor,
    clicks: ClickTensors,
    previous: PreviousAnswer | None = None,
) -> Tensor:
    """Logits (B, 1 + N, h, w) of the groups as the refiner gets them: no click floods or is lost.

    Args:
        prediction: whose queries speak.
        logits: maxima of its groups, in float32.
        clicks: (Q, ...) of one image, or (B, Q, ...) padded.
        previous: the answer to the earlier ones of these clicks.
    """
    if previous is not None:
        given = clicks.batched()
        speaking = prediction.logits, prediction.groups
        logits = damp_new_queries(logits, *speaking, given, _in_cells(given), previous)
    return hold_clicks(logits, clicks, STRIDE)


def _in_cells(clicks: ClickTensors) -> Tensor:
    """Where clicks lie in maps at stride 4."""
    return (clicks.points + 0.5) / STRIDE - 0.5


def halved(pixels: Tensor) -> Tensor:
    """Half the size of (B, 3, H, W), again padded with 0 to multiples of 32."""
    height, width = (n // 2 for n in pixels.shape[-2:])
    return F.pad(F.avg_pool2d(pixels, 2), (0, -width % PAD_TO, 0, -height % PAD_TO))


def doubled(maps: Tensor, like: Tensor) -> Tensor:
    """Maps (..., h, w) of the input at half its size at the size of `like`."""
    height, width = like.shape[-2:]
    large = F.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
    return large[..., :height, :width]


def _build_pixel_decoder(config: DynamiteConfig) -> nn.Module:
    if config.pixel_decoder.kind == "light":
        return LightPixelDecoder(
            config.backbone.channels,
            config.width,
            config.mask_width,
            config.heads,
            config.pixel_decoder.context_depth,
        )
    return DeformablePixelDecoder(
        config.backbone.channels,
        config.width,
        config.mask_width,
        config.heads,
        repeat_stride8=config.pixel_decoder.repeat_stride8,
    )


def _tensors(value: Any) -> Iterator[Tensor]:  # noqa: ANN401 - any nesting of records and tuples
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _tensors(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _tensors(getattr(value, field.name))


def _map_tensors(value: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_map_tensors(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _map_tensors(getattr(value, f.name), change) for f in fields(value)}
        return replace(value, **changed)
    return value
