"""Acts on what is decided about an object: label, name, colour, attributes, lock, bound."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import isfinite
from types import MappingProxyType
from typing import Any, Literal

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.commands.base import Act, Command, Scene
from dynamite_widget.masks import Box
from dynamite_widget.objects import AttributeValue
from dynamite_widget.regions import Region
from dynamite_widget.state import State

RESERVED_ATTRIBUTES = frozenset(
    [
        "object_id",
        "name",
        "label",
        "color",
        "area",
        "bbox",
        "n_clicks",
        "segmentation",
        "edited_pixels",
        "edited_segmentation",
        "locked",
        "visible",
        "score",
    ]
)
"""Names that the table of objects uses itself."""


@dataclass(frozen=True, slots=True)
class Decide(Command):
    """Set one field of an object's record."""

    object_id: int
    field: Literal["label", "name", "color", "attributes", "visible", "frozen", "bound"]
    value: Any

    def apply(self, state: State) -> State:
        """Set the field."""
        changed: dict[str, Any] = {self.field: self.value}
        return state.with_record(replace(state.record(self.object_id), **changed))

    def inverse(self, state: State) -> Command:
        """Set it back."""
        before = getattr(state.record(self.object_id), self.field)
        return Decide(self.object_id, self.field, before)


@dataclass(frozen=True, slots=True)
class SetLabel(Act):
    """Say what kind of thing an object is; None takes the label away."""

    object_id: int
    label: str | None

    def completed(self, scene: Scene) -> Command:
        """Check the label."""
        object_id = scene.state.record(self.object_id).id
        return Decide(object_id, "label", checked_label(self.label, scene.labels))


@dataclass(frozen=True, slots=True)
class Rename(Act):
    """Give an object a name of its own; "" takes it away."""

    object_id: int
    name: str

    def completed(self, scene: Scene) -> Command:
        """Check the name."""
        object_id = scene.state.record(self.object_id).id
        return Decide(object_id, "name", checked_name(self.name))


@dataclass(frozen=True, slots=True)
class SetColor(Act):
    """Draw an object in another colour, "#RRGGBB"."""

    object_id: int
    color: str

    def completed(self, scene: Scene) -> Command:
        """Check the colour."""
        object_id = scene.state.record(self.object_id).id
        return Decide(object_id, "color", checked_color(self.color))


@dataclass(frozen=True, slots=True)
class SetAttribute(Act):
    """Note something about an object under a name; None takes it away."""

    object_id: int
    name: str
    value: AttributeValue | None

    def completed(self, scene: Scene) -> Command:
        """Check the name and the value."""
        record = scene.state.record(self.object_id)
        attributes = dict(record.attributes)
        if self.value is None:
            attributes.pop(self.name, None)
        else:
            attributes |= checked_attributes({self.name: self.value})
        return Decide(record.id, "attributes", MappingProxyType(attributes))


@dataclass(frozen=True, slots=True)
class SetVisible(Act):
    """Show an object on the screen, or hide it; its pixels stay."""

    object_id: int
    visible: bool

    def completed(self, scene: Scene) -> Command:
        """Check the object."""
        object_id = scene.state.record(self.object_id).id
        return Decide(object_id, "visible", bool(self.visible))


@dataclass(frozen=True, slots=True)
class Lock(Act):
    """Freeze an object's pixels as they are seen now."""

    object_id: int

    def completed(self, scene: Scene) -> Command:
        """Take the pixels from the scene."""
        record = scene.state.record(self.object_id)
        if record.locked:
            raise ValueError(f"object {record.id} is locked already")
        return Decide(record.id, "frozen", Region.from_array(scene.label_map == record.id))


@dataclass(frozen=True, slots=True)
class Unlock(Act):
    """Let an object follow its clicks again."""

    object_id: int

    def completed(self, scene: Scene) -> Command:
        """Check that it is locked."""
        record = scene.state.record(self.object_id)
        if not record.locked:
            raise ValueError(f"object {record.id} is not locked")
        return Decide(record.id, "frozen", None)


