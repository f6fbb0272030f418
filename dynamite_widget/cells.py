"""Cells: which widget of an earlier run a widget takes the place of when its cell runs again."""

from __future__ import annotations

import weakref
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Run(NamedTuple):
    """One execution of one notebook cell."""

    cell: str
    execution: str


def current_run() -> Run | None:
    """Return the execution that is going on, or None outside of a notebook that names its cells."""
    try:
        from IPython import get_ipython

        request = get_ipython().kernel.get_parent("shell")
        return Run(request["metadata"]["cellId"], request["header"]["msg_id"])
    except (ImportError, AttributeError, KeyError, TypeError):
        return None


class MadeInCells(Generic[T]):
    """Remembers, without keeping them alive, what was made in the last run of each cell."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, list[weakref.ref[T]]]] = {}

    def add(self, made: T, run: Run | None) -> list[T]:
        """Note that something was made in a run.

        Returns:
            What earlier runs of the same cell made: its output is gone from the screen.
        """
        if run is None:
            return []
        execution, references = self._made.get(run.cell, (run.execution, []))
        replaced: list[T] = []
        if execution != run.execution:
            replaced = [one for reference in references if (one := reference()) is not None]
            references = []
        self._made[run.cell] = (run.execution, [*references, weakref.ref(made)])
        return replaced
