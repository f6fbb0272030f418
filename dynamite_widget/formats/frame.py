"""Objects as a pandas DataFrame, one row each, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from dynamite_widget.formats.annotations import (
    Annotation,
    Annotations,
    ids_of,
    kept_attributes,
    kept_color,
    plain_text,
)
from dynamite_widget.masks import Mask
from dynamite_widget.objects import SegmentedObject

_MEASURED = frozenset(
    ["object_id", "image", "area", "bbox", "n_clicks", "edited_pixels", "edited_segmentation"]
)
"""Columns that follow from the others, or from what a table does not hold."""
_TYPES: dict[str, Literal["int64", "object"]] = {
    "object_id": "int64",
    "label": "object",
    "area": "int64",
    "bbox": "object",
    "n_clicks": "int64",
    "segmentation": "object",
    "name": "object",
    "edited_pixels": "int64",
    "edited_segmentation": "object",
}
"""Columns of every table, in their order."""


def to_frame(objects: Sequence[SegmentedObject]) -> pd.DataFrame:
    """Tabulate objects.

    Columns: object_id, label, area, bbox (x, y, width, height), n_clicks, segmentation (COCO RLE),
    name, edited_pixels (how many of its pixels were drawn by hand) and edited_segmentation (COCO
    RLE of those), then one column for every attribute, None where an object has no such attribute.

    Args:
        objects: in the order wanted.
    """
    columns = Columns()
    columns.add(objects)
    return columns.table()


class Columns:
    """The columns of `to_frame`, gathered before one table is made of them; no object is kept."""

    def __init__(self) -> None:
        self._own: dict[str, list[Any]] = {name: [] for name in _TYPES}
        self._attributes: dict[str, list[Any]] = {}
        self._rows = 0

    def add(self, objects: Iterable[SegmentedObject]) -> None:
        """Add a row for each object."""
        for each in objects:
            values = (
                each.id,
                each.label,
                each.area,
                tuple(each.box),
                len(each.clicks),
                each.mask.rle,
                each.name,
                each.edited_pixels,
                each.edited.rle,
            )
            for column, value in zip(self._own.values(), values, strict=True):
                column.append(value)
            for name, given in each.attributes.items():
                column = self._attributes.setdefault(name, [])
                column += [None] * (self._rows - len(column))
                column.append(given)
            self._rows += 1

    def table(self) -> pd.DataFrame:
        """Make the table."""
        columns = {
            name: pd.Series(values, dtype=_TYPES[name]) for name, values in self._own.items()
        }
        for name, some in self._attributes.items():
            values = some + [None] * (self._rows - len(some))
            columns[name] = pd.Series(values, dtype="object" if None in values else None)
        return pd.DataFrame(columns)


def from_frame(frame: pd.DataFrame, *, size: tuple[int, int] | None = None) -> Annotations:
    """Read the objects of one image from a table that has at least a column "segmentation".

    Ids are those of "object_id" if there is one and all are different and 1 to 65535; otherwise
    they go from 1. Columns that `to_frame` does not write become attributes, where they hold a
    value. Clicks and what was drawn by hand are only counted in a table, and do not come back.

    Args:
        frame: rows in the order of painting.
        size: (H, W) of the image; None takes it from the first row.

    Raises:
        ValueError: if there is no such column, the rows are of several images, a mask is broken or
            of another size, or the size is not known.
    """
    if "segmentation" not in frame.columns:
        raise ValueError(f'a table of objects has a column "segmentation", not only {[*frame]}')
    if "image" in frame.columns and len(images := {str(name) for name in frame["image"]}) > 1:
        raise ValueError(
            f"these are objects of {len(images)} images, which would become one: choose an image, "
            f'such as frame[frame["image"] == {frame["image"].iloc[0]!r}]'
        )
    if size is None and not len(frame):
        raise ValueError("an empty table does not say the size of the image: pass size=(H, W)")
    rows = [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
    ids = ids_of([_plain(row.get("object_id")) for row in rows])
    objects = []
    for object_id, row in zip(ids, rows, strict=True):
        values = {name: _plain(value) for name, value in row.items() if name not in _MEASURED}
        what = f"row of object {object_id}"
        rle = values.pop("segmentation")
        try:
            if not isinstance(rle, dict):
                raise ValueError(
                    f"a segmentation is COCO's RLE, a dict, not {type(rle).__name__}; text files "
                    "such as CSV lose it, to_json and to_parquet keep it"
                )
            objects.append(
                Annotation(
                    mask=Mask.from_rle(rle),
                    id=object_id,
                    label=plain_text(values.pop("label", None)),
                    name=plain_text(values.pop("name", None)) or "",
                    color=kept_color(values.pop("color", None)),
                    attributes=kept_attributes(values, what),
                )
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"{what}: {error}") from error
    if size is None:
        size = objects[0].mask.height, objects[0].mask.width
    return Annotations(size, tuple(objects))


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of a table
    """Return a cell as Python has it; what pandas has for a missing value becomes None."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
