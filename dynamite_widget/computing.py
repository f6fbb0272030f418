"""Where a processor computes: in one thread, one thing after another, whoever asks.

OpenMP keeps a pool of threads for each thread that has computed with PyTorch, and where all pools
together have more threads than there are processors, none waits awake for the next operation any
more: a click that takes 48 ms takes 78 (two threads on two processors; docs/performance.md). So
callers, a notebook's main thread and those that answer clicks in the background, leave computing
to one thread. It ends, and its pool with it, some seconds after the last click, so that it is in
nobody's way; until then what PyTorch keeps for a thread is at hand for the next one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, TypeVar

from dynamite_widget.background_jobs import BackgroundJobs

T = TypeVar("T")


class _Here(threading.local):
    """Whether this thread is the one that computes."""

    computes = False


_here = _Here()
_LINGER_SECONDS = 10.0
_jobs: BackgroundJobs[Any] = BackgroundJobs(_LINGER_SECONDS)


def compute(work: Callable[[], T]) -> T:
    """Return `work()`, done where computing is done; what it raises is raised here.

    The thread is another one: `work` itself must set what PyTorch keeps for each thread, such as
    inference mode.
    """
    if _here.computes:
        return work()
    future = _jobs.submit(lambda: _inside(work))
    try:
        return future.result()
    except CancelledError:  # Python ends, and begins no thread any more
        return work()
    except KeyboardInterrupt:
        future.cancel()
        raise


@contextmanager
def computing_here() -> Iterator[None]:
    """Within it this thread does what it asks for itself: it computes otherwise as well."""
    before, _here.computes = _here.computes, True
    try:
        yield
    finally:
        _here.computes = before


def _inside(work: Callable[[], T]) -> T:
    with computing_here():
        return work()


def _after_fork() -> None:
    global _jobs  # the thread that worked them off is not in this process
    _jobs = BackgroundJobs(_LINGER_SECONDS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
