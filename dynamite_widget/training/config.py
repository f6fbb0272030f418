"""How a training run is set up: one frozen record, written beside the weights it made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

SET_WEIGHTS: dict[str, float] = {
    "coco_train": 16.0,
    "coco_mval": 16.0,
    "coco_person": 10.0,
    "coco_4cat": 6.0,
    "coco_tiny2": 4.0,
    "coco_bench": 1.5,
    "pets": 7.0,
    "feral_cats": 5.0,
    "general50": 4.0,
    "balloons": 3.0,
    "dogcat": 3.0,
    "food_plates": 3.0,
    "food": 2.5,
    "bottles": 2.5,
    "waste_bottles": 2.0,
    "mugs": 2.5,
    "firetrucks": 2.5,
    "cartruck": 1.0,
    "coolfish": 4.0,
    "pigs": 2.0,
    "strawberry": 1.5,
    "fruits_nuts": 1.5,
    "cwfid": 1.0,
    "leaves_ara2013canon": 3.0,
    "dsb2018_nuclei": 3.0,
    "ccp_parts": 5.0,
    "fasseg": 1.5,
    "bsds500_test": 3.0,
    "bsds300_train": 2.0,
    "camvid": 2.0,
    "facade": 1.5,
}
"""How often a sample comes from each set: photographs of whole objects first, so that the many
nuclei and facades do not drown them."""


@dataclass(frozen=True)
class TrainingConfig:
    """One run.

    Attributes:
        model: name in the registry of models.
        crop: side of the square crops, pixels.
        batch: images a step.
        steps: optimiser steps of the whole schedule.
        warmup: steps of linear warm-up.
        cooldown: part of the schedule, at its end, in which the rate falls to a tenth and below.
        learning_rate: of all but the backbone.
        backbone_factor: the backbone's rate is this times the others'.
        weight_decay: not applied to norms, biases and embeddings.
        clip: largest gradient norm.
        ema: decay of the running mean of weights, reached after a while.
        rounds: largest number of corrective rounds.
        max_objects: largest number of objects in a scene.
        scale: smallest and largest scale of the large-scale jitter.
        paste: probability of pasting objects of another image in.
        points: points an image at which the loss is taken.
        seed: of everything random.
        set_weights: see `SET_WEIGHTS`.
    """

    model: str = "dynamite-lite"
    crop: int = 256
    batch: int = 8
    steps: int = 3000
    warmup: int = 100
    cooldown: float = 0.3
    learning_rate: float = 5e-4
    backbone_factor: float = 0.2
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.998
    rounds: int = 4
    max_objects: int = 8
    scale: tuple[float, float] = (0.4, 1.4)
    paste: float = 0.4
    points: int = 2048
    seed: int = 0
    set_weights: dict[str, float] = field(default_factory=lambda: dict(SET_WEIGHTS))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a record beside the weights."""
        return asdict(self)
