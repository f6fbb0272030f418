"""What can still be read of a session file that is cut off, damaged or of a newer version."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from types import MappingProxyType
from typing import Any, TypeVar

from dynamite_widget.asking import nothing
from dynamite_widget.clicks import Click
from dynamite_widget.commands import Command
from dynamite_widget.edits import Edit
from dynamite_widget.formats import session_file
from dynamite_widget.formats.session_file import BROKEN, SavedSession
from dynamite_widget.formats.session_records import JSON, Reader, truth, whole
from dynamite_widget.history import History
from dynamite_widget.objects import ObjectRecord
from dynamite_widget.state import State

T = TypeVar("T")
Owned = TypeVar("Owned", Click, Edit)

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["{}\[\],]', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


def recover(data: bytes) -> tuple[SavedSession, tuple[str, ...]]:
    """Read as much of a session file as makes sense.

    Objects, clicks and edits are taken one by one; what cannot be read or names an object that is
    not there is left out. The history is taken where none of those is lost, as far as it can be
    read. A label map that is not whole is computed anew by whoever goes on.

    Returns:
        What was read, and what was lost, one text each; none if the file is in order.

    Raises:
        ValueError: if it is no session file, or not even says which image it is about.
    """
    left = _Left(*_beginning(data))
    try:
        image = session_file.read_image(left.content["image"])
    except BROKEN as error:
        raise ValueError("so little is left that not even the image is known") from error
    size = image.height, image.width
    reader = Reader(size)
    state = _read_state(left, reader)
    complete = not left.lost
    labels = left.member("labels", session_file.read_labels, None)
    next_id = left.member("next_id", whole, 1)
    screen: dict[str, Any] = left.member("screen", dict, {})
    history = left.member("history", lambda steps: _read_history(steps, state, reader), History())
    label_map = left.member("label_map", reader.runs, nothing(size))
    answer = left.member(
        "answer",
        lambda data: session_file.read_answer(data, label_map),
        nothing(size),
    )
    refined = left.member("refined", session_file.read_refined, frozenset[int]())
    answered = left.member("answered", truth, False)
    in_order = not left.lost
    if left.cut_in is not None:
        left.lost.append(f"{left.cut_in}: the file breaks off there")
    version = left.content.get("version")
    if version != session_file.VERSION:
        left.lost.append(f"whatever version {version!r} adds to version {session_file.VERSION}")
    saved = SavedSession(
        image=image,
        labels=labels,
        next_id=max(next_id, max(state.objects, default=0) + 1),
        screen=MappingProxyType(screen),
        state=state,
        history=history if complete else History(),
        label_map=label_map,
        answer=answer if in_order else nothing(size),
        refined=refined if in_order else frozenset(),
        answered=answered and in_order,
    )
    return saved, tuple(left.lost)


class _Left:
    """What is left of a session file's members.

    Attributes:
        content: the members.
        cut_in: the member in which the file breaks off, if it does.
        lost: what could not be read.
    """

    def __init__(self, content: JSON, cut_in: str | None) -> None:
        if not isinstance(content, dict) or content.get("format") != session_file.FORMAT:
            raise ValueError("this is not a session file, or nothing is left of it")
        self.content: dict[str, Any] = content
        self.cut_in = cut_in
        self.lost: list[str] = []

    def member(self, name: str, read: Callable[[JSON], T], otherwise: T) -> T:
        """Read a member, or note that it is lost."""
        try:
            return read(self.content[name])
        except BROKEN:
            self.lost.append(f"{name}: not there, or it cannot be read")
            return otherwise

    def entries(self, name: str, read: Callable[[JSON], T]) -> list[T]:
        """Read those entries of a list that can be read, and note how many cannot."""
        listed: list[JSON] = self.member(name, list, [])
        kept = []
        for data in listed:
            try:
                kept.append(read(data))
            except BROKEN:
                continue
        if len(kept) < len(listed) or self.cut_in == name:
            self.lost.append(f"{name}: all but {len(kept)}")
        return kept


def _read_state(left: _Left, reader: Reader) -> State:
    records: dict[int, ObjectRecord] = {}

    def record(data: JSON) -> None:
        read = reader.record(data)
        if read.id in records:
            raise ValueError("it is there already")
        records[read.id] = read

    left.entries("objects", record)
    owners = {0, *records}
    return State(
        MappingProxyType(dict(sorted(records.items()))),
        tuple(left.entries("clicks", lambda data: _owned(reader.click(data), owners))),
        tuple(left.entries("edits", lambda data: _owned(reader.edit(data), owners))),
    )


def _owned(said: Owned, owners: Collection[int]) -> Owned:
    if said.object_id not in owners:
        raise ValueError(f"there is no object {said.object_id}")
    return said


def _read_history(steps: dict[str, Any], state: State, reader: Reader) -> History:
    """Read the steps next to the present, as far as they make sense."""
    undo, redo = (_applicable(steps.get(way, []), state, reader) for way in ("undo", "redo"))
    return History(session_file.steps_back(undo, state), session_file.steps_ahead(redo, state))


def _applicable(commands: list[JSON], state: State, reader: Reader) -> list[Command]:
    applicable = []
    for data in commands:
        try:
            command = reader.command(data)
            command.inverse(state)
            state = command.apply(state)
        except BROKEN:
            break
        applicable.append(command)
    return applicable


def _beginning(data: bytes) -> tuple[JSON, str | None]:
    """Read JSON as far as it goes.

    Returns:
        What was read, and the name of the top member in which it breaks off, if it does.
    """
    text = data.decode(errors="replace")
    try:
        return json.loads(text), None
    except json.JSONDecodeError as error:
        text, inside = _closed(text[: error.pos])
    except RecursionError:
        raise ValueError("this is not a session file: it nests too deeply") from None
    content = json.loads(text)
    return content, [*content][-1] if inside else None


def _closed(text: str) -> tuple[str, bool]:
    """Take text up to the last value that is certainly whole, and close what is open there."""
    open_there: list[str] = []
    end, closing = 0, ""
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{" | "[" as bracket:
                open_there.append(_CLOSING[bracket])
            case "}" | "]":
                open_there.pop()
                end, closing = token.end(), "".join(reversed(open_there))
            case ",":
                end, closing = token.start(), "".join(reversed(open_there))
            case '"':
                break
    return (text[:end] + closing or "null"), len(closing) > 1
