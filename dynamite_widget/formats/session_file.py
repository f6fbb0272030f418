"""The session file: everything about one labelled image in one JSON text (.session.json).

docs/session-file.md says what stands where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from dynamite_widget.commands import Command
from dynamite_widget.formats.session_records import (
    Reader,
    click_to_json,
    command_to_json,
    edit_to_json,
    record_to_json,
    runs_to_json,
    text,
    truth,
    whole,
)
from dynamite_widget.history import History, Step
from dynamite_widget.image_identity import ImageIdentity
from dynamite_widget.objects import MAX_OBJECT_ID
from dynamite_widget.run_lengths import MAX_PIXELS, Runs
from dynamite_widget.state import State

FORMAT = "dynamite_widget.session"
VERSION = 1

BROKEN = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading something raises that is not what it should be."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedSession:
    """What a session file holds.

    Attributes:
        image: which image it is about.
        labels: labels to choose from; None if any text will do.
        next_id: id of the next new object.
        screen: how a screen last showed it, plain JSON by name.
        state: what people said.
        history: how it came to be.
        label_map: what people saw.
        answer: what the model had said.
        refined: ids of the imported objects that the answer holds.
        answered: whether it had said so to all the clicks.
    """

    image: ImageIdentity
    labels: tuple[str, ...] | None
    next_id: int
    screen: Mapping[str, Any]
    state: State
    history: History
    label_map: Runs
    answer: Runs
    refined: frozenset[int]
    answered: bool


def dumps(saved: SavedSession) -> bytes:
    """Write a session file.

    What is hardest to get again comes first: of a file that was cut off, the beginning is left.
    """
    image = saved.image
    history = {
        "undo": [command_to_json(step.inverse) for step in reversed(saved.history.done)],
        "redo": [command_to_json(step.command) for step in reversed(saved.history.undone)],
    }
    members: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "image": {field: getattr(image, field) for field in ImageIdentity.__slots__},
        "labels": None if saved.labels is None else list(saved.labels),
        "next_id": saved.next_id,
        "screen": dict(saved.screen),
        "objects": [record_to_json(record) for record in saved.state.objects.values()],
        "clicks": [click_to_json(click) for click in saved.state.clicks],
        "edits": [edit_to_json(edit) for edit in saved.state.edits],
        "history": history,
        "label_map": runs_to_json(saved.label_map),
        "answer": _answer_to_json(saved.answer, saved.label_map),
        "refined": sorted(saved.refined),
        "answered": saved.answered,
    }
    lines = (f"{_text(name)}:{_text(member)}" for name, member in members.items())
    # Names of files may hold what is no text; in JSON, "\udce9" stands for it.
    return ("{\n" + ",\n".join(lines) + "\n}").encode(errors="backslashreplace")


def loads(data: bytes) -> SavedSession:
    """Read a session file.

    Raises:
        ValueError: if it is no session file, of an unknown version, cut off, or inconsistent.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is not a session file, or it is cut off: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError('this is not a session file: its "format" is another')
    if content.get("version") != VERSION:
        raise ValueError(
            f"this session file has version {content.get('version')!r}; version {VERSION} is "
            "understood here: a newer dynamite_widget may read it"
        )
    try:
        return _read(content)
    except BROKEN as error:
        raise ValueError(f"this session file is broken: {error!r}") from error


def _text(data: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _read(content: dict[str, Any]) -> SavedSession:
    image = read_image(content["image"])
    size = image.height, image.width
    reader = Reader(size)
    records = [reader.record(data) for data in content["objects"]]
    state = State(
        MappingProxyType({record.id: record for record in sorted(records, key=lambda r: r.id)}),
        tuple(reader.click(data) for data in content["clicks"]),
        tuple(reader.edit(data) for data in content["edits"]),
    )
    owners = {click.object_id for click in state.clicks} | {e.object_id for e in state.edits}
    if len(state.objects) != len(records) or owners - {0, *state.objects}:
        raise ValueError("its objects repeat, or clicks and edits name objects that are not there")
    label_map = reader.runs(content["label_map"])
    undo, redo = (map(reader.command, content["history"][way]) for way in ("undo", "redo"))
    return SavedSession(
        image=image,
        labels=read_labels(content["labels"]),
        next_id=whole(content["next_id"], max(state.objects, default=0) + 1),
        screen=MappingProxyType(dict(content["screen"])),
        state=state,
        history=History(steps_back(undo, state), steps_ahead(redo, state)),
        label_map=label_map,
        answer=read_answer(content["answer"], label_map),
        refined=read_refined(content["refined"]),
        answered=truth(content["answered"]),
    )


def read_image(data: dict[str, Any]) -> ImageIdentity:
    """Read which image it is."""
    optional = {
        field: None if data[field] is None else text(data[field])
        for field in ("file_sha256", "source")
    }
    height, width = whole(data["height"], 1), whole(data["width"], 1)
    whole(height * width, 1, MAX_PIXELS)
    return ImageIdentity(height, width, text(data["sha256"]), **optional)


def read_labels(data: list[str] | None) -> tuple[str, ...] | None:
    """Read labels to choose from."""
    return None if data is None else tuple(text(label) for label in data)


def read_refined(data: list[int]) -> frozenset[int]:
    """Read ids of objects."""
    return frozenset(whole(object_id, 1, MAX_OBJECT_ID) for object_id in data)


def read_answer(data: dict[str, str], label_map: Runs) -> Runs:
    """Read what the model had said, as it was or from how it differs from what people saw."""
    reader = Reader(label_map.size)
    if "differs" in data:
        return _difference(label_map, reader.runs(data["differs"]))
    return reader.runs(data["label_map"])


def _answer_to_json(answer: Runs, label_map: Runs) -> dict[str, str]:
    """Write whichever takes less: with imported objects the two have little in common."""
    difference = _difference(label_map, answer)
    if len(difference.starts) < len(answer.starts):
        return {"differs": runs_to_json(difference)}
    return {"label_map": runs_to_json(answer)}


def _difference(one: Runs, other: Runs) -> Runs:
    """Each pixel's two labels by exclusive or: 0 where they agree, and its own inverse."""
    starts = np.union1d(one.starts, other.starts)
    here, there = (
        runs.labels[np.searchsorted(runs.starts, starts, side="right") - 1].astype(np.uint16)
        for runs in (one, other)
    )
    labels = here ^ there
    new = np.append(True, labels[1:] != labels[:-1])
    small = labels.max() <= 0xFF
    return Runs(one.size, starts[new], labels[new].astype(np.uint8 if small else np.uint16))


def steps_back(inverses: Iterable[Command], state: State) -> tuple[Step, ...]:
    """Find the steps that led to a state, oldest first: the inverse of what leads back.

    Args:
        inverses: what leads back, from the present on.
        state: the present.
    """
    done: list[Step] = []
    for inverse in inverses:
        done.append(Step(inverse.inverse(state), inverse))
        state = inverse.apply(state)
    return tuple(reversed(done))


def steps_ahead(commands: Iterable[Command], state: State) -> tuple[Step, ...]:
    """Find the steps that lead on from a state, the next one last.

    Args:
        commands: what leads on, from the present on.
        state: the present.
    """
    undone: list[Step] = []
    for command in commands:
        undone.append(Step(command, command.inverse(state)))
        state = command.apply(state)
    return tuple(reversed(undone))
