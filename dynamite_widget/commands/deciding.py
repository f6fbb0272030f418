"""Acts on what is decided about an object: label, name, colour, attributes, lock, bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from dynamite_widget.commands.base import Act, Command, Scene
from dynamite_widget.commands.checking import (
    check_unlocked,
    checked_attributes,
    checked_box,
    checked_choice,
    checked_color,
    checked_name,
    checked_truth,
)
from dynamite_widget.extents import Box
from dynamite_widget.objects import AttributeValue
from dynamite_widget.regions import Region
from dynamite_widget.state import State


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
        return Decide(object_id, "label", checked_choice(self.label, scene.labels))


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
        """Check the object and the value."""
        object_id = scene.state.record(self.object_id).id
        return Decide(object_id, "visible", checked_truth(self.visible, "visible"))


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
