"""`Asker`: asks a segmenter for label maps; encodes the image once, remembers some answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.extents import Box
from dynamite_widget.run_lengths import Runs
from dynamite_widget.segmenting import (
    Answered,
    Guesses,
    LooksAhead,
    SupportsSegmentation,
    go_on,
)

REMEMBERED_BYTES = 32 * 2**20
"""How much memory the answers to earlier clicks may take."""
MOST_NEW = 16
"""An answer goes on from an earlier one that lacks at most so many of its clicks."""


class Asker:
    """The answers of one segmenter about one image; safe to use from several threads.

    Args:
        image: (H, W, 3) uint8.
        find_segmenter: returns the segmenter; called once, when the first answer is needed.

    Attributes:
        size: (H, W) of the image.
    """

    def __init__(
        self, image: NDArray[np.uint8], find_segmenter: Callable[[], SupportsSegmentation]
    ) -> None:
        self._image = image
        self.size = image.shape[0], image.shape[1]
        self._find_segmenter = find_segmenter
        self._segmenter: SupportsSegmentation | None = None
        self._features: Any = None
        self._encoded = False
        self._one_at_a_time = Lock()
        self._remembered: OrderedDict[tuple[Click, ...], Runs] = OrderedDict()
        self._held_bytes = 0
        self._guard = Lock()
        self._guess: _Guess | None = None
        self._asked: list[tuple[Click, ...]] = []

    @property
    def encoded(self) -> bool:
        """Whether the image's features are at hand."""
        return self._encoded

    def encode(self) -> None:
        """Compute the image's features now; nothing happens if they are at hand."""
        with self._one_at_a_time:
            self._encode()

    def look_ahead(self, boxes: Sequence[Box]) -> None:
        """Let the segmenter, if it can and knows the image, make ready for one of these boxes."""
        with self._one_at_a_time:
            if self._encoded and isinstance(self._segmenter, LooksAhead):
                self._segmenter.look_ahead(self._features, boxes)

    def ask(self, clicks: tuple[Click, ...]) -> Runs:
        """Return the model's label map for some clicks, in order of time.

        Raises:
            ValueError: if the segmenter gives something else than a label map of the image.
            Exception: whatever the segmenter raises.
        """
        known = self.remembered(clicks)
        if known is not None:
            return known
        self._asked.append(clicks)  # a guess ends, also one that begins before the lock is ours
        try:
            with self._one_at_a_time:
                known = self.remembered(clicks)
                if known is not None:
                    return known
                segmenter = self._encode()
                previous = self._previous(clicks)
                answer = self._checked(go_on(segmenter, self._features, list(clicks), previous))
        finally:
            self._asked.remove(clicks)
        self.remember(clicks, answer)
        return answer

    def guess(self, clicks: tuple[Click, ...]) -> None:
        """Answer clicks that may be asked about next, where the segmenter can give that up.

        The answer is remembered. It is given up as soon as something else is asked.
        """
        if self.remembered(clicks) is not None:
            return
        guess = self._guess = _Guess(clicks, Event())
        answer = None
        with self._one_at_a_time:
            segmenter = self._segmenter
            if self._encoded and isinstance(segmenter, Guesses):
                previous = self._previous(clicks)
                given = segmenter.guess(
                    self._features, list(clicks), previous, lambda: self._is_unwanted(guess)
                )
                answer = None if given is None else self._checked(given)
        if answer is not None:
            self.remember(clicks, answer)

    def give_up_guess(self, unless: tuple[Click, ...] | None = None) -> None:
        """Let the guess that is made end early, unless it is at these clicks."""
        guess = self._guess
        if guess is not None and guess.clicks != unless:
            guess.unwanted.set()

    def _is_unwanted(self, guess: _Guess) -> bool:
        return guess.unwanted.is_set() or any(asked != guess.clicks for asked in self._asked)

    def remembered(self, clicks: tuple[Click, ...]) -> Runs | None:
        """Return the answer to some clicks if that takes no model, or None."""
        if all(click.object_id == BACKGROUND for click in clicks):
            return nothing(self.size)
        with self._guard:
            answer = self._remembered.get(clicks)
            if answer is not None:
                self._remembered.move_to_end(clicks)
        return answer

    def forget(self) -> None:
        """Give back features and answers; they are computed anew when needed."""
        self.give_up_guess()
        with self._one_at_a_time, self._guard:
            forget = getattr(self._segmenter, "forget", None)
            if self._encoded and forget is not None:
                forget(self._features)  # a segmenter may have a cache of its own
            self._features, self._encoded = None, False
            self._remembered.clear()
            self._held_bytes = 0

    def _previous(self, clicks: tuple[Click, ...]) -> Answered | None:
        """The answer to as many of the first clicks as there is one at hand for."""
        for count in range(len(clicks) - 1, max(0, len(clicks) - 1 - MOST_NEW), -1):
            with self._guard:
                known = self._remembered.get(clicks[:count])
            if known is not None:
                return Answered(known.to_array(), count)
        return None

    def remember(self, clicks: tuple[Click, ...], answer: Runs) -> None:
        """Keep an answer: what is asked again, or goes on from it, need not start anew."""
        with self._guard:
            replaced = self._remembered.pop(clicks, None)
            self._remembered[clicks] = answer
            self._held_bytes += answer.nbytes - (0 if replaced is None else replaced.nbytes)
            while self._held_bytes > REMEMBERED_BYTES and len(self._remembered) > 1:
                _, unused = self._remembered.popitem(last=False)
                self._held_bytes -= unused.nbytes

    def _encode(self) -> SupportsSegmentation:
        if self._segmenter is None:
            self._segmenter = self._find_segmenter()
        if not self._encoded:
            self._features = self._segmenter.encode(self._image)
            self._encoded = True
        return self._segmenter

    def _checked(self, answer: Any) -> Runs:  # noqa: ANN401 - any segmenter's
        label_map = np.asarray(answer)
        if label_map.shape != self.size or label_map.dtype.kind not in "iu":
            raise ValueError(
                f"the segmenter's answer must be a label map, {self.size}, of whole numbers, "
                f"not {label_map.dtype} {label_map.shape}"
            )
        return Runs.of(label_map)


class _Guess(NamedTuple):
    """Clicks that are answered before anybody asks, and whether that is still wanted."""

    clicks: tuple[Click, ...]
    unwanted: Event


def nothing(size: tuple[int, int]) -> Runs:
    """Return what a model says before anything is clicked: background, (H, W) of it."""
    return Runs(size, np.zeros(1, np.uint32), np.zeros(1, np.uint8))
