"""Lets an answer that nobody waits for any more end early, between two of its steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_this_thread = threading.local()


class InterruptedAnswerError(Exception):
    """What was being computed is no longer wanted."""


@contextmanager
def interruptible(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Compute what may be given up; what other threads compute goes on.

    Args:
        unwanted: asked between the steps of an answer, some milliseconds apart.

    Raises:
        InterruptedAnswerError: at the first step at which it is no longer wanted.
    """
    before = getattr(_this_thread, "unwanted", None)
    _this_thread.unwanted = unwanted
    try:
        yield
    finally:
        _this_thread.unwanted = before


def next_step() -> None:
    """Called between the steps of an answer.

    Raises:
        InterruptedAnswerError: if this thread's answer is no longer wanted.
    """
    unwanted = getattr(_this_thread, "unwanted", None)
    if unwanted is not None and unwanted():
        raise InterruptedAnswerError
