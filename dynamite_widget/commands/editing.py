"""Acts and commands on hand edits: paint, erase, and give pixels back to the model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.commands.base import Act, Command, Scene, Together
from dynamite_widget.commands.checking import check_unlocked, checked_owner
from dynamite_widget.edits import Edit
from dynamite_widget.regions import Region
from dynamite_widget.state import State


@dataclass(frozen=True, slots=True)
class Paint(Act):
    """Give pixels to an object by hand; pixels of locked objects stay as they are."""

    object_id: int
    region: Region

    def completed(self, scene: Scene) -> Command:
        """Leave out what is locked."""
        record = scene.state.record(self.object_id)
        check_unlocked(scene.state, record.id)
        return _on_top(Edit(_unlocked(self.region, scene), record.id, "paint"))


@dataclass(frozen=True, slots=True)
class Erase(Act):
    """Make pixels background by hand: those of one object, or with object 0 those of any."""

    region: Region
    object_id: int = BACKGROUND

    def completed(self, scene: Scene) -> Command:
        """Keep only pixels that show the object; of any object, leave out what is locked."""
        object_id = checked_owner(scene.state, self.object_id)
        check_unlocked(scene.state, object_id)
        region = _unlocked(self.region, scene)
        if object_id != BACKGROUND:
            shown = scene.label_map[region.slices] == object_id
            region = Region.from_array(region.pixels & shown, region.x, region.y)
        return _on_top(Edit(region, object_id, "erase"))


@dataclass(frozen=True, slots=True)
class Release(Act):
    """Give hand-drawn pixels back to the model."""

    region: Region

    def completed(self, scene: Scene) -> Command:
        """Leave out what is locked."""
        return _on_top(Edit(_unlocked(self.region, scene), BACKGROUND, "release"))


@dataclass(frozen=True, slots=True)
class AddEdit(Command):
    """Put an edit on top of the others; `index` is its place among them, None for the top."""

    edit: Edit
    index: int | None = None

    def apply(self, state: State) -> State:
        """Put the edit in its place."""
        if self.edit.object_id != BACKGROUND:
            state.record(self.edit.object_id)
        index = len(state.edits) if self.index is None else self.index
        if not 0 <= index <= len(state.edits):
            raise ValueError(f"an edit's place goes from 0 to {len(state.edits)}, not {index}")
        return replace(state, edits=(*state.edits[:index], self.edit, *state.edits[index:]))

    def inverse(self, state: State) -> Command:
        """Delete it."""
        return DeleteEdit(len(state.edits) if self.index is None else self.index)


@dataclass(frozen=True, slots=True)
class DeleteEdit(Command):
    """Take back one edit."""

    index: int

    def apply(self, state: State) -> State:
        """Leave the edit out."""
        self._edit(state)
        return replace(state, edits=state.edits[: self.index] + state.edits[self.index + 1 :])

    def inverse(self, state: State) -> Command:
        """Put it back in its place."""
        return AddEdit(self._edit(state), self.index)

    def _edit(self, state: State) -> Edit:
        if not 0 <= self.index < len(state.edits):
            raise ValueError(f"there is no edit {self.index}; edits here: {len(state.edits)}")
        return state.edits[self.index]


def _unlocked(region: Region, scene: Scene) -> Region:
    height, width = scene.size
    if region.x + region.width > width or region.y + region.height > height:
        raise ValueError(
            f"a region of {region.width} x {region.height} pixels at ({region.x}, {region.y}) "
            f"leaves the image of {width} x {height}"
        )
    frozen = [r.frozen for r in scene.state.objects.values() if r.frozen is not None]
    return region.without(frozen)


def _on_top(edit: Edit) -> Command:
    """Put an edit on top of the others; without pixels it changes nothing and is no step."""
    return AddEdit(edit) if edit.region.width else Together(())