@dataclass(frozen=True, slots=True)
class SetBound(Act):
    """Keep the model from putting an object outside a box; None lifts the bound."""

    object_id: int
    bound: Box | tuple[float, float, float, float] | None

    def completed(self, scene: Scene) -> Command:
        """Check the object and the box."""
        record = scene.state.record(self.object_id)
        check_unlocked(scene.state, record.id)
        bound = None if self.bound is None else checked_box(self.bound, scene.size)
        return Decide(record.id, "bound", bound)


def checked_owner(state: State, object_id: int) -> int:
    """Return the id of an object that is there, or of the background, as a plain int.

    Raises:
        ValueError: if there is no such object.
    """
    return BACKGROUND if object_id == BACKGROUND else state.record(object_id).id


def check_unlocked(state: State, object_id: int) -> None:
    """Check that an object's pixels may change.

    Raises:
        ValueError: if it is locked or not there; the background is never locked.
    """
    if object_id != BACKGROUND and state.record(object_id).locked:
        raise ValueError(f"object {object_id} is locked; unlock it to change it")


def checked_label(label: str | None, labels: tuple[str, ...] | None) -> str | None:
    """Return a label if it may be used.

    Raises:
        TypeError: if it is not text.
        ValueError: if it is empty or not one of the labels to choose from.
    """
    if label is None:
        return None
    if not isinstance(label, str):
        raise TypeError(f"a label is text or None, not {type(label).__name__}")
    if labels is not None and label not in labels:
        raise ValueError(f"{label!r} is not one of the labels here: {', '.join(labels)}")
    if not label:
        raise ValueError("a label is not empty; None stands for no label")
    return label


def checked_name(name: str) -> str:
    """Return a name if it is text.

    Raises:
        TypeError: if it is not.
    """
    if not isinstance(name, str):
        raise TypeError(f"a name is text, not {type(name).__name__}")
    return name


def checked_color(color: str) -> str:
    """Return a colour in capitals.

    Raises:
        ValueError: if it is not "#RRGGBB".
    """
    if not (isinstance(color, str) and re.fullmatch("#[0-9A-Fa-f]{6}", color)):
        raise ValueError(f'a colour is "#RRGGBB", not {color!r}')
    return color.upper()


def checked_attributes(attributes: dict[str, Any]) -> dict[str, AttributeValue]:
    """Return attributes with numpy's numbers made plain.

    Raises:
        TypeError: if a value is not text, a number or a truth value.
        ValueError: if a name is empty or taken by the table of objects, or a number not finite.
    """
    checked: dict[str, AttributeValue] = {}
    for name, given in attributes.items():
        if not isinstance(name, str) or not name or name in RESERVED_ATTRIBUTES:
            taken = ", ".join(sorted(RESERVED_ATTRIBUTES))
            raise ValueError(f"an attribute cannot be named {name!r}; taken names: {taken}")
        value = given.item() if hasattr(given, "item") else given
        if not isinstance(value, str | int | float | bool):
            raise TypeError(
                f"attribute {name!r} is text, a number or a truth value, not {type(value).__name__}"
            )
        if isinstance(value, float) and not isfinite(value):
            raise ValueError(f"attribute {name!r} must be a finite number, not {value}")
        checked[name] = value
    return checked


def checked_box(box: Any, size: tuple[int, int]) -> Box:  # noqa: ANN401 - anything may be handed in
    """Return the whole pixels that a box (x, y, width, height) covers inside the image.

    Raises:
        ValueError: if it is not four finite numbers or covers no pixel of the image.
    """
    try:
        x, y, width, height = (float(number) for number in box)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a box is (x, y, width, height), not {box!r}") from error
    if not all(map(isfinite, (x, y, width, height))):
        raise ValueError(f"a box needs finite numbers, not {box!r}")
    covered = Region.box(x, y, width, height, size=size)
    if not covered.width:
        raise ValueError(
            f"the box {tuple(box)} covers no pixel of the image of {size[1]} x {size[0]}; "
            "width and height are positive"
        )
    return Box(covered.x, covered.y, covered.width, covered.height)
