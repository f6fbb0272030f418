"""Intersection over union, and what the benchmarks read off its course over the clicks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BoolMap
from dynamite_widget.evaluation.scenes import Truth


def iou(truth: BoolMap, guess: BoolMap, ignore: BoolMap | None = None) -> float:
    """Intersection over union of two masks.

    Args:
        truth: (H, W) bool.
        guess: (H, W) bool.
        ignore: (H, W) bool, pixels left out of both intersection and union.

    Returns:
        The ratio, 0..1. Two empty masks agree: 1.0, never NaN.
    """
    if ignore is not None:
        truth, guess = truth & ~ignore, guess & ~ignore
    union = np.count_nonzero(truth | guess)
    return np.count_nonzero(truth & guess) / union if union else 1.0


def object_ious(truth: Truth, guess: NDArray[np.integer]) -> NDArray[np.float64]:
    """Intersection over union of every object of a label map.

    Args:
        truth: ground truth with objects 1..N, each with at least one pixel that counts.
        guess: (H, W) label map with values 0..N.

    Returns:
        (N,) ratios, in order of the object ids.
    """
    n = truth.n_objects + 1
    pairs = truth.labels * n + guess
    if truth.ignore is not None:
        pairs = pairs[~truth.ignore]
    counts = np.bincount(pairs.ravel(), minlength=n * n).reshape(n, n)
    both = np.diagonal(counts)[1:]
    return both / (counts.sum(axis=1)[1:] + counts.sum(axis=0)[1:] - both)


def clicks_to_reach(ious: Sequence[float], threshold: float) -> int | None:
    """Number of the first click after which the IoU is at least the threshold.

    Args:
        ious: after click 1, 2, ...
        threshold: the IoU to reach.

    Returns:
        The count, from 1, or None if it was never reached.
    """
    return next((k for k, value in enumerate(ious, start=1) if value >= threshold), None)


def mean_at(curves: Sequence[Sequence[float]], k: int) -> float:
    """Mean over curves of the value after click k.

    A curve that ended sooner, because its threshold was reached, counts with its last value.

    Args:
        curves: one for each sample, value after click 1, 2, ...
        k: number of clicks, from 1.

    Returns:
        The mean; NaN if there are no curves.

    Raises:
        ValueError: if k is less than 1.
    """
    if k < 1:
        raise ValueError(f"the value after click {k} was asked for; the first click is click 1")
    values = [curve[min(k, len(curve)) - 1] for curve in curves if len(curve)]
    return float(np.mean(values)) if values else float("nan")
