"""Measures how often the network, left alone, gives a clicked pixel to somebody else.

Usage:
    python -m benchmarks.clicked_pixels DATA [--model NAME] [--limit 40] [--clicks 10]

`Segmenter.segment` makes every clicked pixel carry its click's id whatever the network says; this
counts how much there was to make. DATA is a folder as `dynamite-widget evaluate` takes it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from typing import Any

import dynamite_widget as dw
from dynamite_widget import evaluation
from dynamite_widget.evaluation.readers import open_scenes
from dynamite_widget.segmenting import Answered, LabelMap


class Counting:
    """A segmenter that counts where the network's own answer differs at the clicks.

    Attributes:
        clicks: number of answers, by number of clicks made so far.
        newest_wrong: answers whose newest click lies on a pixel given to somebody else.
        any_wrong: answers with any click on such a pixel.
    """

    takes_previous = True

    def __init__(self, segmenter: dw.Segmenter) -> None:
        self.segmenter = segmenter
        self.answers, self.newest_wrong, self.any_wrong = Counter(), Counter(), Counter()

    def encode(self, image: Any) -> Any:  # noqa: ANN401 - as Segmenter has it
        """Encode as the segmenter does."""
        return self.segmenter.encode(image)

    def segment(
        self,
        features: Any,  # noqa: ANN401 - as Segmenter has it
        clicks: Sequence[dw.Click],
        previous: Answered | None = None,
    ) -> LabelMap:
        """Answer as the segmenter does, and count."""
        label_map = self.segmenter.unforced(features, clicks, previous)
        wrong = [label_map[int(c.y), int(c.x)] != c.object_id for c in clicks]
        self.answers[len(clicks)] += 1
        self.newest_wrong[len(clicks)] += bool(wrong[-1])
        self.any_wrong[len(clicks)] += any(wrong)
        for click in clicks:
            label_map[int(click.y), int(click.x)] = click.object_id
        return label_map


def main() -> None:
    """Click on the objects of a data set one by one, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--model", default="dynamite-lite")
    parser.add_argument("--checkpoint")
    parser.add_argument("--limit", type=int, default=40, help="images")
    parser.add_argument("--clicks", type=int, default=10, help="on an object, at most")
    given = parser.parse_args()

    counting = Counting(dw.Segmenter.load(given.model, checkpoint=given.checkpoint))
    scenes = open_scenes(given.data).evenly(given.limit)
    evaluation.run_noc(counting, scenes, iou_threshold=0.95, max_clicks=given.clicks)
    print("| click | answers | newest click's pixel is another's | any click's pixel is |")
    print("|---|---|---|---|")
    rows = [(str(n), [n]) for n in sorted(counting.answers)]
    for name, numbers in [*rows, ("all", sorted(counting.answers))]:
        total = sum(counting.answers[n] for n in numbers)
        newest = sum(counting.newest_wrong[n] for n in numbers) / total
        some = sum(counting.any_wrong[n] for n in numbers) / total
        print(f"| {name} | {total} | {newest:.1%} | {some:.1%} |")


if __name__ == "__main__":
    main()
