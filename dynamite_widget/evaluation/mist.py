"""MIST, the multi-object benchmark: all objects of an image, one budget of clicks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from dynamite_widget.evaluation.labelling import (
    Encoder,
    LabelledScene,
    check_limits,
    label_scene,
)
from dynamite_widget.evaluation.metrics import mean_at
from dynamite_widget.evaluation.scenes import Scene
from dynamite_widget.evaluation.strategies import STRATEGIES, Shuffler, check_strategy, seed_of
from dynamite_widget.segmenting import SupportsSegmentation


@dataclass(frozen=True)
class MistResult:
    """What the multi-object benchmark found; metrics as in DynaMITe (ICCV 2023, sec. 5.1).

    Attributes:
        images: one for each image with objects, in the order of the scenes.
        iou_threshold: IoU at which an object was done.
        strategy: how the next object was chosen.
        tau: clicks allowed for each object on average.
        skipped: names of scenes without a visible object, which count nowhere.
    """

    images: list[LabelledScene]
    iou_threshold: float = 0.85
    strategy: str = "random"
    tau: int = 10
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

    @property
    def n_objects(self) -> int:
        """Number of objects in all images."""
        return sum(len(image.ious) for image in self.images)

    def mean_iou(self, clicks: int) -> float:
        """Mean IoU over images after so many clicks an object on average, from 1.

        An image done earlier keeps its last IoU.
        """
        courses = [image.course[:: len(image.ious)] for image in self.images]
        for course, image in zip(courses, self.images, strict=True):
            course.append(image.course[-1])
        return mean_at(courses, clicks)

    def _clicks_counted(self, image: LabelledScene) -> int:
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
    check_strategy(strategy)
    check_limits(iou_threshold, tau)
    encoder = Encoder(segmenter)
    shuffler = Shuffler(seed_of(seed_id))
    result = MistResult([], iou_threshold, strategy, tau)
    for scene in scenes:
        labelled, skipped = label_together(encoder, scene, strategy, tau, iou_threshold, shuffler)
        result.images.extend(labelled)
        result.skipped.extend(skipped)
    return result


def label_together(
    encoder: Encoder,
    scene: Scene,
    strategy: str,
    tau: int,
    iou_threshold: float,
    shuffler: Shuffler,
) -> tuple[list[LabelledScene], list[str]]:
    """Label all objects of a scene with one budget.

    Returns:
        The labelled scene in a list, or an empty list and the scene's name if it has no object.
    """
    n_objects = scene.truth.n_objects
    if not n_objects:
        return [], [scene.name]
    chooser = STRATEGIES[strategy](n_objects, tau, shuffler)
    return [label_scene(encoder, scene, chooser, tau * n_objects, iou_threshold)], []


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
