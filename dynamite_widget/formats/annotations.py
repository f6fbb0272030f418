"""`Annotations`: the labelled objects of one image, as every format is written from and read to."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import index
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.commands.checking import (
    checked_attributes,
    checked_color,
    checked_label,
    checked_name,
)
from dynamite_widget.extents import Box, measure
from dynamite_widget.image_identity import ImageIdentity
from dynamite_widget.images import MAX_PIXELS
from dynamite_widget.masks import Mask
from dynamite_widget.objects import MAX_OBJECT_ID, AttributeValue, SegmentedObject, no_attributes
from dynamite_widget.run_lengths import Runs

_IDS = range(1, MAX_OBJECT_ID + 1)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One labelled object.

    Attributes:
        mask: its pixels; may be empty.
        id: 1 to 65535.
        label: what kind of thing it is, or None.
        name: free text, or "".
        attributes: free values by name.
        color: "#RRGGBB", or None where a format keeps no colours.

    Raises:
        TypeError: if a value is of the wrong kind.
        ValueError: if the id, the label, the colour or an attribute is none that an object may
            have.
    """

    mask: Mask
    id: int
    label: str | None = None
    name: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=no_attributes)
    color: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", index(self.id))  # JSON cannot write numpy's numbers
        if not 1 <= self.id <= MAX_OBJECT_ID:
            raise ValueError(f"an object's id goes from 1 to {MAX_OBJECT_ID}, not {self.id}")
        object.__setattr__(self, "label", checked_label(self.label, None))
        object.__setattr__(self, "name", checked_name(self.name))
        object.__setattr__(self, "attributes", checked_attributes(dict(self.attributes)))
        if self.color is not None:
            object.__setattr__(self, "color", checked_color(self.color))

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.mask.area

    @property
    def box(self) -> Box:
        """The smallest box around the pixels; all zeros for an empty mask."""
        return self.mask.box


@dataclass(frozen=True, eq=False, repr=False)
class Annotations:
    """The labelled objects of one image.

    Masks may overlap: the order is the order of painting, so a later object lies on earlier ones.
    A session's own masks never overlap.

    Attributes:
        size: (H, W) of the image.
        objects: in the order of painting.
        categories: labels to choose from, in their order, used or not; None if not known.
        image: which image it is; None if not known.

    Raises:
        TypeError: if the size is not two whole numbers.
        ValueError: if a mask is of another size, or two objects have one id.
    """

    size: tuple[int, int]
    objects: tuple[Annotation, ...] = ()
    categories: tuple[str, ...] | None = None
    image: ImageIdentity | None = None

    def __post_init__(self) -> None:
        height, width = self.size
        object.__setattr__(self, "size", (index(height), index(width)))
        if self.categories is not None:
            object.__setattr__(self, "categories", tuple(map(str, self.categories)))
        for each in self.objects:
            if (each.mask.height, each.mask.width) != self.size:
                raise ValueError(
                    f"object {each.id} has a mask of {each.mask.height} x {each.mask.width} "
                    f"pixels, the image has {self.size[0]} x {self.size[1]} (height x width)"
                )
        ids = self.ids
        if len(set(ids)) != len(ids):
            repeated = sorted({k for k in ids if ids.count(k) > 1})
            raise ValueError(f"each object has an id of its own, but {repeated} stand there twice")

    def __repr__(self) -> str:
        height, width = self.size
        return f"<Annotations of {width} x {height} pixels: {len(self.objects)} objects>"

    @classmethod
    def of(
        cls,
        objects: Iterable[SegmentedObject],
        *,
        size: tuple[int, int],
        categories: Sequence[str] | None = None,
        image: ImageIdentity | None = None,
    ) -> Self:
        """Take a session's objects as they are.

        Args:
            objects: of one image.
            size: (H, W) of the image.
            categories: labels to choose from.
            image: which image it is.
        """
        taken = tuple(
            Annotation(o.mask, o.id, o.label, o.name, o.attributes, o.color) for o in objects
        )
        return cls(size, taken, None if categories is None else tuple(categories), image)

    @classmethod
    def of_label_map(cls, label_map: NDArray[Any]) -> Self:
        """Make an object of every number but 0 in a label map, ids rising.

        Args:
            label_map: (H, W) whole numbers, 0 background, k object k.

        Raises:
            ValueError: if it is not (H, W), is empty, or holds anything but 0 to 65535.
        """
        pixels = np.asarray(label_map)
        if pixels.ndim != 2 or pixels.size == 0:
            raise ValueError(f"a label map is (H, W) with at least one pixel, not {pixels.shape}")
        if pixels.dtype.kind not in "bui":
            raise ValueError(f"a label map holds whole numbers, not {pixels.dtype}")
        runs = Runs.of(pixels.astype(np.uint8) if pixels.dtype == bool else pixels)
        objects = []
        for object_id, (_, (x, y, width, height)) in sorted(measure(runs).items()):
            part = pixels[y : y + height, x : x + width] == object_id
            objects.append(Annotation(Mask.from_array(part, x, y, size=runs.size), object_id))
        return cls(runs.size, tuple(objects))

    @property
    def masks(self) -> tuple[Mask, ...]:
        """Of each object, in the order of painting."""
        return tuple(each.mask for each in self.objects)

    @property
    def ids(self) -> tuple[int, ...]:
        """Of each object, in the order of painting."""
        return tuple(each.id for each in self.objects)

    @property
    def labels(self) -> tuple[str | None, ...]:
        """Of each object, in the order of painting."""
        return tuple(each.label for each in self.objects)

    @cached_property
    def label_map(self) -> NDArray[np.uint16]:
        """(H, W), read-only: all objects painted in their order, later ones on earlier ones."""
        label_map = np.zeros(self.size, np.uint16)
        for each in self.objects:
            x, y, width, height = each.mask.box
            window = label_map[y : y + height, x : x + width]
            window[each.mask.to_crop()] = each.id
        label_map.flags.writeable = False
        return label_map

    @property
    def overlapping(self) -> tuple[int, ...]:
        """Ids of the objects that lose pixels in the label map because a later one lies on them."""
        kept = np.bincount(self.label_map.ravel(), minlength=MAX_OBJECT_ID + 1)
        return tuple(each.id for each in self.objects if each.mask.area != kept[each.id])

    def painted(self, into: str) -> NDArray[np.uint16]:
        """Return the label map; warn if objects lose pixels in it to others.

        Args:
            into: what it is for, to be named in the warning.
        """
        if hidden := self.overlapping:
            warnings.warn(
                f"{into} has one object a pixel: of objects {', '.join(map(str, hidden))} it keeps "
                "what later ones leave free",
                stacklevel=3,
            )
        return self.label_map

    def largest_first(self) -> Self:
        """Return the same with smaller objects on larger ones, for files in no order."""
        ordered = sorted(self.objects, key=lambda each: -each.area)
        return replace(self, objects=tuple(ordered))

    @property
    def used_labels(self) -> tuple[str, ...]:
        """Labels to choose from, then further ones that objects have; each once."""
        given = [label for label in self.labels if label is not None]
        return tuple(dict.fromkeys([*(self.categories or ()), *given]))


