"""The models by name: what each is made of, what it expects, and where its weights come from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from dynamite_widget.models.config import LITE, DynamiteConfig
from dynamite_widget.models.published import PublishedBackbone, published_config

PACKAGED_WEIGHTS = Path(__file__).parents[1] / "weights"
"""Folder of weights that come with the package."""

_Triple = tuple[float, float, float]
_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_STD = (58.395, 57.12, 57.375)
_HALF = (127.5, 127.5, 127.5)


@dataclass(frozen=True)
class ModelRecord:
    """What is known of a model without building it.

    Attributes:
        name: as in `Segmenter.load`.
        config: of its network.
        parameters: learned numbers, buffers not counted.
        mean: of red, green, blue, subtracted from 0..255.
        std: by which the rest is divided.
        short_side: of the network's input in pixels, None for the image as it is.
        long_side: bound of the input's long side.
        widest: a photograph that is wider, long over short side, has as many pixels in the input
            as one of this shape; None: more.
        checkpoint: usual file name of its weights.
        licence: of those weights.
        packaged: whether the weights are part of the package.
    """

    name: str
    config: DynamiteConfig
    parameters: int
    checkpoint: str
    licence: str
    mean: _Triple = _IMAGENET_MEAN
    std: _Triple = _IMAGENET_STD
    short_side: int | None = 800
    long_side: int | None = 1333
    widest: float | None = None
    packaged: bool = False

    @property
    def weights_path(self) -> Path | None:
        """File of the packaged weights, None if they are not at hand."""
        path = PACKAGED_WEIGHTS / self.checkpoint
        return path if self.packaged and path.is_file() else None


def _published(backbone: PublishedBackbone, parameters: int) -> ModelRecord:
    return ModelRecord(
        name=f"dynamite-{backbone.replace('_', '-')}",
        config=published_config(backbone),
        parameters=parameters,
        checkpoint=f"dynamite_{backbone}.pth",
        licence="MIT",
    )


_RECORDS = (
    ModelRecord(
        name="dynamite-lite",
        config=LITE,
        parameters=5_405_890,
        checkpoint="dynamite-lite.safetensors",
        licence="MIT, see docs/model-card.md for the photographs' terms",
        mean=_HALF,
        std=_HALF,
        short_side=448,
        long_side=None,
        widest=640 / 448,
        packaged=True,
    ),
    _published("resnet50", 48_539_008),
    _published("hrnet32", 54_136_704),
    _published("segformer_b0", 27_551_520),
    _published("swin_tiny", 51_990_394),
    _published("swin_large", 220_039_540),
)
MODELS: dict[str, ModelRecord] = {record.name: record for record in _RECORDS}


def find_model(name: str) -> ModelRecord:
    """Return the record of a model.

    Raises:
        ValueError: if there is no model of that name.
        TypeError: if `name` is no string.
    """
    if not isinstance(name, str):
        raise TypeError(f"a model is chosen by name, not by {name!r}; names: {', '.join(MODELS)}")
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no model is called {name!r}{hint} (names: {', '.join(MODELS)})")
    return MODELS[name]
