"""Objects being labelled: what a person decided about one, and one with its pixels for reading."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.edits import Overlay
from dynamite_widget.extents import Box
from dynamite_widget.masks import Mask
from dynamite_widget.regions import Region

MAX_OBJECT_ID = 0xFFFF
"""The label map is uint16."""

AttributeValue = str | int | float | bool
"""What a free attribute may hold."""


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)  # pickle does not find the type by its own name


def _how_to_make(mapping: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _read_only, (dict(mapping),)


# Python itself pickles no read-only mapping; objects are to go to other processes with theirs.
copyreg.pickle(MappingProxyType, _how_to_make)


def no_attributes() -> Mapping[str, AttributeValue]:
    """Return an empty mapping that stays empty."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """What people decided about one object; its pixels are elsewhere.

    Attributes:
        id: positive, never changed and never reused in a session.
        color: "#RRGGBB".
        label: one of the session's labels, or None.
        name: free text, or "".
        attributes: free values by name, read-only.
        visible: whether the screen shows it.
        frozen: the pixels it had when it was locked; None while it is not locked.
        bound: box outside which the model must not put it; None without one.
        imported: the pixels it came with; None for one that began here.
    """

    id: int
    color: str
    label: str | None = None
    name: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=no_attributes)
    visible: bool = True
    frozen: Region | None = None
    bound: Box | None = None
    imported: Region | None = None

    @property
    def locked(self) -> bool:
        """Whether its pixels may no longer change."""
        return self.frozen is not None


@dataclass(frozen=True, eq=False, repr=False)
class SegmentedObject:
    """One object of a session at one moment; it does not change when the session goes on.

    Attributes:
        record: what people decided about it; each of its fields can be read here as well.
        clicks: the clicks on it, in order of time.
        area: number of pixels.
        box: smallest box around its pixels; all zeros without pixels.
        edited_pixels: how many of its pixels a hand painted.
    """

    record: ObjectRecord
    clicks: tuple[Click, ...]
    area: int
    box: Box
    edited_pixels: int
    _label_map: NDArray[np.uint16]
    _overlay: Overlay

    @property
    def id(self) -> int:
        """Positive, never changed and never reused in a session."""
        return self.record.id

    @property
    def label(self) -> str | None:
        """One of the session's labels, or None."""
        return self.record.label

    @property
    def color(self) -> str:
        """Colour on the screen, "#RRGGBB"."""
        return self.record.color

    @property
    def name(self) -> str:
        """Free text, or ""."""
        return self.record.name

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """Free values by name, read-only."""
        return self.record.attributes

    @property
    def visible(self) -> bool:
        """Whether the screen shows it."""
        return self.record.visible

    @property
    def locked(self) -> bool:
        """Whether its pixels may no longer change."""
        return self.record.locked

    @property
    def bound(self) -> Box | None:
        """Box outside which the model must not put it, or None."""
        return self.record.bound

    @cached_property
    def mask(self) -> Mask:
        """Its pixels; computed when first asked for."""
        x, y, width, height = self.box
        crop = self._label_map[y : y + height, x : x + width] == self.id
        return Mask.from_array(crop, x, y, size=self._label_map.shape)

    @cached_property
    def edited(self) -> Mask:
        """Those of its pixels that a hand painted; computed when first asked for."""
        if not self.edited_pixels:
            return Mask.empty(*self._label_map.shape)
        overlay = self._overlay
        crop = (self._label_map[overlay.slices] == self.id) & overlay.held
        return Mask.from_array(crop, overlay.x, overlay.y, size=self._label_map.shape)

    def __repr__(self) -> str:
        said = f"id={self.id}, label={self.label!r}, color={self.color!r}"
        seen = f"clicks={len(self.clicks)}, area={self.area}, box={tuple(self.box)}"
        return f"<SegmentedObject {said}, {seen}>"
