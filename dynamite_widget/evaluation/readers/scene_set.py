"""A data set as the benchmarks see it: a sequence of scenes, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import overload

from dynamite_widget.evaluation.scenes import Scene


class SceneSet(Sequence[Scene]):
    """Scenes by number; only the one that is asked for is read.

    Attributes:
        title: what the set is called in tables.
        names: of the scenes, in order.
        published: title of the set of the paper that this is, or is a part of; empty for others.
        layout: as which of `LAYOUTS` it was read; empty if it is not from disk.
    """

    def __init__(self, title: str, names: Sequence[str], load: Callable[[str], Scene]) -> None:
        """Name the scenes and say how one is read.

        Args:
            title: what the set is called in tables.
            names: of the scenes, in order, each once.
            load: reads the scene with a given name.
        """
        self.title = title
        self.names = tuple(names)
        self.published = ""
        self.layout = ""
        self._load = load

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> SceneSet: ...
    def __getitem__(self, index: int | slice) -> Scene | SceneSet:
        if isinstance(index, slice):
            return self._part(self.names[index])
        return self._load(self.names[index])

    def evenly(self, n: int) -> SceneSet:
        """Take n scenes spread evenly over the set, the first among them; all if it has fewer.

        Raises:
            ValueError: if n is less than 1.
        """
        if n < 1:
            raise ValueError(f"a subset of {n} scenes was asked for; it must have at least 1")
        n = min(n, len(self))
        chosen = [self.names[k * len(self) // n] for k in range(n)]
        return self._part(chosen)

    def _part(self, names: Sequence[str]) -> SceneSet:
        part = copy(self)
        part.names = tuple(names)
        return part
