"""Reads what clicks did in a finished run: does each help, how often does one harm, and whom.

Usage:
    python -m dynamite_widget.cli evaluate --data DATA --task noc --out RUN
    python -m benchmarks.courses RUN [RUN ...]

With `--model benchmarks.courses:answering_anew` the embedded model is told nothing of its answer to
the clicks before.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import dynamite_widget as dw
from dynamite_widget.masks import Mask
from dynamite_widget.segmenting import LabelMap

CLICKS = 10
HARM = 0.05
"""A click that lowers the IoU by more than this has made the mask worse."""
FLOOD = 0.3
"""One that lowers it by more than this has most likely flooded the photograph."""
SMALL = 0.02
"""A small object's mask has less than this share of its photograph's pixels."""


class _Anew:
    """A segmenter of two verbs: every answer is to all clicks at once."""

    def __init__(self, segmenter: dw.Segmenter) -> None:
        self.segmenter = segmenter

    def encode(self, image: Any) -> Any:  # noqa: ANN401 - as Segmenter has it
        """Encode as the segmenter does."""
        return self.segmenter.encode(image)

    def segment(self, features: Any, clicks: Sequence[dw.Click]) -> LabelMap:  # noqa: ANN401
        """Answer without the answer before."""
        return self.segmenter.segment(features, clicks)


def answering_anew() -> _Anew:
    """The embedded model, told nothing of its answer to the clicks before."""
    return _Anew(dw.Segmenter.load("dynamite-lite"))


class Course(NamedTuple):
    """One object.

    Attributes:
        ious: after each click.
        share: of the photograph's pixels that its last mask has.
    """

    ious: list[float]
    share: float

    def clicks_to(self, iou: float, most: int) -> int:
        """Number of clicks that it took, or `most` if it never came there."""
        return next((k for k, reached in enumerate(self.ious, start=1) if reached >= iou), most)


def main() -> None:
    """Print a table a run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    for run in parser.parse_args().runs:
        print(f"\n{run}\n")
        for row in table(run):
            print(row)


def table(run: Path) -> Iterator[str]:
    """Rows of a Markdown table."""
    lines = (run / "single.jsonl").read_text().splitlines()
    labelled = [each for line in lines for each in json.loads(line)["labelled"]]
    courses = [
        Course(each["course"], Mask.from_rle(mask).area / (mask["size"][0] * mask["size"][1]))
        for each in labelled
        for mask in each["masks"]
    ]
    most = max(each["budget"] for each in labelled)
    yield "| | |"
    yield "|---|---|"
    means = [np.mean([c.ious[min(k, len(c.ious) - 1)] for c in courses]) for k in range(CLICKS)]
    yield f"| mean IoU after 1 to {CLICKS} clicks | {', '.join(f'{mean:.4f}' for mean in means)} |"
    gains = np.concatenate([np.diff(c.ious) for c in courses])
    for loss in (HARM, FLOOD):
        lost = gains < -loss
        yield (
            f"| clicks that lower the IoU by more than {loss} | "
            f"{lost.sum()}, {100 * np.mean(lost):.1f} of 100 ({len(gains)} clicks) |"
        )
    for name, some in (
        ("small objects", [c for c in courses if c.share < SMALL]),
        ("others", [c for c in courses if c.share >= SMALL]),
    ):
        noc = [np.mean([c.clicks_to(iou, most) for c in some]) for iou in (0.85, 0.90)]
        yield f"| {name} ({len(some)}), NoC@85, NoC@90 | {noc[0]:.2f}, {noc[1]:.2f} |"


if __name__ == "__main__":
    main()
