"""Training scenes and first clicks to the letter of the paper and its code.

Rana et al., "DynaMITe", ICCV 2023, sec. 3.4 and 4. One thing differs: what is ignored, padding
among it, is no truth for any mask, whereas the published code trains masks to be empty there.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dynamite_widget.models.click_tensors import BACKGROUND_OWNER
from dynamite_widget.training.augmentation import PADDING_GREY, Labels, Pixels
from dynamite_widget.training.photographs import IGNORE
from dynamite_widget.training.scenes import Scene, Scenes, depth_of

_SMALLEST_AREA = 400
"""Objects of no more pixels in the photograph are not chosen."""
_SMALLEST_VISIBLE = 50
"""Objects of no more pixels in the crop are dropped."""
_CHOSEN_PART = 0.7
_DECAY = 0.7
"""Each further click is this much less likely."""
_NO_BACKGROUND_CLICK = 0.2


class PaperScenes(Scenes):
    """An endless stream of scenes as the paper draws them; see `Scenes`."""

    def draw(self, rng: np.random.Generator) -> Scene | None:
        """One scene, or None where chance left no object in it."""
        pixels, labels = self.pick(rng).read()
        areas = np.bincount(labels[labels > 0].ravel(), minlength=1)
        eligible = np.flatnonzero(areas > _SMALLEST_AREA)
        if not len(eligible):
            return None
        if rng.random() < 0.5:
            pixels, labels = pixels[:, ::-1], labels[:, ::-1]
        image, labels = jitter(pixels, labels, self.config.crop, self.config.scale, rng)
        there = np.intersect1d(eligible, labels)
        count = min(max(1, int(_CHOSEN_PART * len(there))), self.config.max_objects)
        labels = keep(labels, rng.permutation(there)[:count])
        if labels.max() <= 0:
            return None
        return Scene(image, labels, first_clicks(labels, rng))


def jitter(
    pixels: Pixels, labels: Labels, crop: int, scale: tuple[float, float], rng: np.random.Generator
) -> tuple[Pixels, Labels]:
    """Large-scale jitter: fit into a square of crop times a random scale, then crop or pad.

    Args:
        pixels: (H, W, 3).
        labels: (H, W).
        crop: side of the result.
        scale: smallest and largest scale.
        rng: source of chance.

    Returns:
        (crop, crop, 3) and (crop, crop); padding is grey and ignored.
    """
    factor = crop * rng.uniform(*scale) / max(labels.shape)
    height, width = (max(1, round(factor * side)) for side in labels.shape)
    size = (width, height)
    image = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_LINEAR)
    # cv2 resizes no int32 with nearest neighbours; float32 holds every label.
    small = cv2.resize(labels.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    part = rng.random()  # one for both axes, as published
    top, left = (round(part * max(0, side - crop)) for side in (height, width))
    shown = np.s_[top : top + crop, left : left + crop]
    out = np.full((crop, crop, 3), PADDING_GREY, np.uint8)
    out_labels = np.full((crop, crop), IGNORE, np.int32)
    place = np.s_[: min(height, crop), : min(width, crop)]
    out[place], out_labels[place] = image[shown], small[shown]
    return out, out_labels


def keep(labels: Labels, chosen: Sequence[int] | NDArray[np.integer]) -> Labels:
    """Number the chosen objects that are still visible from 1, the largest first."""
    areas = {int(label): int((labels == label).sum()) for label in chosen}
    visible = sorted((k for k in areas if areas[k] > _SMALLEST_VISIBLE), key=lambda k: -areas[k])
    out = np.where(labels == IGNORE, IGNORE, 0).astype(np.int32)
    for number, label in enumerate(visible, start=1):
        out[labels == label] = number
    return out


def first_clicks(labels: Labels, rng: np.random.Generator) -> NDArray[np.float32]:
    """Clicks before any prediction: (Q, 3) of y, x, owner, object by object, background last.

    Args:
        labels: (S, S).
        rng: source of chance.
    """
    clicks: list[tuple[int, int, int]] = []
    for owner in range(int(labels.max())):
        mask = labels == owner + 1
        depth = depth_of(mask)
        clicks += place(depth > depth.max() / 1.7, 1, owner, rng)
        inner = _eroded(mask)
        count = min(_few(5, rng), int(inner.sum()) // 2)
        clicks += place(inner, count, owner, rng)
    if rng.random() >= _NO_BACKGROUND_CLICK:
        clicks += place(_eroded(labels == 0), _few(6, rng), BACKGROUND_OWNER, rng)
    return np.asarray(clicks, np.float32)


def place(
    where: NDArray[np.bool_], count: int, owner: int, rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Put up to `count` clicks (y, x, owner) on different pixels of a mask (H, W)."""
    places = np.flatnonzero(where)
    chosen = rng.choice(places, min(count, len(places)), replace=False)
    return [(*divmod(int(pixel), where.shape[1]), owner) for pixel in chosen]


def _few(most: int, rng: np.random.Generator) -> int:
    """From 0 to `most`, each number 0.7 times as likely as the one before."""
    chances = _DECAY ** np.arange(most + 1)
    return int(rng.choice(most + 1, p=chances / chances.sum()))


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
