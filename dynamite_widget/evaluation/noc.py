"""NoC, the single-object benchmark: clicks needed until the mask is good enough."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation.annotator import Annotator, answer
from dynamite_widget.evaluation.metrics import clicks_to_reach, mean_at, object_ious
from dynamite_widget.evaluation.scenes import Scene, single_objects
from dynamite_widget.segmenting import SupportsSegmentation


@dataclass(frozen=True)
class NocSample:
    """How one object was labelled.

    Attributes:
        name: of the sample.
        clicks: in order of time; object_id is 1 or 0.
        ious: after each click.
        encode_seconds: spent in `encode`, 0 if the image was the previous sample's.
        click_seconds: spent in `segment`, for each click.
    """

    name: str
    clicks: list[Click]
    ious: list[float]
    encode_seconds: float = 0.0
    click_seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class NocResult:
    """What the single-object benchmark found.

    Attributes:
        samples: one for each object.
        iou_threshold: IoU at which a sample was done.
        max_clicks: clicks after which a sample was given up.
        skipped: names of samples without a visible object.
    """

    samples: list[NocSample]
    iou_threshold: float = 0.90
    max_clicks: int = 20
    skipped: list[str] = field(default_factory=list)

    @property
    def ious(self) -> list[list[float]]:
        """IoU of each sample after each of its clicks."""
        return [sample.ious for sample in self.samples]

    def noc(self, iou: float = 0.90) -> float:
        """Mean number of clicks until a sample's IoU was first at least `iou`.

        A sample that never got there counts with `max_clicks`.

        Raises:
            ValueError: if `iou` is above the threshold at which samples were stopped.
        """
        counts = [self.max_clicks if k is None else k for k in self._counts(iou)]
        return float(np.mean(counts)) if counts else float("nan")

    def failures(self, iou: float = 0.90) -> int:
        """Number of samples whose IoU never was at least `iou`.

        Raises:
            ValueError: if `iou` is above the threshold at which samples were stopped.
        """
        return sum(k is None for k in self._counts(iou))

    def mean_iou(self, clicks: int) -> float:
        """Mean IoU after so many clicks; a sample done earlier keeps its last IoU."""
        return mean_at(self.ious, clicks)

    def _counts(self, iou: float) -> list[int | None]:
        if iou > self.iou_threshold:
            raise ValueError(
                f"NoC at IoU {iou} was asked for, but samples were stopped at "
                f"{self.iou_threshold}; run with iou_threshold={iou} or more"
            )
        return [clicks_to_reach(ious, iou) for ious in self.ious]


def run_noc(
    segmenter: SupportsSegmentation,
    samples: Iterable[Scene],
    iou_threshold: float = 0.90,
    max_clicks: int = 20,
) -> NocResult:
    """Label each object alone, click by click, and count the clicks.

    The protocol of DynaMITe (Rana et al., ICCV 2023, sec. 5.2) and of the field before it:
    NoC at 0.85 and at 0.90 come from one run at 0.90.

    Args:
        segmenter: anything with `encode` and `segment`.
        samples: scenes with one object each; each object of a scene with several is a sample
            of its own.
        iou_threshold: IoU at which a sample is done. With 1.0 the whole course is seen.
        max_clicks: clicks after which a sample is given up.

    Raises:
        ValueError: if the threshold is not in (0, 1], `max_clicks` is less than 1, or the
            segmenter's answer is no label map.
    """
    check_limits(iou_threshold, max_clicks)
    labelled: list[NocSample] = []
    skipped: list[str] = []
    encoder = Encoder(segmenter)
    for scene in single_objects(samples):
        if scene.truth.n_objects == 0:
            skipped.append(scene.name)
        else:
            labelled.append(label_object(encoder, scene, iou_threshold, max_clicks))
    return NocResult(labelled, iou_threshold, max_clicks, skipped)


def check_limits(iou_threshold: float, max_clicks: int) -> None:
    """Refuse a threshold outside (0, 1] and a budget without clicks."""
    if not 0 < iou_threshold <= 1:
        raise ValueError(f"iou_threshold is {iou_threshold}; it must be above 0 and at most 1")
    if max_clicks < 1:
        raise ValueError(f"the budget is {max_clicks} clicks; it must be at least 1")


class Encoder:
    """Encodes images, each once while its objects follow one another."""

    def __init__(self, segmenter: SupportsSegmentation) -> None:
        self.segmenter = segmenter
        self._image: object = self  # no image is the encoder itself
        self._features: object = None

    def encode(self, image: object) -> tuple[object, float]:
        """Features of an image and the seconds spent on them just now."""
        if image is self._image:
            return self._features, 0.0
        start = time.perf_counter()
        self._features = self.segmenter.encode(image)
        self._image = image
        return self._features, time.perf_counter() - start


def label_object(
    encoder: Encoder, scene: Scene, iou_threshold: float, max_clicks: int
) -> NocSample:
    """Label the one object of a scene until it is good enough or the clicks are used up."""
    truth = scene.truth
    features, encode_seconds = encoder.encode(scene.image)
    annotator = Annotator(truth)
    annotator.first_clicks()
    ious: list[float] = []
    click_seconds: list[float] = []
    while True:
        start = time.perf_counter()
        guess = answer(encoder.segmenter, features, annotator.clicks, truth)
        click_seconds.append(time.perf_counter() - start)
        ious.append(float(object_ious(truth, guess)[0]))
        if ious[-1] >= iou_threshold or len(ious) >= max_clicks:
            break
        click = annotator.correction(1, guess)
        if click is None:
            break
        annotator.make(click)
    return NocSample(scene.name, annotator.clicks, ious, encode_seconds, click_seconds)
