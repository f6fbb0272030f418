"""The session file: everything about one labelled image in one JSON text (.session.json).

Version 1, UTF-8, one object with these keys:

    format      "dynamite_widget.session"
    version     1
    image       {"height", "width", "sha256", "file_sha256", "source"}: sha256 is that of the RGB
                pixels, row by row; file_sha256 that of the file the image came from, and source its
                path, both null for an image that came from elsewhere
    labels      labels to choose from, or null if any text will do
    next_id     id of the next new object; ids below are never used again
    objects     [{"id", "label", "name", "color", "attributes", "visible", "frozen", "bound"}]:
                frozen is the region an object was locked with, or null; bound a box, or null
    clicks      [[x, y, object_id]] in order of time; object_id 0 is the background
    edits       [{"kind", "object_id", "region"}] in order of time; kind "paint" gives pixels to the
                object, "erase" to the background, "release" back to the model
    label_map   what people saw, packed run-lengths (see dynamite_widget.run_lengths)
    answer      what the model had said, packed run-lengths; null if that is the label map itself
    answered    whether it had said so to all the clicks
    history     {"undo": [command], "redo": [command]}, the next one to be used last

A region is {"box": [x, y, width, height], "bits": packed}: the box row by row, one bit a pixel,
most significant first. A box is [x, y, width, height] in whole pixels. "Packed" is zlib, then
base64.
Commands are written as in dynamite_widget.formats.session_records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dynamite_widget.formats.session_records import (
    Reader,
    click_to_json,
    command_to_json,
    edit_to_json,
    pack,
    record_to_json,
    text,
    truth,
    unpack,
    whole,
)
from dynamite_widget.history import History, Step
from dynamite_widget.image_identity import ImageIdentity
from dynamite_widget.run_lengths import Runs
from dynamite_widget.state import State

FORMAT = "dynamite_widget.session"
VERSION = 1


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
    """Write a session file."""
    label_map, answer = saved.label_map.to_bytes(), saved.answer.to_bytes()
    image = saved.image
    content = {
        "format": FORMAT,
        "version": VERSION,
        "image": {field: getattr(image, field) for field in ImageIdentity.__slots__},
        "labels": None if saved.labels is None else list(saved.labels),
        "next_id": saved.next_id,
        "screen": dict(saved.screen),
        "objects": [record_to_json(record) for record in saved.state.objects.values()],
        "clicks": [click_to_json(click) for click in saved.state.clicks],
        "edits": [edit_to_json(edit) for edit in saved.state.edits],
        "label_map": pack(label_map),
        "answer": None if answer == label_map else pack(answer),
        "refined": sorted(saved.refined),
        "answered": saved.answered,
        "history": {
            "undo": [command_to_json(step.inverse) for step in saved.history.done],
            "redo": [command_to_json(step.command) for step in saved.history.undone],
        },
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def loads(data: bytes) -> SavedSession:
    """Read a session file.

    Raises:
        ValueError: if it is no session file, of an unknown version, cut off, or inconsistent.
    """
    try:
        content = json.loads(data)
    except ValueError as error:
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
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"this session file is broken: {error!r}") from error


def _read(content: dict[str, Any]) -> SavedSession:
    image = _read_image(content["image"])
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
    label_map = _read_label_map(content["label_map"], size)
    answer = content["answer"]
    labels = content["labels"]
    return SavedSession(
        image=image,
        labels=None if labels is None else tuple(text(label) for label in labels),
        next_id=whole(content["next_id"], max(state.objects, default=0) + 1),
        screen=MappingProxyType(dict(content["screen"])),
        state=state,
        history=_read_history(content["history"], state, reader),
        label_map=label_map,
        answer=label_map if answer is None else _read_label_map(answer, size),
        refined=frozenset(whole(object_id, 1) for object_id in content["refined"]),
        answered=truth(content["answered"]),
    )


def _read_image(data: dict[str, Any]) -> ImageIdentity:
    optional = {
        field: None if data[field] is None else text(data[field])
        for field in ("file_sha256", "source")
    }
    height, width = whole(data["height"], 1), whole(data["width"], 1)
    return ImageIdentity(height, width, text(data["sha256"]), **optional)


def _read_label_map(packed: str, size: tuple[int, int]) -> Runs:
    height, width = size
    return Runs.from_bytes(unpack(packed, 20 + 6 * height * width), size=size)


def _read_history(data: dict[str, Any], state: State, reader: Reader) -> History:
    """Walk back from the present: the inverse of what leads back is what led here."""
    done: list[Step] = []
    past = state
    for inverse in map(reader.command, reversed(data["undo"])):
        done.insert(0, Step(inverse.inverse(past), inverse))
        past = inverse.apply(past)
    undone: list[Step] = []
    future = state
    for command in map(reader.command, reversed(data["redo"])):
        undone.insert(0, Step(command, command.inverse(future)))
        future = command.apply(future)
    return History(tuple(done), tuple(undone))
