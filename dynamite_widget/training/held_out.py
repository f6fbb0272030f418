"""Images held out of training, and how well a network does on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from dynamite_widget.evaluation.noc import NocResult, run_noc
from dynamite_widget.evaluation.scenes import Scene
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.training.photographs import IGNORE, LabelledImage

_Item = TypeVar("_Item")
IOU_CLICKS = (1, 3, 5)
MAX_CLICKS = 10
"""An object that is not good by then counts with so many."""
_THRESHOLD = 0.85
_STOP_AT = 0.90
_MOST_OBJECTS = 40
"""So many are measured: a minute's work before training and after it."""


@dataclass(frozen=True)
class Scores:
    """What a network reaches on held-out objects.

    Attributes:
        objects: measured.
        ious: mean IoU after 1, 3 and 5 clicks.
        noc: mean number of clicks to IoU 0.85, `MAX_CLICKS` where it is not reached.
        failures: objects where it is not.
    """

    objects: int
    ious: tuple[float, float, float]
    noc: float
    failures: int

    @classmethod
    def of(cls, result: NocResult) -> Scores:
        """Read them off the single-object benchmark's result."""
        one, three, five = (result.mean_iou(clicks) for clicks in IOU_CLICKS)
        found = result.noc(_THRESHOLD), result.failures(_THRESHOLD)
        return cls(len(result.samples), (one, three, five), *found)

    @property
    def mean_iou(self) -> float:
        """Mean of the three IoUs: the number by which one network is better than another."""
        return sum(self.ious) / len(self.ious)


def hold_out(
    images: Sequence[LabelledImage], seed: int
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Split photographs by chance: those to train on, and a fifth, at least one, to measure on.

    Where a photograph has several label maps they stay together.

    Raises:
        ValueError: if there are fewer than two.
    """
    photographs = list(dict.fromkeys(image.photograph for image in images))
    if len(photographs) < 2:
        raise ValueError(
            f"there is {len(photographs)} labelled image: one is needed to train on and another "
            "one to measure on; label more, or give images to validate on"
        )
    order = np.random.default_rng(seed).permutation(len(photographs))
    count = max(1, round(len(photographs) / 5))
    chosen = {photographs[k] for k in order[:count]}
    trained = [image for image in images if image.photograph not in chosen]
    return trained, [image for image in images if image.photograph in chosen]


def check_apart(trained: Sequence[LabelledImage], held_out: Sequence[LabelledImage]) -> None:
    """Check that no photograph is both trained and measured on.

    Sessions know theirs by its pixels, other labels by its file; the two are not compared.

    Raises:
        ValueError: if one is.
    """
    seen = {image.photograph for image in trained}
    both = [image.name for image in held_out if image.photograph in seen]
    if both:
        raise ValueError(
            f"{len(both)} of the images to validate on are trained on as well, such as {both[0]}: "
            "how well they are known says nothing about others"
        )


def measure(
    network: DynaMITe,
    record: ModelRecord,
    images: Sequence[LabelledImage],
    device: str,
    title: str | None,
) -> Scores:
    """Click through held-out objects as the single-object benchmark does.

    Args:
        network: it is not changed.
        record: of the network.
        images: held out; some objects of each are measured, 40 in all at most.
        device: to compute on.
        title: of the progress bar; None shows none.

    Raises:
        ValueError: if no image has an object.
    """
    segmenter = Segmenter(network, record, device=device)
    bar = tqdm(list(_samples(images)), desc=title, unit="object", disable=title is None)
    result = run_noc(segmenter, bar, iou_threshold=_STOP_AT, max_clicks=MAX_CLICKS)
    if not result.samples:
        raise ValueError("no held-out image has an object to measure on")
    return Scores.of(result)


def _samples(images: Sequence[LabelledImage]) -> Iterator[Scene]:
    """Scenes of one object each, spread evenly over the images and over each image's objects."""
    for image in _evenly(images, _MOST_OBJECTS):
        pixels, labels = image.read()
        numbers = np.unique(labels[labels > 0]).tolist()
        ignore: NDArray[np.bool_] | None = labels == IGNORE
        for number in _evenly(numbers, max(1, _MOST_OBJECTS // len(images))):
            mask = (labels == number)[None]
            yield Scene(f"{image.name}#{number}", pixels, mask, ignore)


def _evenly(items: Sequence[_Item], count: int) -> list[_Item]:
    if len(items) <= count:
        return list(items)
    return [items[k * len(items) // count] for k in range(count)]
