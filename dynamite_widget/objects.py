"""Objects being labelled: what a person decided about one, and one with its pixels for reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.masks import Box, Mask
from dynamite_widget.regions import Region

MAX_OBJECT_ID = 0xFFFF
"""The label map is uint16."""

AttributeValue = str | int | float | bool
"""What a free attribute may hold."""


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
    """

    id: int
    color: str
    label: str | None = None
    name: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=no_attributes)
    visible: bool = True
    frozen: Region | None = None
    bound: Box | None = None

    @property
    def locked(self) -> bool:
        """Whether its pixels may no longer change."""
        return self.frozen is not None


@dataclass(frozen=True)
class SegmentedObject:
    """One object of a session at one moment; it does not change when the session goes on.

    Attributes:
        id: positive, never changed and never reused in a session.
        label: one of the session's labels, or None.
        color: "#RRGGBB".
        name: free text, or "".
        attributes: free values by name, read-only.
        visible: whether the screen shows it.
        locked: whether its pixels may no longer change.
        bound: box outside which the model must not put it, or None.
        clicks: the clicks on it, in order of time.
        area: number of pixels.
        box: smallest box around its pixels; all zeros without pixels.
        edited_pixels: how many of its pixels a hand painted.
        score: how sure a model was that this is an object; None for one made by clicks.
    """

    id: int
    label: str | None
    color: str
    name: str
    attributes: Mapping[str, AttributeValue]
    visible: bool
    locked: bool
    bound: Box | None
    clicks: tuple[Click, ...]
    area: int
    box: Box
    edited_pixels: int
    score: float | None
    _label_map: NDArray[np.uint16] = field(repr=False, compare=False)

    @cached_property
    def mask(self) -> Mask:
        """The object's pixels; computed when first asked for."""
        return Mask.from_array(self._label_map == self.id)
