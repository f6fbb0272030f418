"""How a training run is set up: one frozen record, written beside the weights it made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

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
    "leaves_ara2013canon": 18.0,
    "dsb2018_nuclei": 9.0,
    "ccp_parts": 5.0,
    "fasseg": 1.5,
    "bsds500_test": 3.0,
    "bsds300_train": 2.0,
    "camvid": 2.0,
    "facade": 1.5,
}
"""How often a sample comes from each set: photographs of whole objects first, so that the many
nuclei and facades do not drown them."""


Protocol = Literal["dense", "paper"]
BatchNorms = Literal["all", "head", "frozen"]


_POSITIVE = ("steps", "minutes", "crop", "batch", "learning_rate", "clip", "points", "max_objects")
_PARTS = ("cooldown", "ema", "drop_path", "alone", "closer", "paste")


@dataclass(frozen=True)
class TrainingConfig:
    """One run.

    Attributes:
        model: name in the registry of models.
        protocol: how scenes and corrections are made: `dense` composes scenes and corrects every
            object of a batch at stride 4 on the device; `paper` follows Rana et al. to the letter.
        crop: side of the square crops, pixels.
        batch: images a step, of all processes together.
        steps: optimiser steps of the whole schedule; None leaves its end to `minutes`.
        minutes: length of the whole schedule; None leaves its end to `steps`.
        warmup: steps of linear warm-up.
        cooldown: part of the schedule, at its end, in which the rate falls to a fiftieth as a
            cosine does.
        drops: parts of the schedule after each of which the rate falls to a tenth.
        learning_rate: of all but the backbone.
        backbone_factor: the backbone's rate is this times the others'.
        weight_decay: not applied to norms and embeddings, nor in `dense` to biases.
        clip: largest gradient norm.
        ema: decay of the running mean of weights, reached after a while; 0 keeps no mean.
        drop_path: highest rate of stochastic depth in the backbone.
        frozen: beginnings of names of the parameters that do not learn.
        learn: beginnings of names of the only parameters that learn, such as `refiner`; all if
            there is none.
        batch_norm: which BatchNorm follows its batches: `all`; only those of the `head`, as a
            pre-trained backbone's statistics are better than those of a few images; or none,
            `frozen`.
        rounds: largest number of corrective rounds.
        first_answer: supervise the answer to the first clicks, too, not the last one alone.
        supervised: predictions before the last one that enter the loss.
        max_objects: largest number of a photograph's own objects in a scene; up to three pasted
            ones come on top.
        alone: probability that one object of a scene is asked for, whatever else is there
            (`dense`).
        crowding: of a set, a photograph with N labelled objects is drawn N to the power of this
            times as often as one with a single object (`dense`).
        set_alone: the same for the sets named, where likeness to neighbours tells objects apart.
        scale: smallest and largest scale of the large-scale jitter.
        short_side: that of photographs in use, pixels: a scale of 1 then shows objects as large as
            the network will see them; None for scales of the photograph's own pixels (`dense`).
        widest: long over short side from which on photographs are seen smaller, as in use.
        closer: probability of showing a small object as a close-up does, larger than `scale` has it
            (`dense`).
        paste: probability of pasting objects of another image in (`dense`); half of the time of
            the same set, as large and close by.
        turned: sets that are seen from above, so that every quarter turn is as likely.
        points: points at which the loss is taken: an image (`dense`) or a mask (`paper`).
        seed: of everything random.
        set_weights: see `SET_WEIGHTS`.
    """

    model: str = "dynamite-lite"
    protocol: Protocol = "dense"
    crop: int = 256
    batch: int = 8
    steps: int | None = 3000
    minutes: float | None = None
    warmup: int = 100
    cooldown: float = 0.3
    drops: tuple[float, ...] = ()
    learning_rate: float = 5e-4
    backbone_factor: float = 0.2
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.998
    drop_path: float = 0.0
    frozen: tuple[str, ...] = ()
    learn: tuple[str, ...] = ()
    batch_norm: BatchNorms = "head"
    rounds: int = 12
    first_answer: bool = True
    supervised: tuple[int, ...] = (0, 2, 4)
    max_objects: int = 8
    alone: float = 0.4
    crowding: float = 0.0
    set_alone: dict[str, float] = field(default_factory=dict)
    scale: tuple[float, float] = (0.4, 1.4)
    short_side: int | None = None
    widest: float | None = None
    closer: float = 0.0
    paste: float = 0.4
    turned: tuple[str, ...] = ()
    points: int = 2048
    seed: int = 0
    set_weights: dict[str, float] = field(default_factory=lambda: dict(SET_WEIGHTS))

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise ValueError("a run needs an end: give steps, minutes or both")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} is {value}; it must be more than 0")
        for name in _PARTS:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be from 0 to 1")
        if self.crop % 32:
            raise ValueError(f"crop is {self.crop}; networks need a multiple of 32")

    def part(self, step: int, seconds: float) -> float:
        """How much of the schedule is over after so many steps and seconds: 0 to 1 or more."""
        by_steps = step / self.steps if self.steps else 0.0
        return max(by_steps, seconds / (60 * self.minutes) if self.minutes else 0.0)

    def rate(self, step: int, part: float) -> float:
        """Learning rate: linear warm-up, a plateau, then a cosine or steps down.

        Args:
            step: steps made, for the warm-up.
            part: of the schedule that is over.
        """
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        falling = min(1.0, max(0.0, 1 - (1 - part) / self.cooldown)) if self.cooldown else 0.0
        fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * falling))
        drops = sum(part >= place for place in self.drops)
        return self.learning_rate * rise * fall * 0.1**drops

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a record beside the weights."""
        return asdict(self)
