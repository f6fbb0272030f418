"""The act of importing: objects whose pixels come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dynamite_widget.commands.base import Act, Command, Scene, Together
from dynamite_widget.commands.checking import (
    check_unlocked,
    checked_attributes,
    checked_choice,
    checked_color,
    checked_name,
)
from dynamite_widget.commands.objects import PutObject, Reset
from dynamite_widget.objects import MAX_OBJECT_ID, AttributeValue, ObjectRecord, no_attributes
from dynamite_widget.palette import color_of
from dynamite_widget.regions import Region


@dataclass(frozen=True, slots=True)
class ImportedObject:
    """One object as it comes from elsewhere.

    Attributes:
        region: its pixels.
        id: positive; None for the next one that is free.
        label: one of the session's labels, or None.
        name: free text.
        attributes: free values by name.
        color: "#RRGGBB"; None for that of the palette.
    """

    region: Region
    id: int | None = None
    label: str | None = None
    name: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=no_attributes)
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Import(Act):
    """Start over with imported objects: all that was there goes, in the same step.

    An id that an object here has is that object's, whose pixels are then the imported ones.

    Attributes:
        objects: their pixels must not overlap.
    """

    objects: tuple[ImportedObject, ...]

    def completed(self, scene: Scene) -> Command:
        """Give ids, check all values, and clear the ground."""
        for object_id in scene.state.objects:
            check_unlocked(scene.state, object_id)
        given = [each.id for each in self.objects if each.id is not None]
        taken = sorted(k for k in given if k < scene.next_id and k not in scene.state.objects)
        if taken:
            raise ValueError(
                f"ids {', '.join(map(str, taken))} are no longer free: ids rise, and those below "
                f"{scene.next_id} are of objects that are here or gone, or were left out; number "
                f"new objects from {scene.next_id} on, or undo"
            )
        free = max([scene.next_id - 1, *given]) + 1
        records = []
        for each in self.objects:
            object_id, free = (free, free + 1) if each.id is None else (each.id, free)
            records.append(_record(each, object_id, scene.labels))
        clearing = Reset().completed(scene)
        return Together((clearing, *(PutObject(record) for record in records)))


def _record(given: ImportedObject, object_id: int, labels: tuple[str, ...] | None) -> ObjectRecord:
    if not 1 <= object_id <= MAX_OBJECT_ID:
        raise ValueError(f"an object's id goes from 1 to {MAX_OBJECT_ID}, not {object_id}")
    return ObjectRecord(
        id=object_id,
        color=color_of(object_id) if given.color is None else checked_color(given.color),
        label=checked_choice(given.label, labels),
        name=checked_name(given.name),
        attributes=MappingProxyType(checked_attributes(dict(given.attributes))),
        imported=given.region if given.region.width else None,
    )
