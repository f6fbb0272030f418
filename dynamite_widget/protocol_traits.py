"""The contract from kernel to browser: every synchronised trait as a type.

Mirrored in js/src/protocol.ts; `protocol` has the messages in the other direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from dynamite_widget.clicks import Click
from dynamite_widget.image_list import ImageStatus
from dynamite_widget.objects import SegmentedObject

ClickRow = tuple[float, float, int]
"""x, y and the object the pixel belongs to."""
ObjectRow = dict[str, Any]
"""An object by the names of its fields; see `object_row`."""
Activity = Literal["idle", "encoding", "segmenting"]
"""What the kernel is doing."""


class Trait:
    """A synchronised trait's value: a dataclass here, an object of the same fields there."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ImageInfo(Trait):
    """What the photograph is; its preview travels as one of two traits, which `held_in` names."""

    width: int
    height: int
    name: str
    place: int
    held_in: Literal["_image", "_other_image"] = "_image"


@dataclass(frozen=True, slots=True)
class CollectionInfo(Trait):
    """The list of images that this one belongs to; the trait is empty where there is only one.

    Attributes:
        count: how many images there are.
        status: of the image that is shown.
        shown: the only status that moves go to; None for all.
        counts: how many images have each status.
        has_next: whether a move can go there.
        has_previous: whether a move can go there.
        at_hand: the `ImageInfo` of the next or previous image, if screens hold its photograph.
        problem: why the image cannot be shown; None if it can.
    """

    count: int
    status: ImageStatus
    shown: ImageStatus | None
    counts: dict[ImageStatus, int]
    has_next: bool
    has_previous: bool
    at_hand: dict[str, Any] | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ClickList(Trait):
    """All clicks, in order of time; a list of another number has other clicks."""

    number: int
    clicks: tuple[ClickRow, ...]


@dataclass(frozen=True, slots=True)
class ClickChange(Trait):
    """How a list of clicks came of the one before: `added` stand where `removed` ones stood.

    Attributes:
        number: of the list that came of it.
        since: number of the list before.
        at: place of the first click that changed.
        removed: how many there are gone.
        added: those that came in their place.
    """

    number: int
    since: int
    at: int
    removed: int
    added: tuple[ClickRow, ...]


@dataclass(frozen=True, slots=True)
class Scene(Trait):
    """Everything drawn besides photograph and masks; see docs/contract.md."""

    version: int
    recent_objects: tuple[ObjectRow, ...]
    objects_page: int
    active: int | None
    labels: tuple[str, ...] | None
    next_label: str | None
    next_id: int
    can_undo: bool
    can_redo: bool
    click_change: dict[str, Any]
    others: tuple[int, ...]
    received: dict[str, int]


def empty_scene(click_change: ClickChange, received: Mapping[str, int]) -> Scene:
    """Return the scene of an image that cannot be shown."""
    gone = click_change.to_json()
    return Scene(0, (), 0, None, None, None, 1, False, False, gone, (), dict(received))


@dataclass(frozen=True, slots=True)
class ObjectPage(Trait):
    """Objects as they were; sent anew only when many have changed or one is gone."""

    page: int
    objects: tuple[ObjectRow, ...]

    def followed_by(
        self, objects: tuple[ObjectRow, ...], *, at_most: int
    ) -> tuple[ObjectPage, tuple[ObjectRow, ...]]:
        """Split all objects into the page that was sent and the few that differ from it.

        Args:
            objects: all objects, ids rising.
            at_most: how many may differ from a page before a new one is made.

        Returns:
            The page, itself or a new one, and those that changed or came since.
        """
        known = {row["id"]: row for row in self.objects}
        recent = tuple(row for row in objects if known.get(row["id"]) != row)
        gone = known.keys() - {row["id"] for row in objects}
        if not gone and len(recent) <= at_most:
            return self, recent
        return ObjectPage(self.page + 1, objects), ()


@dataclass(frozen=True, slots=True)
class Status(Trait):
    """What the kernel is doing, and how fast it answered, in seconds."""

    activity: Activity
    answered: int
    encode_seconds: float | None
    last_seconds: float | None
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class DetailInfo(Trait):
    """Which part of a large photograph `_detail` and `_detail_labels` hold, and for which view."""

    view: str
    id: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Failure(Trait):
    """Something that went wrong, for the strip in the widget."""

    number: int
    message: str
    details: str


@dataclass(frozen=True, slots=True)
class Saved(Trait):
    """Pictures that were saved, and where."""

    number: int
    folder: str
    files: int


def object_row(found: SegmentedObject) -> ObjectRow:
    """Write an object as the browser reads it."""
    return {
        "id": found.id,
        "label": found.label,
        "name": found.name,
        "color": found.color,
        "attributes": dict(found.attributes),
        "visible": found.visible,
        "locked": found.locked,
        "bound": None if found.bound is None else list(found.bound),
        "clicks": len(found.clicks),
        "area": found.area,
        "box": list(found.box),
        "edited_pixels": found.edited_pixels,
    }


def click_row(click: Click) -> ClickRow:
    """Write a click as the browser reads it: x, y, object id."""
    return (click.x, click.y, click.object_id)
