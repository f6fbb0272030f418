"""`History`: what was done and undone, without limit; it never changes, it is replaced."""

from __future__ import annotations

from dataclasses import dataclass

from dynamite_widget.commands.base import Command
from dynamite_widget.state import State


@dataclass(frozen=True, slots=True)
class Step:
    """One undoable step.

    Attributes:
        command: what was done.
        inverse: what takes it back.
    """

    command: Command
    inverse: Command

    @property
    def changes_nothing(self) -> bool:
        """Whether a command is its own inverse; 1 and true are equal, but written differently."""
        return self.command == self.inverse and repr(self.command) == repr(self.inverse)


@dataclass(frozen=True, slots=True)
class History:
    """All steps up to now, and those taken back that may come again.

    Attributes:
        done: oldest first.
        undone: the one to be redone next stands last.
    """

    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()

    def do(self, command: Command, state: State) -> tuple[History, State]:
        """Apply a command; what was undone before can no longer be redone.

        A command that changes nothing is no step: undo would take back nothing that is seen.
        """
        step = Step(command, command.inverse(state))
        if step.changes_nothing:
            return self, state
        return History((*self.done, step)), command.apply(state)

    def undo(self, state: State) -> tuple[History, State]:
        """Take the last step back; with nothing done, nothing happens."""
        if not self.done:
            return self, state
        step = self.done[-1]
        return History(self.done[:-1], (*self.undone, step)), step.inverse.apply(state)

    def redo(self, state: State) -> tuple[History, State]:
        """Do the step undone last once more; with nothing undone, nothing happens."""
        if not self.undone:
            return self, state
        step = self.undone[-1]
        return History((*self.done, step), self.undone[:-1]), step.command.apply(state)
