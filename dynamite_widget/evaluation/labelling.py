"""Label one scene, click by click: the loop that all benchmarks share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation.annotator import Annotator
from dynamite_widget.evaluation.metrics import object_ious
from dynamite_widget.evaluation.scenes import Scene, Truth
from dynamite_widget.evaluation.strategies import Strategy
from dynamite_widget.masks import Mask
from dynamite_widget.segmenting import Answered, LabelMap, SupportsSegmentation, go_on


@dataclass(frozen=True)
class LabelledScene:
    """How one scene was labelled.

    Attributes:
        name: of the scene.
        clicks: in order of time, the first on each object included. Objects are numbered by
            area, largest first.
        ious: of each object at the end, in order of the ids.
        course: mean IoU of the objects after the first click on each, then after each further
            click; for a single object its IoU after click 1, 2, ...
        budget: clicks that were allowed.
        masks: of each object at the end, COCO's run-lengths.
        encode_seconds: spent in `encode`; 0 if the features were there from the scene before.
        click_seconds: spent in `segment`, for each answer.
        shuffles: how often the strategy shuffled.
    """

    name: str
    clicks: list[Click]
    ious: list[float]
    course: list[float]
    budget: int
    masks: list[dict[str, Any]] = field(default_factory=list)
    encode_seconds: float = 0.0
    click_seconds: list[float] = field(default_factory=list)
    shuffles: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain numbers, texts, lists and dictionaries."""
        clicks = [[click.x, click.y, click.object_id] for click in self.clicks]
        return {**asdict(self), "clicks": clicks}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> LabelledScene:
        """The labelled scene that `to_json` was made of."""
        return cls(**{**record, "clicks": [Click(*click) for click in record["clicks"]]})


class Encoder:
    """Encodes images, each once while its objects follow one another."""

    def __init__(self, segmenter: SupportsSegmentation) -> None:
        self.segmenter = segmenter
        self._image: Any = self  # no image is the encoder itself
        self._features: Any = None

    def encode(self, image: Any) -> tuple[Any, float]:  # noqa: ANN401 - the segmenter's own
        """Features of an image and the seconds spent on them just now."""
        if image is self._image:
            return self._features, 0.0
        start = time.perf_counter()
        self._features = self.segmenter.encode(image)
        self._image = image
        return self._features, time.perf_counter() - start


def label_scene(
    encoder: Encoder, scene: Scene, strategy: Strategy, budget: int, iou_threshold: float
) -> LabelledScene:
    """Label a scene until all objects are good enough or the clicks are used up.

    Args:
        encoder: of the segmenter that answers.
        scene: at least one of its objects must be visible.
        strategy: chooses the object for each click.
        budget: clicks allowed, the first one on each object included.
        iou_threshold: IoU at which an object is done.

    Raises:
        ValueError: if the segmenter's answer is no label map.
    """
    truth = scene.truth
    features, encode_seconds = encoder.encode(scene.image)
    annotator = Annotator(truth)
    annotator.first_clicks()
    course: list[float] = []
    click_seconds: list[float] = []
    shuffles_before = strategy.shuffler.count
    previous: Answered | None = None
    while True:
        start = time.perf_counter()
        guess = answer(encoder.segmenter, features, annotator.clicks, truth, previous)
        previous = Answered(guess, len(annotator.clicks))
        click_seconds.append(time.perf_counter() - start)
        ious = object_ious(truth, guess).tolist()
        course.append(float(np.mean(ious)))
        open_objects = [index for index, iou in enumerate(ious) if iou < iou_threshold]
        if not open_objects or len(annotator.clicks) >= budget:
            break
        click = strategy.next_click(annotator, guess, ious, open_objects)
        if click is None:
            break
        annotator.make(click)
    return LabelledScene(
        name=scene.name,
        clicks=annotator.clicks,
        ious=ious,
        course=course,
        budget=budget,
        masks=[Mask.from_array(guess == k).rle for k in range(1, truth.n_objects + 1)],
        encode_seconds=encode_seconds,
        click_seconds=click_seconds,
        shuffles=strategy.shuffler.count - shuffles_before,
    )


def answer(
    segmenter: SupportsSegmentation,
    features: Any,  # noqa: ANN401 - each segmenter has its own
    clicks: Sequence[Click],
    truth: Truth,
    previous: Answered | None = None,
) -> LabelMap:
    """Ask a segmenter for its label map, as a session does, and check that it is one.

    Raises:
        ValueError: if the answer is no label map of the image with the ids that were clicked.
    """
    labels: NDArray[Any] = np.asarray(go_on(segmenter, features, tuple(clicks), previous))
    expected = truth.labels.shape
    if labels.shape != expected or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"segment() returned {labels.dtype} of shape {labels.shape}; "
            f"expected whole numbers of shape {expected}, one label a pixel"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() <= truth.n_objects:
        raise ValueError(
            f"segment() returned labels {labels.min()}..{labels.max()}; only 0 and the ids of "
            f"clicked objects (1..{truth.n_objects}) are allowed"
        )
    return labels


def check_limits(iou_threshold: float, clicks: int) -> None:
    """Refuse a threshold outside (0, 1] and a budget without clicks.

    Raises:
        ValueError: saying what is allowed.
    """
    if not 0 < iou_threshold <= 1:
        raise ValueError(f"iou_threshold is {iou_threshold}; it must be above 0 and at most 1")
    if clicks < 1:
        raise ValueError(f"the budget is {clicks} clicks; it must be at least 1")
