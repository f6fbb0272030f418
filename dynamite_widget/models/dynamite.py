"""DynaMITe: from pixels to features once, from features and clicks to a label map per click.

Rana et al., "DynaMITe: Dynamic Query Bootstrapping for Multi-object Interactive Segmentation
Transformer", ICCV 2023. One network, sized by `DynamiteConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from dynamite_widget.models.backbones.build import build_backbone
from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.config import DynamiteConfig
from dynamite_widget.models.deformable_pixel_decoder import DeformablePixelDecoder
from dynamite_widget.models.interactive_transformer import (
    ImageMemory,
    InteractiveTransformer,
    Prediction,
)
from dynamite_widget.models.light_pixel_decoder import LightPixelDecoder
from dynamite_widget.models.precision import Precision, computing_in
from dynamite_widget.models.query_labels import label_by_query
from dynamite_widget.models.refiner import Cues, Refiner, RefinerMemory, make_cues
from dynamite_widget.models.refining import refine_objects
from dynamite_widget.models.upsampling import label_pixels

STRIDE = 4


@dataclass(frozen=True)
class ImageFeatures:
    """What the network knows of an image (or a batch of them) before the first click."""

    transformer: ImageMemory
    refiner: RefinerMemory | None

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

    def encode(self, pixels: Tensor) -> ImageFeatures:
        """Compute what depends only on the image.

        Args:
            pixels: (B, 3, H, W) float32, normalised, H and W multiples of 32.
        """
        with computing_in(self.precision, pixels.device):
            mask_features, maps = self.pixel_decoder(self.backbone(pixels))
            refiner = None
            if self.config.refiner:
                refiner = self.refiner.remember(mask_features, maps[2], maps[1])
            memory = self.interactive_transformer.remember(mask_features, maps)
        return ImageFeatures(memory, refiner)

    def predict(
        self, features: ImageFeatures, clicks: ClickTensors, max_time: Tensor | None = None
    ) -> Prediction:
        """Logits of every query at stride 4."""
        with computing_in(self.precision, features.device):
            return self.interactive_transformer(features.transformer, clicks, max_time)

    def cues(self, features: ImageFeatures, clicks: ClickTensors, prediction: Prediction) -> Cues:
        """What the refiner is told of each object after `prediction`."""
        if features.refiner is None:
            raise RuntimeError("this network has no refiner")
        clicks = clicks.batched()
        batch, queries = prediction.logits.shape[:2]
        statics = queries - clicks.owner.shape[1]
        points = (clicks.points + 0.5) / STRIDE - 0.5
        points = torch.cat((points, points.new_zeros(batch, statics, 2)), 1)
        clicked = torch.cat(
            (clicks.owner >= -1, torch.zeros_like(points[:, :statics, 0], dtype=torch.bool)), 1
        )
        return make_cues(
            prediction.logits, points, clicked, features.refiner.appearance, prediction.groups
        )

    def segment(
        self,
        features: ImageFeatures,
        clicks: ClickTensors,
        resized: tuple[int, int],
        original: tuple[int, int],
    ) -> Tensor:
        """Label every pixel of one image.

        Args:
            features: of the image.
            clicks: (Q, ...) unbatched, at least one.
            resized: height and width of the image within the padded input.
            original: height and width of the label map wanted.

        Returns:
            (H, W) int64: 0 background, i + 1 the i-th object.
        """
        prediction = self.predict(features, clicks)
        if self.config.maximum_after_upsampling:
            labels = prediction.groups.labels(prediction.logits.shape[1])
            return label_by_query(prediction.logits[0].float(), labels, resized, original)
        logits = prediction.groups.maxima(prediction.logits)
        if features.refiner is not None:
            cues = self.cues(features, clicks, prediction)
            logits = refine_objects(self.refiner, features.refiner, cues, logits)
        return label_pixels(logits[0].float(), resized, original)


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
