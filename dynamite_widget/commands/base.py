"""What people ask for (`Act`) and what enters the history (`Command`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.edits import Overlay
from dynamite_widget.state import State


@dataclass(frozen=True, slots=True)
class Scene:
    """What an act may look at when somebody asks for it.

    Attributes:
        state: what has been said so far.
        label_map: (H, W) uint16, what the person sees.
        overlay: the state's hand edits, drawn.
        labels: the labels to choose from; None if any text will do.
        next_id: the id the next new object gets.
    """

    state: State
    label_map: NDArray[np.uint16]
    overlay: Overlay
    labels: tuple[str, ...] | None
    next_id: int

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        height, width = self.label_map.shape
        return height, width

    def after(self, command: Command) -> Scene:
        """Return the scene once a command is applied; the pixels seen stay the same."""
        state = command.apply(self.state)
        next_id = max([self.next_id - 1, *state.objects]) + 1
        overlay = self.overlay.with_edits(state.edits)
        return replace(self, state=state, overlay=overlay, next_id=next_id)


class Act(ABC):
    """Something a person asks for; frozen, and equal where it says the same."""

    @abstractmethod
    def completed(self, scene: Scene) -> Command:
        """Check the act and fix everything it takes from the moment.

        Returns:
            The command to apply. It depends on nothing but the state from here on (a new object
            has its id, a lock the pixels it freezes), so that undoing and redoing it is exact.

        Raises:
            ValueError: if it names what is not there or asks what is not allowed.
        """


class Command(Act):
    """One undoable step from a state to the next, with its inverse."""

    def completed(self, scene: Scene) -> Command:
        """Check the command against the state; most need nothing else from the moment."""
        self.apply(scene.state)
        return self

    @abstractmethod
    def apply(self, state: State) -> State:
        """Return the state after the command.

        Raises:
            ValueError: if it names what is not there.
        """

    @abstractmethod
    def inverse(self, state: State) -> Command:
        """Return the command that leads from the state after this one back to `state`."""


@dataclass(frozen=True, slots=True)
class Together(Command):
    """Several commands as one step of the history."""

    commands: tuple[Command, ...]

    def apply(self, state: State) -> State:
        """Apply all of them in order."""
        for command in self.commands:
            state = command.apply(state)
        return state

    def inverse(self, state: State) -> Command:
        """Return their inverses, last first."""
        inverses: list[Command] = []
        for command in self.commands:
            inverses.insert(0, command.inverse(state))
            state = command.apply(state)
        return Together(tuple(inverses))


def completed_together(acts: tuple[Act, ...], scene: Scene) -> Command:
    """Complete acts one after the other, each in the scene the ones before it leave."""
    commands: list[Command] = []
    for act in acts:
        command = act.completed(scene)
        commands.append(command)
        scene = scene.after(command)
    return commands[0] if len(commands) == 1 else Together(tuple(commands))
