"""Imported objects: which pixels each came with, and which clicks touch it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from dynamite_widget.clicks import BACKGROUND, BoolMap, Click
from dynamite_widget.edits import MODEL_DECIDES, Edit, Overlay
from dynamite_widget.extents import Box
from dynamite_widget.regions import Region
from dynamite_widget.state import State, pixel_of

NEARBY = 0.25
"""A click is near an object if it lies in its box, widened by so much of the box's longer side."""


@dataclass(frozen=True, slots=True)
class Imports:
    """All imported objects of a session; their pixels do not overlap.

    Attributes:
        regions: (object id, the pixels it came with), ids rising.
    """

    regions: tuple[tuple[int, Region], ...] = ()

    @classmethod
    def of(cls, state: State) -> Imports:
        """Find them in a state."""
        records = state.objects.values()
        return cls(tuple((r.id, r.imported) for r in records if r.imported is not None))

    @property
    def drawn(self) -> Overlay:
        """All of them on one map."""
        return _drawn(self.regions)

    def touched(self, clicks: Sequence[Click]) -> dict[int, list[int]]:
        """Find the objects that clicks are about.

        A click touches the object it names, and the one whose imported pixel it lies on.

        Returns:
            The time steps of the clicks that touch each object, by its id; in order of the last.
        """
        if not self.regions:
            return {}
        drawn, ids = self.drawn, {object_id for object_id, _ in self.regions}
        touched: dict[int, list[int]] = {}
        for time_step, click in enumerate(clicks):
            row, column = pixel_of(click.x, click.y)
            # The one that is named comes last: it lies on top.
            for object_id in dict.fromkeys((drawn.owner(column, row), click.object_id)):
                if object_id in ids:
                    touched[object_id] = [*touched.pop(object_id, ()), time_step]
        return touched

    def barred(self, object_id: int, clicks: Iterable[Click], size: tuple[int, int]) -> BoolMap:
        """Find the pixels that an object cannot take: those of others that it is not clicked in.

        Args:
            object_id: of the object.
            clicks: those that touch it.
            size: (H, W) of the image.
        """
        drawn = self.drawn
        entered = [drawn.owner(int(click.x), int(click.y)) for click in clicks]
        barred = np.zeros(size, bool)
        barred[drawn.slices] = ~np.isin(drawn.owners, [MODEL_DECIDES, object_id, *entered])
        return barred


def statements(object_id: int, clicks: Iterable[Click]) -> tuple[Click, ...]:
    """Say what clicks mean for one object alone: it is here, or background is."""
    return tuple(
        click if click.object_id == object_id else replace(click, object_id=BACKGROUND)
        for click in clicks
    )


def clicks_near(object_id: int, region: Region, clicks: Iterable[Click]) -> tuple[Click, ...]:
    """Leave out clicks on others that are far from an object and say nothing about it.

    Args:
        object_id: of the object.
        region: its imported pixels.
        clicks: all clicks, in order of time.
    """
    margin = round(NEARBY * max(region.width, region.height))
    near = Box(
        region.x - margin,
        region.y - margin,
        region.width + 2 * margin,
        region.height + 2 * margin,
    )
    return tuple(
        click
        for click in clicks
        if click.object_id == object_id or near.holds(int(click.x), int(click.y))
    )


NO_IMPORTS = Imports()


@lru_cache(maxsize=2)
def _drawn(regions: tuple[tuple[int, Region], ...]) -> Overlay:
    return Overlay().with_edits(tuple(Edit(region, k, "paint") for k, region in regions))
