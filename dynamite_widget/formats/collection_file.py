"""The index of a folder of sessions: what somebody decided about each image (collection.json).

Version 1, UTF-8, one object with these keys; others are for later versions.

    format      "dynamite_widget.collection"
    version     1
    current     session file of the image at which the index was last written, or null
    screen      how a screen last showed the images, plain JSON by name; absent before it said so
    images      {session file: {"name", "status", "size"}} of every image that is not open: name is
                what the image is called, status "done", "skipped" or "flagged", and size
                [height, width], or null if the image has not been read

A session file is named without its folder: it lies beside the index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dynamite_widget.formats.session_records import text, whole
from dynamite_widget.image_list import STATUSES, ImageStatus

FILE_NAME = "collection.json"
FORMAT = "dynamite_widget.collection"
VERSION = 1

_json = json.JSONEncoder().encode


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody decided about an image.

    Attributes:
        name: what the image is called.
        status: anything but "open".
        size: (H, W) of the image; None if it has not been read.
    """

    name: str
    status: ImageStatus
    size: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class SavedCollection:
    """What the index holds.

    Attributes:
        marks: by session file, of images that are not open.
        current: session file of the image at which the index was last written.
        screen: how a screen last showed the images, plain JSON by name.
    """

    marks: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))
    current: str | None = None
    screen: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def dumps(saved: SavedCollection) -> bytes:
    """Write an index, one member and one image a line."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "current": saved.current,
        "screen": dict(saved.screen),
    }
    members = [f" {_json(name)}: {_json(value)}" for name, value in head.items()]
    # It is written at every mark: texts alone are encoded three times as fast as rows.
    rows = [f"  {_json(file)}: {_row(mark)}" for file, mark in saved.marks.items()]
    images = "{\n" + ",\n".join(rows) + "\n }" if rows else "{}"
    return ("{\n" + ",\n".join([*members, f' "images": {images}']) + "\n}").encode()


def loads(data: bytes) -> SavedCollection:
    """Read an index.

    Raises:
        ValueError: if it is none, of an unknown version, cut off, or inconsistent.
    """
    try:
        content = json.loads(data)
    except ValueError as error:
        raise ValueError(f"this is not the index of a collection, or cut off: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError('this is not the index of a collection: its "format" is another')
    if content.get("version") != VERSION:
        raise ValueError(
            f"this index has version {content.get('version')!r}; version {VERSION} is understood "
            "here: a newer dynamite_widget may read it"
        )
    try:
        current = content["current"]
        return SavedCollection(
            {text(file): _mark(mark) for file, mark in content["images"].items()},
            None if current is None else text(current),
            MappingProxyType(dict(content.get("screen", {}))),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this index is broken: {error!r}") from error


def _row(mark: Mark) -> str:
    size = "null" if mark.size is None else f"[{mark.size[0]}, {mark.size[1]}]"
    return f'{{"name": {_json(mark.name)}, "status": {_json(mark.status)}, "size": {size}}}'


def _mark(data: dict[str, Any]) -> Mark:
    status = data["status"]
    if status not in STATUSES or status == "open":
        raise ValueError(f"{status!r} is none of {', '.join(STATUSES[1:])}")
    size = data["size"]
    if size is not None:
        height, width = size
        size = whole(height, 1), whole(width, 1)
    return Mark(text(data["name"]), status, size)
