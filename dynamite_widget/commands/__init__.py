"""Everything a person can do, one frozen dataclass each.

An `Act` is what somebody asks for; completed in its scene it is a `Command`, which enters the
history and has an exact inverse.
"""

from dynamite_widget.commands.base import Act, Command, Scene, Together
from dynamite_widget.commands.clicking import AddClick, DeleteClick, MoveClick
from dynamite_widget.commands.deciding import (
    Decide,
    Lock,
    Rename,
    SetAttribute,
    SetBound,
    SetColor,
    SetLabel,
    SetVisible,
    Unlock,
)
from dynamite_widget.commands.editing import AddEdit, DeleteEdit, Erase, Paint, Release
from dynamite_widget.commands.importing import Import, ImportedObject
from dynamite_widget.commands.objects import AddObject, PromptBox, PutObject, RemoveObject, Reset

__all__ = [
    "Act",
    "AddClick",
    "AddEdit",
    "AddObject",
    "Command",
    "Decide",
    "DeleteClick",
    "DeleteEdit",
    "Erase",
    "Import",
    "ImportedObject",
    "Lock",
    "MoveClick",
    "Paint",
    "PromptBox",
    "PutObject",
    "Release",
    "RemoveObject",
    "Rename",
    "Reset",
    "Scene",
    "SetAttribute",
    "SetBound",
    "SetColor",
    "SetLabel",
    "SetVisible",
    "Together",
    "Unlock",
]
