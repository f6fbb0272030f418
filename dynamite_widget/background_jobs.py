"""Jobs done one after another in the background, on a thread that lives while there are some."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[], Any]
    future: Future[Any]


class BackgroundJobs(Generic[T]):
    """A list of jobs and one thread that works it off.

    Python waits for the job at hand when it ends, but not for the list: an executor of the
    standard library would do all of it first. What is asked for after that is cancelled at once. A
    job runs in the context of whoever asked for it, so that what it prints or publishes in a
    notebook goes to the right cell.
    """

    def __init__(self) -> None:
        self._jobs: deque[_Job] = deque()
        self._busy = False
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Put a job at the end of the list; cancelling its future takes it off again."""
        future: Future[T] = Future()
        context = contextvars.copy_context()
        if _python_ends():  # a thread that is started now never begins
            _give_up(future)
            return future
        with self._lock:
            self._jobs.append(_Job(lambda: context.run(work), future))
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._work_off, name="dynamite-background").start()
        return future

    def _work_off(self) -> None:
        while (job := self._next()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                result = job.work()
            except BaseException as error:
                job.future.set_exception(error)
            else:
                job.future.set_result(result)

    def _next(self) -> _Job | None:
        with self._lock:
            if _python_ends():
                while self._jobs:
                    _give_up(self._jobs.popleft().future)
            self._busy = bool(self._jobs)
            return self._jobs.popleft() if self._jobs else None


def _python_ends() -> bool:
    return not threading.main_thread().is_alive()


def _give_up(future: Future[Any]) -> None:
    """Cancel a job and tell those who wait for it."""
    if future.cancel():
        future.set_running_or_notify_cancel()
