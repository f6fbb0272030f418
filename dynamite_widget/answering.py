"""Asks a segmenter for label maps: encodes the image once, checks answers, remembers some."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget import run_lengths
from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.objects import MAX_OBJECT_ID
from dynamite_widget.segmenting import SupportsSegmentation

REMEMBERED_BYTES = 32 * 2**20
"""How much memory the answers to earlier clicks may take, as run-lengths."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Clicks that wait for the model's answer, in order of time."""

    clicks: tuple[Click, ...]


class Answers:
    """The answers of one segmenter about one image; safe to use from several threads.

    Args:
        image: (H, W, 3) uint8.
        find_segmenter: returns the segmenter; called once, when the first answer is needed.
    """

    def __init__(
        self, image: NDArray[np.uint8], find_segmenter: Callable[[], SupportsSegmentation]
    ) -> None:
        self._image = image
        self._find_segmenter = find_segmenter
        self._segmenter: SupportsSegmentation | None = None
        self._features: Any = None
        self._encoded = False
        self._one_at_a_time = Lock()
        self._remembered: OrderedDict[tuple[Click, ...], bytes] = OrderedDict()
        self._guard = Lock()

    @property
    def encoded(self) -> bool:
        """Whether the image's features are at hand."""
        return self._encoded

    def encode(self) -> None:
        """Compute the image's features now; nothing happens if they are at hand."""
        with self._one_at_a_time:
            self._encode()

    def answer(self, snapshot: Snapshot) -> NDArray[np.uint16]:
        """Return the model's label map for some clicks, (H, W) uint16.

        Raises:
            ValueError: if the segmenter gives something else than a label map of the image.
            Exception: whatever the segmenter raises.
        """
        known = self.remembered(snapshot.clicks)
        if known is not None:
            return known
        with self._one_at_a_time:
            known = self.remembered(snapshot.clicks)
            if known is not None:
                return known
            segmenter = self._encode()
            label_map = self._checked(segmenter.segment(self._features, list(snapshot.clicks)))
        self.remember(snapshot.clicks, label_map)
        return label_map

    def remembered(self, clicks: tuple[Click, ...]) -> NDArray[np.uint16] | None:
        """Return the answer to some clicks if that takes no model, or None."""
        if all(click.object_id == BACKGROUND for click in clicks):
            return np.zeros(self._image.shape[:2], np.uint16)
        with self._guard:
            data = self._remembered.get(clicks)
            if data is None:
                return None
            self._remembered.move_to_end(clicks)
        return run_lengths.decode(data)

    def remember(self, clicks: tuple[Click, ...], label_map: NDArray[np.uint16]) -> None:
        """Keep an answer, and forget the ones unused for longest when memory runs out."""
        data = run_lengths.encode(label_map)
        with self._guard:
            self._remembered[clicks] = data
            self._remembered.move_to_end(clicks)
            while (
                len(self._remembered) > 1
                and sum(map(len, self._remembered.values())) > REMEMBERED_BYTES
            ):
                self._remembered.popitem(last=False)

    def forget(self) -> None:
        """Give back features and answers; they are computed anew when needed."""
        with self._one_at_a_time, self._guard:
            self._features, self._encoded = None, False
            self._remembered.clear()

    def _encode(self) -> SupportsSegmentation:
        if self._segmenter is None:
            self._segmenter = self._find_segmenter()
        if not self._encoded:
            self._features = self._segmenter.encode(self._image)
            self._encoded = True
        return self._segmenter

    def _checked(self, answer: Any) -> NDArray[np.uint16]:  # noqa: ANN401 - any segmenter's
        label_map, size = np.asarray(answer), self._image.shape[:2]
        fits = label_map.shape == size and label_map.dtype.kind in "iu"
        if not fits or label_map.min() < 0 or label_map.max() > MAX_OBJECT_ID:
            raise ValueError(
                f"the segmenter's answer must be a label map, {size}, of whole numbers from 0 to "
                f"{MAX_OBJECT_ID}, not {label_map.dtype} {label_map.shape}"
            )
        return label_map.astype(np.uint16)
