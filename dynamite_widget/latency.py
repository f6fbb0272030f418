"""Latency: how long a segmenter took, for the last answer and for the usual one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

KEPT = 100
"""Answers that the median is taken over."""


class Latency:
    """Times in seconds; None before there is one."""

    def __init__(self) -> None:
        self._answers: deque[float] = deque(maxlen=KEPT)
        self.encode: float | None = None

    @property
    def last(self) -> float | None:
        """Of the last answer."""
        return self._answers[-1] if self._answers else None

    @property
    def median(self) -> float | None:
        """Of the answers kept."""
        return median(self._answers) if self._answers else None

    @contextmanager
    def of_encoding(self) -> Iterator[None]:
        """Time the block as the encoding of the image; one that raises does not count."""
        start = time.perf_counter()
        yield
        self.encode = time.perf_counter() - start

    @contextmanager
    def of_answer(self) -> Iterator[None]:
        """Time the block as one answer; one that raises does not count."""
        start = time.perf_counter()
        yield
        self.add_answer(time.perf_counter() - start)

    def add_answer(self, seconds: float) -> None:
        """Count an answer that was made ahead."""
        self._answers.append(seconds)
