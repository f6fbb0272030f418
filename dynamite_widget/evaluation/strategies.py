"""Which object an annotator turns to next: the six strategies of the multi-object benchmark."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation.annotator import Annotator

TURN_LENGTH = 10
"""Clicks after which round robin turns to another object; a constant, whatever the budget."""


class Shuffler:
    """Python's random generator, as far as strategies use it: it shuffles, and counts that.

    Attributes:
        count: how often it shuffled.
    """

    def __init__(self, seed: int | str) -> None:
        self.count = 0
        self._random = random.Random(seed)

    def shuffle(self, items: list[int]) -> None:
        """Shuffle a list in place."""
        self._random.shuffle(items)
        self.count += 1

    def skip(self, n_items: int, times: int) -> None:
        """Come to where so many shuffles of a list of that length lead."""
        for _ in range(times):
            self.shuffle(list(range(n_items)))


def seed_of(seed_id: int) -> int:
    """Seed of the repetition with this number, as in the published evaluation."""
    return 123456 + seed_id


class Strategy:
    """Chooses the object for the next click of a scene; one instance serves one scene.

    A strategy ranks the objects that still need work. The click goes to the first of them that
    has an error left to click on, so that an object with none cannot hold up the others.

    Attributes:
        shuffler: the source of chance, shared by the scenes of a run.
        counts: clicks made for each object, the first one included.
    """

    def __init__(self, n_objects: int, tau: int, shuffler: Shuffler) -> None:
        self.n_objects = n_objects
        self.tau = tau
        self.shuffler = shuffler
        self.counts = [1] * n_objects

    def ranking(self, ious: Sequence[float], open_objects: Sequence[int]) -> Sequence[int]:
        """Order the open objects, the most wanted first.

        Args:
            ious: IoU of every object.
            open_objects: indices (from 0) of those below the threshold, ascending, at least one.
        """
        raise NotImplementedError

    def clicked(self, index: int) -> None:
        """Take note that a click was made for the object with this index."""
        self.counts[index] += 1

    def next_click(
        self,
        annotator: Annotator,
        guess: NDArray[np.integer],
        ious: Sequence[float],
        open_objects: Sequence[int],
    ) -> Click | None:
        """Choose an object and propose the click for it, or None if nothing can be clicked."""
        for index in self.ranking(ious, open_objects):
            click = annotator.correction(index + 1, guess)
            if click is not None:
                self.clicked(index)
                return click
        return None


class Best(Strategy):
    """The object nearest to its threshold."""

    def ranking(self, ious: Sequence[float], open_objects: Sequence[int]) -> Sequence[int]:
        """Highest IoU first."""
        return sorted(open_objects, key=lambda index: -ious[index])


class Worst(Strategy):
    """The object with the lowest IoU."""

    def ranking(self, ious: Sequence[float], open_objects: Sequence[int]) -> Sequence[int]:
        """Lowest IoU first."""
        return sorted(open_objects, key=lambda index: ious[index])


class Random(Strategy):
    """Any object. The order of the previous click is shuffled further, as in the paper's runs."""

    def __init__(self, n_objects: int, tau: int, shuffler: Shuffler) -> None:
        super().__init__(n_objects, tau, shuffler)
        self._order = list(range(n_objects))

    def ranking(self, ious: Sequence[float], open_objects: Sequence[int]) -> Sequence[int]:
        """Shuffle on from the last order, then take the open ones."""
        self.shuffler.shuffle(self._order)
        return [index for index in self._order if index in open_objects]


class WorstWithLimit(Strategy):
    """The worst object that has had fewer than tau clicks; when all have had them, the best."""

    def ranking(self, ious: Sequence[float], open_objects: Sequence[int]) -> Sequence[int]:
        """Lowest IoU first; objects with their share of clicks come last, best first."""
        worst = sorted(open_objects, key=lambda index: ious[index])
        fresh = [index for index in worst if self.counts[index] < self.tau]
        spent = [index for index in reversed(worst) if self.counts[index] >= self.tau]
        return fresh + spent


class RoundRobin(Strategy):
    """One object for up to `TURN_LENGTH` clicks on end, then another one, drawn at random."""

    def __init__(self, n_objects: int, tau: int, shuffler: Shuffler) -> None:
        super().__init__(n_objects, tau, shuffler)
        self._order = list(range(n_objects))
        self._current: int | None = None

    def ranking(self, ious: Sequence[float], open_objects: Sequence[int]) -> Sequence[int]:
        """The current object while its turn lasts, else a random one that has not had its turn."""
        waiting = [index for index in open_objects if self.counts[index] < TURN_LENGTH]
        if not waiting:
            self.counts = [0] * self.n_objects
            self._current = None
            waiting = list(open_objects)
        if self._current in waiting:
            return [self._current, *(index for index in open_objects if index != self._current)]
        self.shuffler.shuffle(self._order)
        drawn = [index for index in self._order if index in waiting]
        return drawn + [index for index in open_objects if index not in waiting]

    def clicked(self, index: int) -> None:
        """A click for another object begins its turn, on top of its count, and ends the last."""
        if index != self._current:
            own = self.counts[index]
            self.counts = [0] * self.n_objects
            self.counts[index] = own
            self._current = index
        self.counts[index] += 1


class MaxDistance(Strategy):
    """No object: the innermost pixel of all errors together, those of finished objects too."""

    def next_click(
        self,
        annotator: Annotator,
        guess: NDArray[np.integer],
        ious: Sequence[float],
        open_objects: Sequence[int],
    ) -> Click | None:
        """Propose the click in the deepest error of the whole image."""
        return annotator.deepest_correction(guess)


STRATEGIES: dict[str, Callable[[int, int, Shuffler], Strategy]] = {
    "best": Best,
    "random": Random,
    "worst": Worst,
    "wlb": WorstWithLimit,
    "round_robin": RoundRobin,
    "max_dt": MaxDistance,
}
"""The strategies by the names the published evaluation gives them."""

SHUFFLING = frozenset({"random", "round_robin"})
"""Strategies whose choice in one image depends on the images before."""


def check_strategy(name: str) -> None:
    """Refuse a name that no strategy has.

    Raises:
        ValueError: naming those there are.
    """
    if name not in STRATEGIES:
        raise ValueError(f"no strategy is called {name!r}; there are {', '.join(STRATEGIES)}")
