"""Curves over the clicks: how good the masks are, and how long an answer takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dynamite_widget.evaluation.mist import MistResult
from dynamite_widget.evaluation.noc import NocResult

Results = Mapping[str, MistResult | NocResult]
"""Results by the names they have in the legend."""


def iou_figure(results: Results, title: str = "") -> Figure:
    """Mean IoU against the number of clicks, one curve for each result.

    Clicks are an object's own in the single-object benchmark, and clicks an object on average in
    the multi-object one. What was done earlier keeps its last IoU.
    """
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    together = any(isinstance(result, MistResult) for result in results.values())
    for name, result in results.items():
        most = result.tau if isinstance(result, MistResult) else result.max_clicks
        clicks = np.arange(1, most + 1)
        axes.plot(clicks, [100 * result.mean_iou(int(k)) for k in clicks], marker=".", label=name)
    axes.set_xlabel("clicks an object on average" if together else "clicks")
    axes.set_ylabel("mean IoU, %")
    axes.set_ylim(top=100)
    _finish(figure, title)
    return figure


def time_figure(results: Results, title: str = "") -> Figure:
    """Median time of an answer against the number of clicks in it, one curve for each result."""
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, result in results.items():
        labelled = result.images if isinstance(result, MistResult) else result.samples
        by_count: dict[int, list[float]] = {}
        for scene in labelled:
            for extra, seconds in enumerate(scene.click_seconds):
                by_count.setdefault(len(scene.ious) + extra, []).append(seconds)
        counts = sorted(by_count)
        axes.plot(
            counts, [1000 * float(np.median(by_count[k])) for k in counts], marker=".", label=name
        )
    axes.set_xlabel("clicks in the image so far")
    axes.set_ylabel("time of an answer, ms (median)")
    axes.set_ylim(bottom=0)
    _finish(figure, title)
    return figure


def _finish(figure: Figure, title: str) -> None:
    axes = figure.axes[0]
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.set_title(title, parse_math=False)  # a folder's name may hold two dollar signs
    if axes.lines:
        axes.legend(fontsize="small")
