"""Acts and commands on whole objects: add one, remove one, prompt one by a box, start over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.commands.base import Act, Command, Scene, Together, completed_together
from dynamite_widget.commands.checking import (
    check_unlocked,
    checked_attributes,
    checked_box,
    checked_choice,
    checked_color,
    checked_name,
)
from dynamite_widget.commands.clicking import AddClick, DeleteClick
from dynamite_widget.commands.deciding import SetBound
from dynamite_widget.commands.editing import DeleteEdit, Paint
from dynamite_widget.edits import Edit
from dynamite_widget.extents import Box
from dynamite_widget.objects import MAX_OBJECT_ID, AttributeValue, ObjectRecord, no_attributes
from dynamite_widget.palette import color_of
from dynamite_widget.regions import Region
from dynamite_widget.state import State


@dataclass(frozen=True, slots=True)
class AddObject(Act):
    """Start a new object, if wanted with its first click, box or paint, all in one step.

    Attributes:
        label: one of the session's labels, or None.
        name: free text.
        color: "#RRGGBB"; None for the next of the palette.
        attributes: free values by name.
        at: (x, y) of the first click, or None.
        box: (x, y, width, height) that holds the object, or None.
        region: pixels painted by hand, or None.
    """

    label: str | None = None
    name: str = ""
    color: str | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=no_attributes)
    at: tuple[float, float] | None = None
    box: Box | tuple[float, float, float, float] | None = None
    region: Region | None = None

    def completed(self, scene: Scene) -> Command:
        """Give it its id."""
        object_id = scene.next_id
        if object_id > MAX_OBJECT_ID:
            raise ValueError(f"a session has at most {MAX_OBJECT_ID} objects, ever")
        record = ObjectRecord(
            id=object_id,
            color=color_of(object_id) if self.color is None else checked_color(self.color),
            label=checked_choice(self.label, scene.labels),
            name=checked_name(self.name),
            attributes=MappingProxyType(checked_attributes(dict(self.attributes))),
        )
        acts: list[Act] = [PutObject(record)]
        if self.box is not None:
            acts.append(PromptBox(object_id, self.box))
        if self.at is not None:
            acts.append(AddClick(Click(*self.at, object_id)))
        if self.region is not None:
            acts.append(Paint(object_id, self.region))
        return completed_together(tuple(acts), scene)


@dataclass(frozen=True, slots=True)
class PromptBox(Act):
    """Show where an object is by a box: a click in its middle, and the bound of the model.

    The click is left out where the object has one in the box already.
    """

    object_id: int
    box: Box | tuple[float, float, float, float]

    def completed(self, scene: Scene) -> Command:
        """Check the box and the object."""
        object_id = scene.state.record(self.object_id).id
        box = checked_box(self.box, scene.size)
        acts: list[Act] = [SetBound(object_id, box)]
        clicks = (click for click in scene.state.clicks if click.object_id == object_id)
        if not any(box.holds(int(click.x), int(click.y)) for click in clicks):
            middle = Click(box.x + box.width // 2, box.y + box.height // 2, object_id)
            acts.append(AddClick(middle))
        return completed_together(tuple(acts), scene)


@dataclass(frozen=True, slots=True)
class PutObject(Command):
    """Put an object into the state, with the clicks and edits it had if it was there before.

    Attributes:
        record: what is decided about it.
        clicks: (time step, click) of each, time steps rising.
        edits: (place, edit) of each, places rising.
    """

    record: ObjectRecord
    clicks: tuple[tuple[int, Click], ...] = ()
    edits: tuple[tuple[int, Edit], ...] = ()

    def apply(self, state: State) -> State:
        """Put record, clicks and edits where they belong."""
        if self.record.id in state.objects:
            raise ValueError(f"there is an object {self.record.id} already")
        clicks, edits = list(state.clicks), list(state.edits)
        for time_step, click in self.clicks:
            clicks.insert(time_step, click)
        for place, edit in self.edits:
            edits.insert(place, edit)
        return replace(state.with_record(self.record), clicks=tuple(clicks), edits=tuple(edits))

    def inverse(self, state: State) -> Command:
        """Remove it."""
        return RemoveObject(self.record.id)


@dataclass(frozen=True, slots=True)
class RemoveObject(Command):
    """Remove an object with its clicks and hand edits."""

    object_id: int

    def completed(self, scene: Scene) -> Command:
        """Check that it is there and not locked."""
        object_id = scene.state.record(self.object_id).id
        check_unlocked(scene.state, object_id)
        return RemoveObject(object_id)

    def apply(self, state: State) -> State:
        """Leave out all that is its own."""
        state.record(self.object_id)
        return replace(
            state.without_record(self.object_id),
            clicks=tuple(c for c in state.clicks if c.object_id != self.object_id),
            edits=tuple(e for e in state.edits if e.object_id != self.object_id),
        )

    def inverse(self, state: State) -> Command:
        """Put it back with its clicks and edits."""
        clicks = [(i, c) for i, c in enumerate(state.clicks) if c.object_id == self.object_id]
        edits = [(i, e) for i, e in enumerate(state.edits) if e.object_id == self.object_id]
        return PutObject(state.record(self.object_id), tuple(clicks), tuple(edits))


@dataclass(frozen=True, slots=True)
class Reset(Act):
    """Start over: remove every object that is not locked, and all background clicks and edits."""

    def completed(self, scene: Scene) -> Command:
        """List what goes, last first, so that every place stays true."""
        unlocked = [k for k, record in scene.state.objects.items() if not record.locked]
        removals: list[Command] = [RemoveObject(object_id) for object_id in reversed(unlocked)]
        left = Together(tuple(removals)).apply(scene.state)
        clicks = [i for i, click in enumerate(left.clicks) if click.object_id == BACKGROUND]
        edits = [i for i, edit in enumerate(left.edits) if edit.object_id == BACKGROUND]
        removals += [DeleteClick(index) for index in reversed(clicks)]
        removals += [DeleteEdit(place) for place in reversed(edits)]
        return Together(tuple(removals))
