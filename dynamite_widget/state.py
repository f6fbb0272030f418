"""`State`: everything people said about one image, at one moment, and the label map it makes."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from types import MappingProxyType

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.edits import Edit
from dynamite_widget.objects import ObjectRecord


def no_objects() -> Mapping[int, ObjectRecord]:
    """Return the objects of a new session: none."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class State:
    """What has been said so far; commands turn one state into the next.

    Attributes:
        objects: decisions about each object by id, ids rising.
        clicks: all clicks, in order of time.
        edits: all hand edits, in order of time.
    """

    objects: Mapping[int, ObjectRecord] = field(default_factory=no_objects)
    clicks: tuple[Click, ...] = ()
    edits: tuple[Edit, ...] = ()

    def record(self, object_id: int) -> ObjectRecord:
        """Return the decisions about one object.

        Raises:
            ValueError: if there is no such object.
        """
        if object_id not in self.objects:
            there = ", ".join(map(str, self.objects)) or "none yet"
            raise ValueError(f"there is no object {object_id!r}; objects here: {there}")
        return self.objects[object_id]

    def click(self, index: int) -> Click:
        """Return the click at a time step.

        Raises:
            TypeError: if the time step is no whole number.
            ValueError: if there is no such click.
        """
        if not 0 <= checked_time_step(index) < len(self.clicks):
            raise ValueError(f"there is no click {index}; clicks here: 0 to {len(self.clicks) - 1}")
        return self.clicks[index]

    def with_record(self, record: ObjectRecord) -> State:
        """Return the state in which an object is new or changed."""
        objects = {**self.objects, record.id: record}
        return replace(self, objects=MappingProxyType(dict(sorted(objects.items()))))

    def without_record(self, object_id: int) -> State:
        """Return the state in which an object's record is gone."""
        objects = {k: record for k, record in self.objects.items() if k != object_id}
        return replace(self, objects=MappingProxyType(objects))

    @property
    def clicked_ids(self) -> frozenset[int]:
        """Ids of the objects that have clicks."""
        return frozenset(click.object_id for click in self.clicks) - {BACKGROUND}

    def locked_owner(self, x: int, y: int) -> int | None:
        """Return the locked object that holds the pixel (x, y), if there is one."""
        for record in self.objects.values():
            if record.frozen is not None and (x, y) in record.frozen:
                return record.id
        return None

    def same_pixels(self, other: State) -> bool:
        """Tell whether two states make the same label map of the same answer."""
        return (
            self.clicks == other.clicks
            and self.edits == other.edits
            and [(k, r.frozen, r.bound, r.imported) for k, r in self.objects.items()]
            == [(k, r.frozen, r.bound, r.imported) for k, r in other.objects.items()]
        )


def pixel_of(x: float, y: float) -> tuple[int, int]:
    """Return (row, column) of the pixel that holds the point (x, y)."""
    return int(y), int(x)


def checked_time_step(index: int) -> int:
    """Return a click's time step as a plain int.

    Raises:
        TypeError: if it is no whole number.
    """
    try:
        return operator.index(index)
    except TypeError as error:
        raise TypeError(f"a click's time step is a whole number, not {index!r}") from error


def checked_point(x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    """Return a point as plain floats if it lies in an image of (H, W).

    Raises:
        TypeError: if a coordinate is no number.
        ValueError: if the point lies outside or is not finite.
    """
    height, width = size
    try:
        x, y = float(x), float(y)
    except (TypeError, ValueError) as error:
        raise TypeError(f"x and y are numbers, not {x!r} and {y!r}") from error
    if not (isfinite(x) and isfinite(y) and 0 <= x < width and 0 <= y < height):
        raise ValueError(
            f"({x}, {y}) is outside the image: x goes from 0 to below {width}, "
            f"y from 0 to below {height}"
        )
    return x, y
