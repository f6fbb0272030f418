"""MIST, the multi-object benchmark: all objects of an image, one budget of clicks."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation.annotator import Annotator, answer
from dynamite_widget.evaluation.metrics import object_ious
from dynamite_widget.evaluation.noc import check_limits
from dynamite_widget.evaluation.scenes import Scene
from dynamite_widget.evaluation.strategies import SEED, STRATEGIES
from dynamite_widget.segmenting import SupportsSegmentation


@dataclass(frozen=True)
class MistImage:
    """How one image was labelled.

    Attributes:
        name: of the scene.
        clicks: in order of time, the first on each object included. Objects are numbered by
            area, largest first.
        ious: of each object at the end, in order of the ids.
        budget: clicks that were allowed.
        mean_ious: mean IoU of the objects after the first N clicks, then after each further one.
        encode_seconds: spent in `encode`.
        click_seconds: spent in `segment`, for each answer.
    """

    name: str
    clicks: list[Click]
    ious: list[float]
    budget: int
    mean_ious: list[float] = field(default_factory=list)
    encode_seconds: float = 0.0
    click_seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class MistResult:
    """What the multi-object benchmark found; metrics as in DynaMITe (ICCV 2023, sec. 5.1).

    Attributes:
        images: one for each image with objects, in the order of the scenes.
        iou_threshold: IoU at which an object was done.
        strategy: how the next object was chosen.
        skipped: names of scenes without a visible object, which count nowhere.
    """

    images: list[MistImage]
    iou_threshold: float = 0.85
    strategy: str = "random"
    skipped: list[str] = field(default_factory=list)

    @property
    def nci(self) -> float:
        """Number of clicks per instance: mean over images, failed objects included.

        An image that was given up because no error was left to click on counts with its whole
        budget: giving up must not look like being quick.
        """
        return _mean([self._clicks_counted(image) / len(image.ious) for image in self.images])

    @property
    def nfo(self) -> int:
        """Number of objects whose final IoU is below the threshold."""
        return sum(iou < self.iou_threshold for image in self.images for iou in image.ious)

    @property
    def nfi(self) -> int:
        """Number of images with at least one failed object."""
        return sum(min(image.ious) < self.iou_threshold for image in self.images)

    @property
    def miou(self) -> float:
        """Mean over images of the mean final IoU of their objects, 0..1."""
        return _mean([float(np.mean(image.ious)) for image in self.images])

    def _clicks_counted(self, image: MistImage) -> int:
        failed = min(image.ious) < self.iou_threshold
        return image.budget if failed else len(image.clicks)


def run_mist(
    segmenter: SupportsSegmentation,
    scenes: Iterable[Scene],
    strategy: str = "random",
    tau: int = 10,
    iou_threshold: float = 0.85,
    seed_id: int = 0,
) -> MistResult:
    """Label all objects of each image with one budget of clicks, and count the clicks.

    An image with N objects gets tau * N clicks, the first one on each object included.

    Args:
        segmenter: anything with `encode` and `segment`.
        scenes: the images with their objects.
        strategy: which object is clicked for next, a name of `STRATEGIES`.
        tau: clicks allowed for each object on average.
        iou_threshold: IoU at which an object is done.
        seed_id: number of the repetition; sets the random generator, which is seeded once and
            runs on from image to image, so that the order of the scenes matters.

    Raises:
        ValueError: for an unknown strategy, a threshold outside (0, 1], a budget below one click
            an object, or a segmenter whose answer is no label map.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"no strategy is called {strategy!r}; there are {', '.join(STRATEGIES)}")
    check_limits(iou_threshold, tau)
    rng = random.Random(SEED + seed_id)
    images: list[MistImage] = []
    skipped: list[str] = []
    for scene in scenes:
        if scene.truth.n_objects == 0:
            skipped.append(scene.name)
        else:
            images.append(label_scene(segmenter, scene, strategy, tau, iou_threshold, rng))
    return MistResult(images, iou_threshold, strategy, skipped)


def label_scene(
    segmenter: SupportsSegmentation,
    scene: Scene,
    strategy: str,
    tau: int,
    iou_threshold: float,
    rng: random.Random,
) -> MistImage:
    """Label one scene until all objects are good enough or the clicks are used up."""
    truth = scene.truth
    start = time.perf_counter()
    features = segmenter.encode(scene.image)
    encode_seconds = time.perf_counter() - start

    chooser = STRATEGIES[strategy](truth.n_objects, tau, rng)
    annotator = Annotator(truth)
    annotator.first_clicks()
    budget = tau * truth.n_objects
    click_seconds: list[float] = []
    mean_ious: list[float] = []
    while True:
        start = time.perf_counter()
        guess = answer(segmenter, features, annotator.clicks, truth)
        click_seconds.append(time.perf_counter() - start)
        ious = object_ious(truth, guess).tolist()
        mean_ious.append(float(np.mean(ious)))
        open_objects = [index for index, iou in enumerate(ious) if iou < iou_threshold]
        if not open_objects or len(annotator.clicks) >= budget:
            break
        click = chooser.next_click(annotator, guess, ious, open_objects)
        if click is None:
            break
        annotator.make(click)
    return MistImage(
        scene.name, annotator.clicks, ious, budget, mean_ious, encode_seconds, click_seconds
    )


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
