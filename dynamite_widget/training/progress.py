"""What a person sees of a run while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tqdm.auto import tqdm

_MEMORY = 0.02
"""Share of the newest step in the means shown."""


@dataclass(frozen=True)
class Progress:
    """Where a run is.

    Attributes:
        step: steps made.
        part: of the schedule that is over, 0 to 1.
        loss: running mean.
        first_iou: running mean of the training objects' IoU after their first clicks.
        last_iou: the same after the corrections.
        seconds_left: estimated.
    """

    step: int
    part: float
    loss: float
    first_iou: float
    last_iou: float
    seconds_left: float

    def __str__(self) -> str:
        return (
            f"loss {self.loss:.3f}, IoU {self.first_iou:.3f} at first, "
            f"{self.last_iou:.3f} corrected"
        )


OnProgress = Callable[[Progress], None]


class Tally:
    """Running means of loss and IoUs."""

    def __init__(self) -> None:
        self.values = (0.0, 0.0, 0.0)
        self.count = 0

    def add(self, loss: float, first_iou: float, last_iou: float) -> None:
        """Take in a step."""
        self.count += 1
        share = max(1 / self.count, _MEMORY)
        before, now = self.values, (loss, first_iou, last_iou)
        loss, first, last = (a + share * (b - a) for a, b in zip(before, now, strict=True))
        self.values = (loss, first, last)


class ProgressBar:
    """A bar with loss, IoU and time left, in a terminal or a notebook.

    Args:
        shown: False shows nothing.
    """

    def __init__(self, shown: bool = True) -> None:
        self._bar = tqdm(
            total=1.0,
            disable=not shown,
            miniters=0,
            bar_format="{percentage:3.0f}%|{bar}| {postfix} [{elapsed} gone, {remaining} left]",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, progress: Progress) -> None:
        """Show where the run is."""
        if progress.step == 1:
            self._bar.reset(total=1.0)
        self._bar.set_postfix_str(f"step {progress.step}, {progress}", refresh=False)
        self._bar.update(min(progress.part, 1.0) - self._bar.n)
