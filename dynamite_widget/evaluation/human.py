"""A person's clicks, judged by the same measures as a simulated annotator's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.evaluation.labelling import LabelledScene
from dynamite_widget.evaluation.metrics import iou, object_ious
from dynamite_widget.evaluation.mist import MistResult
from dynamite_widget.evaluation.noc import NocResult
from dynamite_widget.evaluation.scenes import Scene, Truth
from dynamite_widget.segmenting import Answered, SupportsSegmentation, go_on


class LabelledByHand(Protocol):
    """What is asked of a session: its image, the clicks that stand, and what came of them."""

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8."""
        ...

    @property
    def clicks(self) -> Sequence[Click]:
        """All clicks that stand, in order of time."""
        ...

    @property
    def label_map(self) -> NDArray[np.uint16]:
        """(H, W), 0 background, k object k."""
        ...


@dataclass(frozen=True)
class JudgedSession:
    """How well a person's clicks did.

    Attributes:
        name: of the scene.
        clicks: in order of time. Ids are those of the true objects (1..N by area, largest
            first); what was clicked on as something that is no true object counts as background.
        ious: of each true object after each click, (clicks, N), by the model alone.
        final_ious: of each true object in the session's own label map, hand edits included.
    """

    name: str
    clicks: list[Click]
    ious: NDArray[np.float64]
    final_ious: list[float]

    def noc_result(self, iou_threshold: float = 0.90, max_clicks: int = 20) -> NocResult:
        """Clicks and IoU for each object, as in the single-object benchmark.

        An object's clicks are its own, and the background's after its first: those are shared,
        so that with several objects the count is rather too high than too low.
        """
        samples = []
        for index in range(self.ious.shape[1]):
            own = [k for k, click in enumerate(self.clicks) if click.object_id == index + 1]
            first = own[0] if own else len(self.clicks)
            counted = [
                k
                for k, click in enumerate(self.clicks)
                if k >= first and click.object_id in (index + 1, BACKGROUND)
            ]
            name = self.name if self.ious.shape[1] == 1 else f"{self.name}#{index}"
            clicks = [self.clicks[k] for k in counted]
            course = [float(self.ious[k, index]) for k in counted]
            samples.append(
                LabelledScene(name, clicks, [self.final_ious[index]], course, max_clicks)
            )
        return NocResult(samples, iou_threshold, max_clicks, n_images=1)

    def mist_result(self, iou_threshold: float = 0.85, tau: int = 10) -> MistResult:
        """All objects with one budget, as in the multi-object benchmark."""
        n_objects = self.ious.shape[1]
        course = [float(np.mean(row)) for row in self.ious[n_objects - 1 :]]
        labelled = LabelledScene(
            self.name, self.clicks, self.final_ious, course, budget=tau * n_objects
        )
        return MistResult([labelled], iou_threshold, "human", tau)


def judge_session(
    session: LabelledByHand, scene: Scene, segmenter: SupportsSegmentation
) -> JudgedSession:
    """Judge the clicks of a session against a known truth, by giving them once more in order.

    Objects of the session are paired with true ones so that their final IoUs add up to most.
    Clicks that were taken back do not count.

    Args:
        session: a `Session` (a widget has one as `.session`).
        scene: the same image with its true objects.
        segmenter: the one that answered the person.

    Raises:
        ValueError: if the scene has no visible object, or the session is of another size.
    """
    truth = scene.truth
    if truth.n_objects == 0:
        raise ValueError(f"scene {scene.name!r} has no visible object to judge by")
    label_map = np.asarray(session.label_map)
    if label_map.shape != truth.labels.shape:
        raise ValueError(
            f"the session's image is {label_map.shape}, but scene {scene.name!r} is "
            f"{truth.labels.shape}; both must be (H, W) of the same image"
        )
    clicks = list(session.clicks)
    true_ids = _pair(truth, label_map, clicks)
    features = segmenter.encode(session.image)
    courses: list[NDArray[np.float64]] = []
    previous: Answered | None = None
    for k in range(1, len(clicks) + 1):
        guess = np.asarray(go_on(segmenter, features, clicks[:k], previous))
        previous = Answered(guess, k)
        courses.append(object_ious(truth, true_ids[guess]))
    translated = [Click(c.x, c.y, int(true_ids[c.object_id])) for c in clicks]
    ious = np.array(courses).reshape(len(clicks), truth.n_objects)
    final = object_ious(truth, true_ids[label_map]).tolist()
    return JudgedSession(scene.name, translated, ious, final)


def _pair(truth: Truth, label_map: NDArray[np.integer], clicks: list[Click]) -> NDArray[np.int64]:
    """Id of the true object for every id of the session, 0 where there is none."""
    clicked = [click.object_id for click in clicks]
    top = max([int(label_map.max()), *clicked])
    found = np.unique([*np.unique(label_map), *clicked])
    found = found[found > 0]
    ious = np.zeros((truth.n_objects, len(found)))
    for row in range(truth.n_objects):
        mask = truth.mask(row + 1)
        for column, object_id in enumerate(found):
            ious[row, column] = iou(mask, label_map == object_id, truth.ignore)
    rows, columns = linear_sum_assignment(ious, maximize=True)
    true_ids = np.zeros(top + 1, dtype=np.int64)
    for row, column in zip(rows, columns, strict=True):
        if ious[row, column] > 0:
            true_ids[found[column]] = row + 1
    return true_ids
