"""Translates the tensor names of published checkpoints into ours, and back.

Theirs are grouped by kind of layer and carry detectron2's and Mask2Former's nesting; ours follow
`DynaMITe`'s modules. Shapes are the same throughout.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dynamite_widget.models.config import DynamiteConfig

Pairs = tuple[tuple[str, str], ...]
"""Their name and ours. {n}, {m} stand for a number, {rest} for anything, equal on both sides; the
first pair that fits a name applies."""

_THEIR_TRANSFORMER = "sem_seg_head.interactive_transformer"
_THEIR_PIXELS = "sem_seg_head.pixel_decoder"


def _layers(kind: str, attention: str, part: str) -> Pairs:
    theirs, ours = f"{_THEIR_TRANSFORMER}.{part}", f"interactive_transformer.{part}"
    return (
        (
            f"{theirs}.{kind}_attention_layers.{{n}}.norm.{{rest}}",
            f"{ours}.{{n}}.{kind}_norm.{{rest}}",
        ),
        (
            f"{theirs}.{kind}_attention_layers.{{n}}.{attention}.{{rest}}",
            f"{ours}.{{n}}.{kind}_attention.{{rest}}",
        ),
        (
            f"{theirs}.ffn_layers.{{n}}.norm.{{rest}}",
            f"{ours}.{{n}}.feed_forward_norm.{{rest}}",
        ),
        (f"{theirs}.ffn_layers.{{n}}.{{rest}}", f"{ours}.{{n}}.feed_forward.{{rest}}"),
    )


def _step(theirs: int, ours: int) -> Pairs:
    """One step of the pixel decoder to a finer map; the norms are nested in the convolutions."""
    return tuple(
        pair
        for their_part, our_part in (("adapter", "adapter"), ("layer", "smooth"))
        for pair in (
            (
                f"{_THEIR_PIXELS}.{their_part}_{theirs}.norm.{{rest}}",
                f"pixel_decoder.steps.{ours}.{our_part}.norm.{{rest}}",
            ),
            (
                f"{_THEIR_PIXELS}.{their_part}_{theirs}.{{rest}}",
                f"pixel_decoder.steps.{ours}.{our_part}.conv.{{rest}}",
            ),
        )
    )


_HEAD: Pairs = (
    (f"{_THEIR_PIXELS}.transformer.level_embed", "pixel_decoder.level_embed"),
    (
        f"{_THEIR_PIXELS}.transformer.encoder.layers.{{n}}.linear{{rest}}",
        "pixel_decoder.layers.{n}.feed_forward.linear{rest}",
    ),
    (
        f"{_THEIR_PIXELS}.transformer.encoder.layers.{{n}}.{{rest}}",
        "pixel_decoder.layers.{n}.{rest}",
    ),
    *(
        (f"{_THEIR_PIXELS}.{part}.{{rest}}", f"pixel_decoder.{part}.{{rest}}")
        for part in ("input_proj", "refine", "mask_features")
    ),
    *_layers("cross", "multihead_attn", "encoder"),
    *_layers("self", "self_attn", "encoder"),
    *_layers("cross", "multihead_attn", "decoder"),
    (f"{_THEIR_TRANSFORMER}.{{rest}}", "interactive_transformer.{rest}"),
)


def _resnet_stage(theirs: int, ours: int) -> Pairs:
    their_block, our_block = f"backbone.res{theirs}.{{n}}", f"backbone.network.layer{ours}.{{n}}"
    return (
        (f"{their_block}.shortcut.norm.{{rest}}", f"{our_block}.downsample.1.{{rest}}"),
        (f"{their_block}.shortcut.{{rest}}", f"{our_block}.downsample.0.{{rest}}"),
        (f"{their_block}.conv{{m}}.norm.{{rest}}", f"{our_block}.bn{{m}}.{{rest}}"),
        (f"{their_block}.conv{{m}}.{{rest}}", f"{our_block}.conv{{m}}.{{rest}}"),
    )


def _mit_stage(theirs: int, ours: int) -> Pairs:
    stage = f"backbone.stages.{ours}"
    return (
        (f"backbone.patch_embed{theirs}.{{rest}}", f"{stage}.patch_embed.{{rest}}"),
        (
            f"backbone.block{theirs}.{{n}}.mlp.dwconv.dwconv.{{rest}}",
            f"{stage}.blocks.{{n}}.mlp.depthwise.{{rest}}",
        ),
        (f"backbone.block{theirs}.{{rest}}", f"{stage}.blocks.{{rest}}"),
        (f"backbone.norm{theirs}.{{rest}}", f"{stage}.norm.{{rest}}"),
    )


_SWIN: Pairs = (
    ("backbone.norm{n}.{rest}", "backbone.norms.{n}.{rest}"),
    ("backbone.{rest}", "backbone.{rest}"),
)
_BACKBONES: dict[str, Pairs] = {
    "resnet50": (
        ("backbone.stem.conv1.norm.{rest}", "backbone.network.bn1.{rest}"),
        ("backbone.stem.conv1.{rest}", "backbone.network.conv1.{rest}"),
        *(pair for stage in range(1, 5) for pair in _resnet_stage(stage + 1, stage)),
    ),
    "hrnet32": (("backbone.{rest}", "backbone.network.{rest}"),),
    "segformer_b0": tuple(pair for stage in range(4) for pair in _mit_stage(stage + 1, stage)),
    "swin_tiny": _SWIN,
    "swin_large": _SWIN,
}
_ONE_STEP = _step(1, 0)
_TWO_STEPS = (*_step(2, 0), *_step(1, 1))

_WINDOW_INDEX = re.compile(r"backbone\..*\.relative_position_index")


def is_published(names: list[str]) -> bool:
    """Whether tensor names are those of a published checkpoint, and not ours."""
    return any(name.startswith("sem_seg_head.") for name in names)


def is_derived(name: str) -> bool:
    """Whether a tensor holds no weights: Swin saves an index that follows from its window."""
    return _WINDOW_INDEX.fullmatch(name) is not None


def published_name(name: str, config: DynamiteConfig) -> str:
    """Their name of one of our tensors.

    Args:
        name: as in `DynaMITe.state_dict()`.
        config: of a published network or of one of its ablations.

    Raises:
        ValueError: if published networks have no such tensor.
    """
    pairs = _BACKBONES.get(config.backbone.kind, ()) + _HEAD
    pairs += _TWO_STEPS if config.pixel_decoder.repeat_stride8 else _ONE_STEP
    for theirs, ours in pairs:
        match = _pattern(ours).fullmatch(name)
        if match:
            return theirs.format(**match.groupdict())
    raise ValueError(f"published networks have no tensor {name!r}")


def without_detectron2(name: str) -> str:
    """Some published names have detectron2's ".bottom_up" in front of the backbone's own."""
    return name.replace(".bottom_up", "", 1)


@lru_cache(maxsize=256)
def _pattern(template: str) -> re.Pattern[str]:
    pattern = re.escape(template)
    for field, what in (("n", r"\d+"), ("m", r"\d+"), ("rest", ".*")):
        pattern = pattern.replace(re.escape(f"{{{field}}}"), f"(?P<{field}>{what})")
    return re.compile(pattern)
