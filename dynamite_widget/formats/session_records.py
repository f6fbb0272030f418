"""What a session file is made of: clicks, regions, edits, objects and commands as plain JSON."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from dynamite_widget.clicks import Click
from dynamite_widget.commands import (
    AddClick,
    AddEdit,
    Command,
    Decide,
    DeleteClick,
    DeleteEdit,
    MoveClick,
    PutObject,
    RemoveObject,
    Together,
)
from dynamite_widget.commands.checking import checked_attributes, checked_color
from dynamite_widget.edits import Edit
from dynamite_widget.extents import NO_BOX, Box
from dynamite_widget.masks import Mask
from dynamite_widget.objects import MAX_OBJECT_ID, ObjectRecord
from dynamite_widget.regions import Region
from dynamite_widget.run_lengths import Runs
from dynamite_widget.state import checked_point

JSON = Any
"""Whatever json reads or writes: dict, list, str, number, bool, None."""


def runs_to_json(runs: Runs) -> JSON:
    """Write a label map as on the wire (run-lengths of version 2), as text (base64)."""
    return b64encode(runs.pack()).decode("ascii")


def click_to_json(click: Click) -> JSON:
    """Write a click as [x, y, object_id]."""
    return [click.x, click.y, click.object_id]


def region_to_json(region: Region) -> JSON:
    """Write a region as {"box": [x, y, width, height], "counts": COCO's run-lengths of the box}."""
    box = [region.x, region.y, region.width, region.height]
    return {"box": box, "counts": _counts(region)}


def edit_to_json(edit: Edit) -> JSON:
    """Write an edit as {"kind", "object_id", "region"}."""
    region = region_to_json(edit.region)
    return {"kind": edit.kind, "object_id": edit.object_id, "region": region}


def record_to_json(record: ObjectRecord) -> JSON:
    """Write what is decided about an object, field by field."""
    fields = ("label", "name", "color", "attributes", "visible", "frozen", "bound", "imported")
    return {"id": record.id} | {f: _value_to_json(f, getattr(record, f)) for f in fields}


def command_to_json(command: Command) -> JSON:
    """Write a command as {"do": what, ...}."""
    match command:
        case Together(commands):
            return {"do": "together", "commands": [command_to_json(each) for each in commands]}
        case AddClick(click, index):
            return {"do": "add_click", "click": click_to_json(click), "index": index}
        case MoveClick(index, x, y):
            return {"do": "move_click", "index": index, "x": x, "y": y}
        case DeleteClick(index):
            return {"do": "delete_click", "index": index}
        case AddEdit(edit, index):
            return {"do": "add_edit", "edit": edit_to_json(edit), "index": index}
        case DeleteEdit(index):
            return {"do": "delete_edit", "index": index}
        case Decide(object_id, field, value):
            change = {"field": field, "value": _value_to_json(field, value)}
            return {"do": "decide", "object_id": object_id} | change
        case PutObject(record, clicks, edits):
            return {
                "do": "put_object",
                "record": record_to_json(record),
                "clicks": [[time_step, click_to_json(click)] for time_step, click in clicks],
                "edits": [[place, edit_to_json(edit)] for place, edit in edits],
            }
        case RemoveObject(object_id):
            return {"do": "remove_object", "object_id": object_id}
    raise TypeError(f"{type(command).__name__} is not a command that enters a history")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the same things back, and believes nothing.

    Every method raises ValueError, TypeError or KeyError if what it is given cannot be what it
    should be.

    Attributes:
        size: (H, W) of the image.
    """

    size: tuple[int, int]

    def runs(self, data: JSON) -> Runs:
        """Read a label map, of the image's size."""
        return Runs.from_bytes(b64decode(data, validate=True), size=self.size)

    def click(self, data: JSON) -> Click:
        """Read a click, inside the image."""
        x, y, object_id = data
        return Click(*checked_point(x, y, self.size), whole(object_id, 0, MAX_OBJECT_ID))

    def region(self, data: JSON) -> Region:
        """Read a region, inside the image."""
        box, counts = self.box(data["box"]), text(data["counts"])
        if not box.width * box.height:
            return Region(*NO_BOX, b"")
        mask = Mask.from_rle({"size": [box.height, box.width], "counts": counts})
        return Region.from_array(mask.to_array(), box.x, box.y)

    def box(self, data: JSON) -> Box:
        """Read a box, inside the image."""
        height, width = self.size
        x, y = whole(data[0], 0, width), whole(data[1], 0, height)
        return Box(x, y, whole(data[2], 0, width - x), whole(data[3], 0, height - y))

    def edit(self, data: JSON) -> Edit:
        """Read an edit."""
        if data["kind"] not in ("paint", "erase", "release"):
            raise ValueError(f"an edit paints, erases or releases, not {data['kind']!r}")
        object_id = whole(data["object_id"], 0, MAX_OBJECT_ID)
        return Edit(self.region(data["region"]), object_id, data["kind"])

    def record(self, data: JSON) -> ObjectRecord:
        """Read what is decided about an object."""
        values = {field: read(self, data[field]) for field, read in _READ_VALUE.items()}
        return ObjectRecord(id=whole(data["id"], 1, MAX_OBJECT_ID), **values)

    def command(self, data: JSON) -> Command:
        """Read a command."""
        match data["do"]:
            case "together":
                return Together(tuple(self.command(each) for each in data["commands"]))
            case "add_click":
                return AddClick(self.click(data["click"]), _index(data))
            case "move_click":
                return MoveClick(
                    whole(data["index"]), *checked_point(data["x"], data["y"], self.size)
                )
            case "delete_click":
                return DeleteClick(whole(data["index"]))
            case "add_edit":
                return AddEdit(self.edit(data["edit"]), _index(data))
            case "delete_edit":
                return DeleteEdit(whole(data["index"]))
            case "decide":
                value = _READ_VALUE[data["field"]](self, data["value"])
                return Decide(whole(data["object_id"]), data["field"], value)
            case "put_object":
                clicks = tuple((whole(step), self.click(click)) for step, click in data["clicks"])
                edits = tuple((whole(place), self.edit(edit)) for place, edit in data["edits"])
                return PutObject(self.record(data["record"]), clicks, edits)
            case "remove_object":
                return RemoveObject(whole(data["object_id"]))
        raise ValueError(f"{data['do']!r} is no command")


def whole(data: JSON, least: int = 0, most: int = 2**31) -> int:
    """Read a whole number within bounds."""
    if type(data) is not int or not least <= data <= most:
        raise ValueError(f"{data!r} is not a whole number from {least} to {most}")
    return data


def text(data: JSON) -> str:
    """Read text."""
    if not isinstance(data, str):
        raise ValueError(f"{data!r} is not text")
    return data


def truth(data: JSON) -> bool:
    """Read true or false."""
    if not isinstance(data, bool):
        raise ValueError(f"{data!r} is neither true nor false")
    return data


@lru_cache(maxsize=4096)
def _counts(region: Region) -> str:
    """Every act writes all regions again, and they stay the same."""
    return Mask.from_array(region.pixels).counts.decode("ascii") if region.width else ""


def _index(data: JSON) -> int | None:
    return None if data["index"] is None else whole(data["index"])


def _attributes(reader: Reader, data: JSON) -> Mapping[str, Any]:
    return MappingProxyType(checked_attributes(data))


_READ_VALUE: dict[str, Callable[[Reader, JSON], Any]] = {
    "label": lambda reader, data: None if data is None else text(data),
    "name": lambda reader, data: text(data),
    "color": lambda reader, data: checked_color(data),
    "attributes": _attributes,
    "visible": lambda reader, data: truth(data),
    "frozen": lambda reader, data: None if data is None else reader.region(data),
    "bound": lambda reader, data: None if data is None else reader.box(data),
    "imported": lambda reader, data: None if data is None else reader.region(data),
}


def _value_to_json(field: str, value: Any) -> JSON:  # noqa: ANN401 - the field says which
    if value is None:
        return None
    match field:
        case "frozen" | "imported":
            return region_to_json(value)
        case "bound":
            return list(value)
        case "attributes":
            return dict(value)
    return value
