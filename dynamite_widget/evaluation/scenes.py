"""Scenes: an image with the masks that an annotator has in mind for its objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BoolMap


@dataclass(frozen=True, eq=False)
class Scene:
    """One image of a benchmark and its true objects.

    Attributes:
        name: unique within its data set; results are kept under it.
        image: whatever the segmenter's `encode` takes, usually (H, W, 3) uint8 RGB.
        masks: (N, H, W) bool, one plane for each object. They may overlap.
        ignore: (H, W) bool, pixels whose truth is unknown: they are neither right nor wrong.

    Raises:
        ValueError: if `masks` is not (N, H, W) or `ignore` not (H, W) of the same size.
    """

    name: str
    image: Any
    masks: NDArray[np.bool_]
    ignore: BoolMap | None = None

    def __post_init__(self) -> None:
        masks = np.asarray(self.masks).astype(bool, copy=False)
        if masks.ndim != 3:
            raise ValueError(
                f"scene {self.name!r}: masks have shape {masks.shape}; they must be (N, H, W), "
                "one plane for each object (masks[None] makes that of a single mask)"
            )
        object.__setattr__(self, "masks", masks)
        if self.ignore is not None:
            ignore = np.asarray(self.ignore).astype(bool, copy=False)
            if ignore.shape != masks.shape[1:]:
                raise ValueError(
                    f"scene {self.name!r}: ignore has shape {ignore.shape}, "
                    f"but the masks are {masks.shape[1:]}"
                )
            object.__setattr__(self, "ignore", ignore)

    @cached_property
    def truth(self) -> Truth:
        """What of the objects is visible: masks painted by area, large to small."""
        return Truth.paint(self.masks, self.ignore)


@dataclass(frozen=True, eq=False)
class Truth:
    """The ground truth in which no two objects overlap.

    Attributes:
        labels: (H, W) int64, 0 background, k = object k; objects are numbered 1..N by the area
            of their mask, largest first.
        sources: for object k, `sources[k - 1]` is its plane in `Scene.masks`.
        ignore: (H, W) bool or None, pixels that do not count.
    """

    labels: NDArray[np.int64]
    sources: tuple[int, ...]
    ignore: BoolMap | None = None

    @property
    def n_objects(self) -> int:
        """Number of objects of which at least one pixel that counts is visible."""
        return len(self.sources)

    @classmethod
    def paint(cls, masks: NDArray[np.bool_], ignore: BoolMap | None = None) -> Truth:
        """Paint masks by area, large to small, so that small objects stay in sight.

        Objects of which nothing is left (empty, covered by smaller ones, or inside the ignored
        pixels) are dropped: nobody can click on them, and their IoU would be 0/0.

        Args:
            masks: (N, H, W) bool.
            ignore: (H, W) bool, pixels that do not count.
        """
        areas = masks.sum(axis=(1, 2))
        by_area = np.argsort(-areas, kind="stable")
        ranks = np.zeros(masks.shape[1:], dtype=np.int64)
        for rank, plane in enumerate(by_area, start=1):
            ranks[masks[plane]] = rank
        counted = ranks if ignore is None else ranks[~ignore]
        visible = np.unique(counted)
        visible = visible[visible > 0]
        renumber = np.zeros(len(masks) + 1, dtype=np.int64)
        renumber[visible] = np.arange(1, len(visible) + 1)
        sources = tuple(int(by_area[rank - 1]) for rank in visible)
        return cls(renumber[ranks], sources, ignore)

    def mask(self, object_id: int) -> BoolMap:
        """Visible pixels of one object, (H, W) bool."""
        return self.labels == object_id


def single_objects(scenes: Iterable[Scene]) -> Iterator[Scene]:
    """Give each object a scene of its own, as the single-object benchmarks want it.

    A scene with one object stays as it is; the k-th of several is called `name#k`, counted
    from 0 in the order of the masks. Masks are taken whole, not painted over by others.
    """
    for scene in scenes:
        if len(scene.masks) == 1:
            yield scene
            continue
        for k in range(len(scene.masks)):
            yield replace(scene, name=f"{scene.name}#{k}", masks=scene.masks[k : k + 1])
