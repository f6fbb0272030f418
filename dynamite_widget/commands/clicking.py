"""Commands on clicks: add one, move one, delete one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.commands.base import Command, Scene, Together
from dynamite_widget.commands.checking import (
    ObjectIsLockedError,
    check_unlocked,
    checked_owner,
)
from dynamite_widget.commands.deciding import Decide
from dynamite_widget.commands.editing import AddEdit
from dynamite_widget.edits import MODEL_DECIDES, Edit
from dynamite_widget.regions import Region
from dynamite_widget.state import State, checked_point, checked_time_step, pixel_of


@dataclass(frozen=True, slots=True)
class AddClick(Command):
    """Click on a pixel; `index` is the click's time step, None for the newest.

    A click has the last word on its own pixel: a hand edit that says otherwise gives way there.
    A click outside its object's bound ends the bound.
    """

    click: Click
    index: int | None = None

    def completed(self, scene: Scene) -> Command:
        """Check the place and the object, and add what follows from the click."""
        x, y = checked_point(self.click.x, self.click.y, scene.size)
        click = Click(x, y, checked_owner(scene.state, self.click.object_id))
        return _with_consequences(AddClick(click, self.index), click, scene)

    def apply(self, state: State) -> State:
        """Put the click in its place in time."""
        if self.click.object_id != BACKGROUND:
            state.record(self.click.object_id)
        index = len(state.clicks) if self.index is None else self.index
        if not 0 <= index <= len(state.clicks):
            raise ValueError(f"a click's time step goes from 0 to {len(state.clicks)}, not {index}")
        return replace(state, clicks=(*state.clicks[:index], self.click, *state.clicks[index:]))

    def inverse(self, state: State) -> Command:
        """Delete it."""
        return DeleteClick(len(state.clicks) if self.index is None else self.index)


@dataclass(frozen=True, slots=True)
class DeleteClick(Command):
    """Take back the click at a time step."""

    index: int

    def completed(self, scene: Scene) -> Command:
        """Check that the click is there and its object not locked."""
        check_unlocked(scene.state, scene.state.click(self.index).object_id)
        return DeleteClick(checked_time_step(self.index))

    def apply(self, state: State) -> State:
        """Leave the click out."""
        state.click(self.index)
        return replace(state, clicks=state.clicks[: self.index] + state.clicks[self.index + 1 :])

    def inverse(self, state: State) -> Command:
        """Put it back at its time step."""
        return AddClick(state.click(self.index), self.index)


@dataclass(frozen=True, slots=True)
class MoveClick(Command):
    """Move the click at a time step to another pixel; it keeps its object and its time step."""

    index: int
    x: float
    y: float

    def completed(self, scene: Scene) -> Command:
        """Check the place and the object, and add what follows from the click."""
        x, y = checked_point(self.x, self.y, scene.size)
        command = MoveClick(checked_time_step(self.index), x, y)
        moved = command.apply(scene.state).click(self.index)
        return _with_consequences(command, moved, scene)

    def apply(self, state: State) -> State:
        """Change its place."""
        moved = replace(state.click(self.index), x=self.x, y=self.y)
        before, after = state.clicks[: self.index], state.clicks[self.index + 1 :]
        return replace(state, clicks=(*before, moved, *after))

    def inverse(self, state: State) -> Command:
        """Move it back."""
        click = state.click(self.index)
        return MoveClick(self.index, click.x, click.y)


def _with_consequences(command: Command, click: Click, scene: Scene) -> Command:
    """Join a click with what else it changes, having checked that it touches nothing locked."""
    state = command.apply(scene.state)
    check_unlocked(state, click.object_id)
    y, x = pixel_of(click.x, click.y)
    holder = state.locked_owner(x, y)
    if holder is not None:
        raise ObjectIsLockedError(
            f"pixel ({x}, {y}) belongs to object {holder}, which is locked; unlock it"
        )
    steps = [command]
    if scene.overlay.owner(x, y) not in (MODEL_DECIDES, click.object_id):
        steps.append(AddEdit(Edit(Region.pixel(x, y), BACKGROUND, "release")))
    if click.object_id != BACKGROUND:
        bound = state.record(click.object_id).bound
        if bound is not None and not bound.holds(x, y):
            steps.append(Decide(click.object_id, "bound", None))
    return command if len(steps) == 1 else Together(tuple(steps))
