"""Rows for Hugging Face `datasets`: one image a row, its objects as lists side by side; and back.

`datasets.Dataset.from_list([to_row(...), ...], features=features())` takes them. The columns are
those of the Hub's object detection sets (objects: id, area, bbox, ...), and masks as COCO RLE.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamite_widget.formats.annotations import (
    Annotation,
    Annotations,
    checked_size,
    kept_attributes,
)
from dynamite_widget.masks import Mask

if TYPE_CHECKING:
    import datasets

_COLUMNS = ("id", "label", "name", "color", "attributes", "area", "bbox", "segmentation")


def to_row(annotations: Annotations, image: Any = None) -> dict[str, Any]:  # noqa: ANN401
    """Write one image's objects as a row of plain values.

    It keeps everything. Attributes are JSON text, since a column holds values of one kind.

    Args:
        annotations: of the image.
        image: whatever `datasets.Image` takes: a path, {"bytes", "path"}, or None.
    """
    height, width = annotations.size
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for each in annotations.objects:
        values = (
            each.id,
            each.label,
            each.name,
            each.color,
            json.dumps(dict(each.attributes)),
            each.area,
            [float(edge) for edge in each.box],
            each.mask.rle,
        )
        for name, value in zip(_COLUMNS, values, strict=True):
            columns[name].append(value)
    categories = annotations.categories
    return {
        "image": image,
        "height": height,
        "width": width,
        "categories": None if categories is None else list(categories),
        "objects": columns,
    }


def from_row(row: Mapping[str, Any]) -> Annotations:
    """Read a row.

    Raises:
        ValueError: if a column is missing, lists differ in length, or a mask is broken or of
            another size than the image.
    """
    try:
        size = checked_size(row["height"], row["width"], "this row")
        columns = row["objects"]
        lists = [columns[name] for name in ("id", "label", "name", "color", "attributes")]
        masks = [Mask.from_rle(rle) for rle in columns["segmentation"]]
        objects = tuple(
            Annotation(mask, i, label, name or "", kept_attributes(json.loads(text), str(i)), color)
            for i, label, name, color, text, mask in zip(*lists, masks, strict=True)
        )
        categories = row.get("categories")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this row is not one of labelled objects: {error!r}") from error
    return Annotations(size, objects, None if categories is None else tuple(categories))


def features() -> datasets.Features:
    """Describe the columns of a row, so that empty lists and missing labels have their types too.

    Raises:
        ImportError: if `datasets` is not installed.
    """
    try:
        import datasets
    except ImportError as error:
        raise ImportError(
            "the features need Hugging Face's library: pip install datasets"
        ) from error
    text = datasets.Value("string")
    kinds = {
        "id": datasets.Value("int32"),
        "area": datasets.Value("int64"),
        "bbox": [datasets.Value("float32")],
        "segmentation": {"size": [datasets.Value("int32")], "counts": text},
    }
    return datasets.Features(
        {
            "image": datasets.Image(),
            "height": datasets.Value("int32"),
            "width": datasets.Value("int32"),
            "categories": [text],
            "objects": {name: [kinds.get(name, text)] for name in _COLUMNS},
        }
    )
