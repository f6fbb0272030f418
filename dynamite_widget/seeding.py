"""Seeds: clicks chosen so that a model reproduces a mask that came from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot
from typing import NamedTuple

import numpy as np

from dynamite_widget.clicks import BACKGROUND, TAKEN_RADIUS, BoolMap, Click, mark_taken, next_click
from dynamite_widget.regions import Region
from dynamite_widget.state import pixel_of

MOST_ROUNDS = 2
"""So often the model is asked what it makes of the seeds so far."""
GOOD_IOU = 0.95
"""At this intersection over union with the mask no further seed is tried."""


class Seeds(NamedTuple):
    """Clicks that stand for a mask.

    Attributes:
        clicks: in order of time; on the object and on the background.
        answer: what the model makes of them.
    """

    clicks: tuple[Click, ...]
    answer: Region


def find_seeds(mask: BoolMap, object_id: int, ask: Callable[[tuple[Click, ...]], BoolMap]) -> Seeds:
    """Click as a careful annotator who has the mask in mind would, two clicks at a time.

    As in DynaMITe (Rana et al., ICCV 2023, sec. 4) clicks go where the model errs most; each round
    has one for what is missing and one for what is too much, so that it takes half the answers. Of
    all the answers on the way the one most like the mask wins.

    Args:
        mask: (H, W), with at least one pixel.
        object_id: of the object that it is of.
        ask: what the model says, (H, W) bool, to some clicks.

    Raises:
        Exception: whatever `ask` raises.
    """
    taken = np.zeros_like(mask)
    clicks: list[Click] = []
    guess = np.zeros_like(mask)
    best, best_iou = Seeds((), Region.from_array(guess)), -1.0
    for _ in range(MOST_ROUNDS):
        missing = next_click(mask, guess & mask, taken=taken, object_id=object_id)
        surplus = next_click(mask, guess | mask, taken=taken, object_id=object_id)
        found = [click for click in (missing, surplus) if click is not None]
        if not found:
            break
        for click in found:
            mark_taken(taken, click)
        clicks += found
        guess = ask(tuple(clicks))
        iou = np.count_nonzero(mask & guess) / np.count_nonzero(mask | guess)
        if iou > best_iou:
            best, best_iou = Seeds(tuple(clicks), Region.from_array(guess)), iou
        if best_iou >= GOOD_IOU:
            break
    return best


def uncontradicted(
    seeds: Sequence[Click], clicks: Sequence[Click], mask: BoolMap
) -> tuple[Click, ...]:
    """Leave out the seeds that stand for what people's clicks say is wrong.

    A click contradicts a seed of another meaning that lies close to it: within `TAKEN_RADIUS`, or
    at most half as far as any pixel that the mask gives to what the click says. Should nothing be
    left that speaks for the object, all stay.

    Args:
        seeds: of the mask.
        clicks: of the object, or on the background; in whole pixels or between.
        mask: (H, W), the object as it came.
    """
    left = tuple(
        seed for seed in seeds if not any(_contradicts(click, seed, mask) for click in clicks)
    )
    return left if _speak_for_object(left, clicks) else tuple(seeds)


def without_nearest(
    seeds: Sequence[Click], click: Click, clicks: Sequence[Click]
) -> tuple[Click, ...] | None:
    """Leave out the seed of another meaning that is nearest to a click.

    Args:
        seeds: of a mask.
        click: one of the clicks.
        clicks: of the object, or on the background.

    Returns:
        The other seeds; None if there is no such seed, or nothing would speak for the object.
    """
    opposed = [seed for seed in seeds if seed.object_id != click.object_id]
    if not opposed:
        return None
    nearest = min(opposed, key=lambda seed: hypot(click.x - seed.x, click.y - seed.y))
    left = tuple(seed for seed in seeds if seed is not nearest)
    return left if _speak_for_object(left, clicks) else None


def _speak_for_object(seeds: Sequence[Click], clicks: Sequence[Click]) -> bool:
    return any(each.object_id != BACKGROUND for each in (*seeds, *clicks))


def _contradicts(click: Click, seed: Click, mask: BoolMap) -> bool:
    apart = hypot(click.x - seed.x, click.y - seed.y)
    if click.object_id == seed.object_id:
        return False
    if apart <= TAKEN_RADIUS:
        return True
    row, column = pixel_of(click.x, click.y)
    reach = int(2 * apart)
    top, left = max(row - reach, 0), max(column - reach, 0)
    around = mask[top : row + reach + 1, left : column + reach + 1]
    rows, columns = np.ogrid[: around.shape[0], : around.shape[1]]
    near = np.hypot(rows + top - row, columns + left - column) <= 2 * apart
    return not (around[near] == (click.object_id != BACKGROUND)).any()
