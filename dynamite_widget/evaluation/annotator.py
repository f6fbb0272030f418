"""The simulated annotator: knows the truth, sees a guess, makes one click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click, innermost_pixel, mark_taken, next_click
from dynamite_widget.evaluation.scenes import Truth


class Annotator:
    """Labels one scene by clicks, as in DynaMITe (Rana et al., ICCV 2023, sec. 4).

    No click is made within `TAKEN_RADIUS` pixels of an earlier one, whichever object that was
    for.

    Attributes:
        truth: what the annotator has in mind.
        clicks: those made so far, in order of time.
    """

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.clicks: list[Click] = []
        self._taken = np.zeros(truth.labels.shape, dtype=bool)

    def make(self, click: Click) -> None:
        """Make a click: it enters the list, and the pixels about it are taken."""
        self.clicks.append(click)
        mark_taken(self._taken, click)

    def first_clicks(self) -> None:
        """Click once on each object, in its innermost pixel, in order of the ids."""
        for object_id in range(1, self.truth.n_objects + 1):
            mask = self.truth.mask(object_id)
            if self.truth.ignore is not None:
                mask &= ~self.truth.ignore
            pixel = innermost_pixel(mask)
            self.make(Click(pixel.x, pixel.y, object_id))

    def correction(self, object_id: int, guess: NDArray[np.integer]) -> Click | None:
        """Propose a click for one object; its label is the true one of the pixel it falls on.

        Args:
            object_id: the object to improve.
            guess: (H, W) current label map.

        Returns:
            The click, not yet made, or None if the object's errors are all taken.
        """
        return next_click(
            self.truth.mask(object_id),
            guess == object_id,
            taken=self._taken,
            ignore=self.truth.ignore,
            object_id=object_id,
            labels=self.truth.labels,
        )

    def deepest_correction(self, guess: NDArray[np.integer]) -> Click | None:
        """Propose a click in the innermost pixel of all errors together, whose ever they are.

        Args:
            guess: (H, W) current label map.

        Returns:
            The click, not yet made, or None if all errors are taken.
        """
        wrong = guess != self.truth.labels
        if self.truth.ignore is not None:
            wrong &= ~self.truth.ignore
        pixel = innermost_pixel(wrong, self._taken)
        if pixel.distance == 0:
            return None
        return Click(pixel.x, pixel.y, int(self.truth.labels[pixel.y, pixel.x]))
