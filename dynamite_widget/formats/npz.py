"""A label map with all that is known of its objects in one NumPy archive, and back.

`np.load(path)` finds "label_map", (H, W) uint16, and "objects", JSON text:
{"categories": [...] or null, "objects": [{"id", "label", "name", "color", "attributes"}]}.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np

from dynamite_widget.formats.annotations import Annotation, Annotations, kept_attributes
from dynamite_widget.masks import Mask


def to_npz(annotations: Annotations) -> bytes:
    """Write a compressed archive.

    It keeps everything but overlaps: of objects that overlap what lies on top stays (with a
    warning).
    """
    records = [
        {
            "id": each.id,
            "label": each.label,
            "name": each.name,
            "color": each.color,
            "attributes": dict(each.attributes),
        }
        for each in annotations.objects
    ]
    known = json.dumps({"categories": annotations.categories, "objects": records})
    buffer = io.BytesIO()
    label_map = annotations.painted("an NPZ archive")
    np.savez_compressed(buffer, label_map=label_map, objects=np.array(known))
    return buffer.getvalue()


def from_npz(data: bytes) -> Annotations:
    """Read an archive that has "label_map" and perhaps "objects".

    Raises:
        ValueError: if it is no such archive, or its objects are not those of its label map.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            label_map = archive["label_map"]
            known = json.loads(str(archive["objects"])) if "objects" in archive else None
        painted = Annotations.of_label_map(label_map)
        if known is None:
            return painted
        masks = dict(zip(painted.ids, painted.masks, strict=True))
        empty = Mask.empty(*painted.size)
        objects = tuple(
            Annotation(
                masks.pop(record["id"], empty),
                record["id"],
                record["label"],
                record["name"],
                kept_attributes(record["attributes"], f"object {record['id']}"),
                record["color"],
            )
            for record in known["objects"]
        )
        if masks:
            raise ValueError(f"its label map has ids {sorted(masks)[:5]} that are not its objects'")
        categories = known["categories"]
        categories = None if categories is None else tuple(categories)
        return replace(painted, objects=objects, categories=categories)
    except (AttributeError, EOFError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"this is no archive of a label map: {error!r}") from error
    except ValueError as error:
        raise ValueError(f"this archive cannot be read: {error}") from error
