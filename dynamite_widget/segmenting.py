"""The two verbs that make anything a segmenter: encode an image once, segment it per click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.extents import Box

LabelMap = NDArray[np.uint16]
"""(H, W): 0 is background, k is object k."""


@runtime_checkable
class SupportsSegmentation(Protocol):
    """Whatever can stand in for `Segmenter`: a peer's model, a remote server, a test's double."""

    def encode(self, image: Any) -> Any:  # noqa: ANN401 - each segmenter has its own features
        """Compute once what depends only on the image."""
        ...

    def segment(self, features: Any, clicks: Sequence[Click]) -> LabelMap:  # noqa: ANN401
        """Label every pixel, (H, W) uint16, from all clicks in order of time."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """The label map that was the answer to the first ones of some clicks.

    Attributes:
        label_map: (H, W).
        clicks: how many it was the answer to.
    """

    label_map: NDArray[np.integer]
    clicks: int


@runtime_checkable
class TakesPrevious(SupportsSegmentation, Protocol):
    """A segmenter that also goes on from what it answered to the earlier ones of its clicks.

    Attributes:
        takes_previous: whether that makes a difference.
    """

    @property
    def takes_previous(self) -> bool:
        """Whether an earlier answer makes a difference."""
        ...

    def segment(
        self,
        features: Any,  # noqa: ANN401 - each segmenter has its own
        clicks: Sequence[Click],
        previous: Answered | None = None,
    ) -> LabelMap:
        """Label every pixel, (H, W) uint16, from all clicks in order of time."""
        ...


@runtime_checkable
class LooksAhead(SupportsSegmentation, Protocol):
    """A segmenter that needs more of an image for some objects than for others."""

    def look_ahead(self, features: Any, boxes: Sequence[Box]) -> None:  # noqa: ANN401
        """Compute now what an object would need that has one of these boxes."""
        ...


@runtime_checkable
class Guesses(SupportsSegmentation, Protocol):
    """A segmenter that may be asked ahead, as it gives an answer up that is no longer wanted."""

    def guess(
        self,
        features: Any,  # noqa: ANN401 - each segmenter has its own
        clicks: Sequence[Click],
        previous: Answered | None,
        unwanted: Callable[[], bool],
    ) -> LabelMap | None:
        """As `segment`, or None soon after `unwanted` is true."""
        ...


def go_on(
    segmenter: SupportsSegmentation,
    features: Any,  # noqa: ANN401 - each segmenter has its own
    clicks: Sequence[Click],
    previous: Answered | None,
) -> LabelMap:
    """Let a segmenter answer, from its answer to earlier clicks if it takes one."""
    if previous is None or not isinstance(segmenter, TakesPrevious):
        return segmenter.segment(features, clicks)
    if not segmenter.takes_previous:
        return segmenter.segment(features, clicks)
    return segmenter.segment(features, clicks, previous)
