"""NoC, the single-object benchmark: clicks needed until the mask is good enough."""

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
from dynamite_widget.evaluation.metrics import clicks_to_reach, mean_at
from dynamite_widget.evaluation.scenes import Scene, single_objects
from dynamite_widget.evaluation.strategies import Best, Shuffler
from dynamite_widget.segmenting import SupportsSegmentation


@dataclass(frozen=True)
class NocResult:
    """What the single-object benchmark found.

    Attributes:
        samples: one for each object.
        iou_threshold: IoU at which a sample was done.
        max_clicks: clicks after which a sample was given up.
        skipped: names of samples without a visible object, which count nowhere.
        n_images: from which the samples are; None if that is not known.
    """

    samples: list[LabelledScene]
    iou_threshold: float = 0.90
    max_clicks: int = 20
    skipped: list[str] = field(default_factory=list)
    n_images: int | None = None

    @property
    def ious(self) -> list[list[float]]:
        """IoU of each sample after each of its clicks."""
        return [sample.course for sample in self.samples]

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
    encoder = Encoder(segmenter)
    found: list[LabelledScene] = []
    hidden: list[str] = []
    n_images = 0
    for scene in samples:
        labelled, skipped = label_objects(encoder, scene, iou_threshold, max_clicks)
        found.extend(labelled)
        hidden.extend(skipped)
        n_images += bool(labelled)
    return NocResult(found, iou_threshold, max_clicks, hidden, n_images)


def label_objects(
    encoder: Encoder, scene: Scene, iou_threshold: float, max_clicks: int
) -> tuple[list[LabelledScene], list[str]]:
    """Label each object of a scene alone.

    Returns:
        The labelled samples, and the names of those of which no pixel counts.
    """
    samples = list(single_objects([scene]))
    visible = [sample for sample in samples if sample.truth.n_objects]
    skipped = [sample.name for sample in samples if not sample.truth.n_objects]
    labelled = [
        # With one object there is nothing to choose; any strategy says the same.
        label_scene(encoder, sample, Best(1, max_clicks, Shuffler(0)), max_clicks, iou_threshold)
        for sample in visible
    ]
    return labelled, skipped
