"""Recipes: how each model is trained from ImageNet weights, and how any of them is fine-tuned.

Those of the published five are Rana et al.'s (DynaMITe, ICCV 2023) and its repository's configs
for COCO+LVIS: 32 images a step, 50 epochs, 100 for Swin-L.
"""

from __future__ import annotations

from dataclasses import replace

from dynamite_widget.models.registry import find_model
from dynamite_widget.training.config import TrainingConfig

_PAPER = TrainingConfig(
    protocol="paper",
    crop=1024,
    batch=32,
    steps=184_375,
    warmup=0,
    cooldown=0.0,
    drops=(8 / 9, 26 / 27),
    learning_rate=1e-4,
    backbone_factor=0.1,
    clip=0.01,
    ema=0.0,
    rounds=3,
    first_answer=False,
    supervised=tuple(range(9)),
    max_objects=30,
    scale=(0.1, 2.0),
    paste=0.0,
    points=12_544,
    seed=2091831170,
    set_weights={},
)

_LITE = TrainingConfig(
    # Edges and textures at strides 2 and 4 are known from ImageNet; to learn them anew would take
    # a tenth of a step.
    frozen=tuple(
        f"backbone.network.{part}." for part in ("conv_stem", "bn1", "blocks.0", "blocks.1")
    ),
    scale=(0.55, 1.4),
    short_side=find_model("dynamite-lite").short_side,
    widest=find_model("dynamite-lite").widest,
    closer=0.4,
    alone=0.6,
    crowding=0.5,
    set_alone={"dsb2018_nuclei": 0.25},
    turned=("leaves_ara2013canon", "cwfid", "dsb2018_nuclei", "food_plates", "fruits_nuts"),
)

_RECIPES = (
    _LITE,
    replace(_PAPER, model="dynamite-resnet50"),
    replace(_PAPER, model="dynamite-hrnet32", batch_norm="all"),
    replace(
        _PAPER,
        model="dynamite-segformer-b0",
        drop_path=0.1,
        frozen=("backbone.stages.0.",),
    ),
    replace(_PAPER, model="dynamite-swin-tiny", drop_path=0.3),
    replace(_PAPER, model="dynamite-swin-large", drop_path=0.3, steps=368_750),
)
RECIPES: dict[str, TrainingConfig] = {recipe.model: recipe for recipe in _RECIPES}
"""By name of the model."""

ABLATION = replace(
    RECIPES["dynamite-swin-tiny"],
    batch=128,
    steps=46_500,
    drops=(41_000 / 46_500, 44_400 / 46_500),
    learning_rate=5e-4,
)
"""How the paper trained the variants of `models.published.ablation`."""


def fine_tuning(model: str) -> TrainingConfig:
    """How a trained model is adapted to a few images: gently, its backbone hardly at all.

    Raises:
        ValueError: if there is no such model.
    """
    record = find_model(model)
    return TrainingConfig(
        model=record.name,
        # The published models see photographs at twice the embedded one's size.
        crop=256 if record.config.refiner else 512,
        batch=4,
        steps=200,
        warmup=20,
        cooldown=0.6,
        learning_rate=5e-5,
        backbone_factor=0.02,
        clip=0.5,
        ema=0.98,
        batch_norm="frozen",
        rounds=3,
        supervised=RECIPES[record.name].supervised,
        # The whole photograph, half as large, to parts of it as they are.
        scale=(0.4, 1.0),
        paste=0.2,
        set_weights={},
    )