def kept_attributes(found: Mapping[str, Any] | None, whose: str) -> dict[str, AttributeValue]:
    """Keep of a file's attributes what an object may have; warn of the rest.

    Args:
        found: values by name; None among them stands for no value.
        whose: for the warning.

    Raises:
        ValueError: if they are no values by name.
    """
    kept: dict[str, AttributeValue] = {}
    found = found or {}
    if not isinstance(found, Mapping):
        raise ValueError(f"{whose}: attributes are values by name, not {found!r}")
    for name, value in found.items():
        if value is None:
            continue
        try:
            kept |= checked_attributes({name: value})
        except (TypeError, ValueError) as error:
            warnings.warn(f"{whose}: {name!r} is left out: {error}", stacklevel=3)
    return kept


def kept_color(found: Any) -> str | None:  # noqa: ANN401 - anything in a file
    """Return a file's colour if an object may have it; others write theirs in other forms."""
    with suppress(ValueError):
        return checked_color(found)
    return None


def plain_text(value: Any) -> Any:  # noqa: ANN401 - anything in a file
    """Return a label or name as text where others have numbers; anything else as it is."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as pandas writes numbers
    return str(value) if isinstance(value, int | float) else value


def checked_size(height: Any, width: Any, what: str) -> tuple[int, int]:  # noqa: ANN401
    """Return (H, W) as a file states it.

    Raises:
        ValueError: if they are not whole numbers from 1 up, or claim more pixels than an image has.
    """
    for side in (height, width):
        if not isinstance(side, int | np.integer) or isinstance(side, bool) or side < 1:
            raise ValueError(
                f"{what}: height and width are whole numbers, not {height!r}, {width!r}"
            )
    height, width = int(height), int(width)
    if height * width > MAX_PIXELS:
        raise ValueError(f"{what}: {height} x {width} are more than {MAX_PIXELS} pixels")
    return height, width


def ids_of(found: Sequence[Any]) -> list[int]:
    """Keep a file's ids if objects may have all of them; number from 1 otherwise.

    Args:
        found: what stands in the file for each object.
    """
    numbers = (int, float, np.integer)
    whole = [each for each in found if isinstance(each, numbers) and each in _IDS]
    if len(set(whole)) == len(found):
        return [int(each) for each in whole]  # pandas makes fractions of whole numbers
    return list(range(1, len(found) + 1))
