"""Measures the first click on an imported mask: what it costs, and whether it mends the mask.

Usage:
    python -m benchmarks.imported_masks DATA [--model NAME] [--objects 1,5,20] [--limit 20]
        [--skip 0]

DATA is a folder as `dynamite-widget evaluate` takes it, or "samples": the shipped photographs, with
masks that the model itself makes of clicks on a grid. The masks of so many objects of an image are
imported, the largest spoiled by a disc cut out of its border or added to it. A simulated careful
annotator, who has the true mask in mind, then clicks three times. Time is the processor's, of one
thread. The figures of docs/decisions/0007 come from here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import dynamite_widget as dw
from dynamite_widget import samples
from dynamite_widget.clicks import BoolMap, mark_taken, next_click
from dynamite_widget.evaluation import Scene
from dynamite_widget.evaluation.readers import open_scenes
from dynamite_widget.segmenting import Answered
from dynamite_widget.session import Session

CLICKS = 3
SMALLEST = 2000
"""Pixels of the object that is spoiled: of a speck no model can say much."""
DEPTH = 0.6
"""Radius of the disc, in radii of a circle as large as the object; drawn from half of it up."""


class Counted:
    """Counts how often a segmenter is asked, and the processor's time of its answers.

    Args:
        segmenter: that answers.
    """

    takes_previous = True

    def __init__(self, segmenter: dw.Segmenter) -> None:
        self.segmenter = segmenter
        self.asked = 0

    def encode(self, image: Any) -> Any:  # noqa: ANN401 - whatever the segmenter takes
        """Encode an image."""
        return self.segmenter.encode(image)

    def segment(
        self,
        features: Any,  # noqa: ANN401 - whatever the segmenter makes
        clicks: Sequence[dw.Click],
        previous: Answered | None = None,
    ) -> NDArray[np.integer]:
        """Answer clicks."""
        self.asked += 1
        return self.segmenter.segment(features, clicks, previous)


class Mended(NamedTuple):
    """What became of one spoiled mask.

    Attributes:
        asked: how often the model was asked for the first click.
        seconds: of processor time that the first click took.
        later: of processor time that each later click took, on average.
        ious: with the true mask, before and after each click.
        moved: pixels of other objects that changed with the first click.
    """

    asked: int
    seconds: float
    later: float
    ious: tuple[float, ...]
    moved: int


def main() -> None:
    """Mend every image's mask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--model", default="dynamite-lite")
    parser.add_argument("--checkpoint")
    parser.add_argument("--objects", default="1,5,20")
    parser.add_argument("--limit", type=int, default=20, help="images for each number of objects")
    parser.add_argument("--skip", type=int, default=0, help="so many of those found are left out")
    given = parser.parse_args()

    torch.set_num_threads(1)
    segmenter = dw.Segmenter.load(given.model, checkpoint=given.checkpoint, device="cpu")
    found = _samples(segmenter) if given.data == "samples" else open_scenes(given.data)
    scenes = [*found]
    print(
        "| imported | images | first click asks | first click | a later one | "
        "IoU spoiled | after 1 | after 3 | worse after 1 | worst | others' pixels moved |"
    )
    print("|" + "---|" * 11)
    for objects in map(int, given.objects.split(",")):
        fit = [scene for scene in scenes if _fits(scene, objects)]
        chosen = fit[given.skip :][: given.limit]
        if chosen:
            mended = [mend(segmenter, scene, objects, i) for i, scene in enumerate(chosen)]
            print(row(objects, [each for each in mended if each]), flush=True)


def row(objects: int, mended: Sequence[Mended]) -> str:
    """One row of the table."""
    ious = np.array([each.ious for each in mended])
    gained = ious[:, 1] - ious[:, 0]
    asked, seconds, later = (
        np.mean([getattr(each, name) for each in mended]) for name in ("asked", "seconds", "later")
    )
    return (
        f"| {objects} | {len(mended)} | {asked:.1f} | {1000 * seconds:.0f} ms | "
        f"{1000 * later:.0f} ms | {ious[:, 0].mean():.3f} | {ious[:, 1].mean():.3f} | "
        f"{ious[:, CLICKS].mean():.3f} | {(gained < -0.001).sum()} | {gained.min():+.3f} | "
        f"{sum(each.moved for each in mended)} |"
    )


def mend(segmenter: dw.Segmenter, scene: Scene, objects: int, number: int) -> Mended | None:
    """Import an image's masks, the largest spoiled, and click it right.

    Returns:
        None where the other masks hide all that was spoiled: there is nothing to click on.
    """
    masks = _largest_first(scene)[:objects]
    others = masks[1:].any(axis=0)
    truth = masks[0] & ~others
    spoiled = spoil(truth, np.random.default_rng(number), add=number % 2 == 1) & ~others
    counted = Counted(segmenter)
    session = Session.from_masks(scene.image, [spoiled, *masks[1:]], segmenter=counted)
    session.encode()
    ious, seconds = [iou(session.masks[0], truth)], []
    taken = np.zeros_like(truth)
    before = session.label_map
    asked = moved = 0
    for step in range(CLICKS):
        click = next_click(truth, session.masks[0], taken=taken)
        if click is not None:
            mark_taken(taken, click)
            began = time.process_time()
            session.click(click.x, click.y, click.object_id)
            seconds.append(time.process_time() - began)
        if step == 0:
            asked = counted.asked
            moved = np.count_nonzero((before > 1) & (session.label_map != before))
        ious.append(iou(session.masks[0], truth))
    if not seconds:
        return None
    return Mended(asked, seconds[0], float(np.mean(seconds[1:] or [0])), tuple(ious), int(moved))


def spoil(mask: BoolMap, chance: np.random.Generator, *, add: bool) -> BoolMap:
    """Cut a disc out of a mask's border, or add one there."""
    radius = chance.uniform(DEPTH / 2, DEPTH) * np.sqrt(np.count_nonzero(mask) / np.pi)
    inside = np.pad(mask, 1)
    border = mask & ~(inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:])
    row, column = chance.choice(np.argwhere(border))
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    disc = np.hypot(rows - row, columns - column) <= radius
    return mask | disc if add else mask & ~disc


def iou(one: BoolMap, other: BoolMap) -> float:
    """Intersection over union."""
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


def _fits(scene: Scene, objects: int) -> bool:
    masks = _largest_first(scene)
    return len(masks) >= objects and np.count_nonzero(masks[0]) >= SMALLEST


def _largest_first(scene: Scene) -> NDArray[np.bool_]:
    areas = scene.masks.sum(axis=(1, 2))
    order = np.argsort(-areas, kind="stable")
    return scene.masks[order[areas[order] > 0]]


def _samples(segmenter: dw.Segmenter) -> Iterator[Scene]:
    """The shipped photographs, with what the model makes of clicks on a grid."""
    for name in samples.NAMES:
        image = np.asarray(Image.open(samples.path(name)).convert("RGB"))
        height, width = image.shape[:2]
        grid = np.linspace(0.1, 0.9, 5)
        clicks = [
            dw.Click(round(x * width), round(y * height), k)
            for k, (y, x) in enumerate(((y, x) for y in grid for x in grid), start=1)
        ]
        label_map = segmenter.segment(segmenter.encode(image), clicks)
        yield Scene(name, image, np.stack([label_map == click.object_id for click in clicks]))


if __name__ == "__main__":
    main()
