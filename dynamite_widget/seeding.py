"""Seeds: clicks chosen so that a model reproduces a mask that came from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dynamite_widget.clicks import BoolMap, Click, mark_taken, next_click
from dynamite_widget.regions import Region

MOST_SEEDS = 8
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
    """Click as a careful annotator who has the mask in mind would.

    Each click goes where the model errs most, as in DynaMITe (Rana et al., ICCV 2023, sec. 4).
    Of all the answers on the way the one most like the mask wins.

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
    while len(clicks) < MOST_SEEDS and best_iou < GOOD_IOU:
        click = next_click(mask, guess, taken=taken, object_id=object_id)
        if click is None:
            break
        mark_taken(taken, click)
        clicks.append(click)
        guess = ask(tuple(clicks))
        iou = np.count_nonzero(mask & guess) / np.count_nonzero(mask | guess)
        if iou > best_iou:
            best, best_iou = Seeds(tuple(clicks), Region.from_array(guess)), iou
    return best
