"""Translates the tensor names of published checkpoints into ours.

Theirs are grouped by kind of layer and carry detectron2's and Mask2Former's nesting; ours follow
`DynaMITe`'s modules. Shapes are the same throughout.
"""

from __future__ import annotations

import re

from dynamite_widget.models.config import DynamiteConfig

Rules = tuple[tuple[str, str], ...]
"""Patterns of a whole name and what it becomes; the first that fits applies."""

_TRANSFORMER = r"sem_seg_head\.interactive_transformer\."
_PIXELS = r"sem_seg_head\.pixel_decoder\."

_HEAD: Rules = (
    (_PIXELS + r"transformer\.level_embed", "pixel_decoder.level_embed"),
    (
        _PIXELS + r"transformer\.encoder\.layers\.(\d)\.(linear\d.*)",
        r"pixel_decoder.layers.\1.feed_forward.\2",
    ),
    (_PIXELS + r"transformer\.encoder\.layers\.(.*)", r"pixel_decoder.layers.\1"),
    (_PIXELS + r"((?:input_proj|refine|mask_features)\..*)", r"pixel_decoder.\1"),
    (
        _TRANSFORMER + r"(encoder|decoder)\.ffn_layers\.(\d)\.norm(.*)",
        r"interactive_transformer.\1.\2.feed_forward_norm\3",
    ),
    (
        _TRANSFORMER + r"(encoder|decoder)\.ffn_layers\.(\d)\.(.*)",
        r"interactive_transformer.\1.\2.feed_forward.\3",
    ),
    (
        _TRANSFORMER + r"(encoder|decoder)\.(cross|self)_attention_layers\.(\d)\.norm(.*)",
        r"interactive_transformer.\1.\3.\2_norm\4",
    ),
    (
        _TRANSFORMER + r"(encoder|decoder)\.(cross|self)_attention_layers\.(\d)"
        r"\.(?:self_attn|multihead_attn)\.(.*)",
        r"interactive_transformer.\1.\3.\2_attention.\4",
    ),
    (_TRANSFORMER + r"(.*)", r"interactive_transformer.\1"),
)

_ONE_STEP: Rules = (
    (_PIXELS + r"adapter_1\.norm\.(.*)", r"pixel_decoder.steps.0.adapter.norm.\1"),
    (_PIXELS + r"adapter_1\.(.*)", r"pixel_decoder.steps.0.adapter.conv.\1"),
    (_PIXELS + r"layer_1\.norm\.(.*)", r"pixel_decoder.steps.0.smooth.norm.\1"),
    (_PIXELS + r"layer_1\.(.*)", r"pixel_decoder.steps.0.smooth.conv.\1"),
)

_TWO_STEPS: Rules = (
    *((pattern, name.replace("steps.0", "steps.1")) for pattern, name in _ONE_STEP),
    *((pattern.replace("_1", "_2"), name) for pattern, name in _ONE_STEP),
)

_BACKBONES: dict[str, Rules] = {
    "resnet50": (
        (r"backbone\.stem\.conv1\.norm\.(.*)", r"backbone.network.bn1.\1"),
        (r"backbone\.stem\.conv1\.(.*)", r"backbone.network.conv1.\1"),
        *(
            rule
            for theirs, ours in (("2", "1"), ("3", "2"), ("4", "3"), ("5", "4"))
            for rule in (
                (
                    rf"backbone\.res{theirs}\.(\d)\.shortcut\.norm\.(.*)",
                    rf"backbone.network.layer{ours}.\1.downsample.1.\2",
                ),
                (
                    rf"backbone\.res{theirs}\.(\d)\.shortcut\.(.*)",
                    rf"backbone.network.layer{ours}.\1.downsample.0.\2",
                ),
                (
                    rf"backbone\.res{theirs}\.(\d)\.conv(\d)\.norm\.(.*)",
                    rf"backbone.network.layer{ours}.\1.bn\2.\3",
                ),
                (
                    rf"backbone\.res{theirs}\.(\d)\.conv(.*)",
                    rf"backbone.network.layer{ours}.\1.conv\2",
                ),
            )
        ),
    ),
    "hrnet32": ((r"backbone\.(.*)", r"backbone.network.\1"),),
    "segformer_b0": tuple(
        rule
        for stage in range(4)
        for rule in (
            (
                rf"backbone\.patch_embed{stage + 1}\.(.*)",
                rf"backbone.stages.{stage}.patch_embed.\1",
            ),
            (
                rf"backbone\.block{stage + 1}\.(\d)\.mlp\.dwconv\.dwconv\.(.*)",
                rf"backbone.stages.{stage}.blocks.\1.mlp.depthwise.\2",
            ),
            (rf"backbone\.block{stage + 1}\.(.*)", rf"backbone.stages.{stage}.blocks.\1"),
            (rf"backbone\.norm{stage + 1}\.(.*)", rf"backbone.stages.{stage}.norm.\1"),
        )
    ),
    "swin_tiny": (
        (r"backbone\.norm(\d)\.(.*)", r"backbone.norms.\1.\2"),
        (r"backbone\.(.*)", r"backbone.\1"),
    ),
}
_BACKBONES["swin_large"] = _BACKBONES["swin_tiny"]

_WINDOW_INDEX = re.compile(r"backbone\..*\.relative_position_index")


def is_published(names: list[str]) -> bool:
    """Whether tensor names are those of a published checkpoint, and not ours."""
    return any(name.startswith("sem_seg_head.") for name in names)


def is_derived(name: str) -> bool:
    """Whether a tensor holds no weights: Swin saves an index that follows from its window."""
    return _WINDOW_INDEX.fullmatch(name) is not None


def own_name(name: str, config: DynamiteConfig) -> str | None:
    """Our name of a published tensor; None if the network has no place for it.

    Args:
        name: in the checkpoint, with or without the `.bottom_up` that some carry.
        config: of the network it is for.
    """
    name = name.replace(".bottom_up", "", 1)
    steps = _TWO_STEPS if config.pixel_decoder.repeat_stride8 else _ONE_STEP
    for pattern, ours in (*_BACKBONES.get(config.backbone.kind, ()), *_HEAD, *steps):
        match = re.fullmatch(pattern, name)
        if match:
            return match.expand(ours)
    return None
