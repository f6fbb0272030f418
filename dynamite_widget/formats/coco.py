"""Objects as COCO annotations, RLE masks, valid for pycocotools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynamite_widget.objects import SegmentedObject

UNLABELLED = "object"
"""Category of objects without a label: COCO has no annotation without a category."""


def to_coco(
    objects: Sequence[SegmentedObject],
    *,
    size: tuple[int, int],
    file_name: str,
    labels: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Write objects in COCO's instance format.

    An annotation has its object's id, the attributes under "attributes", and the name under "name".
    An object without pixels is left out, as readers expect masks to have some.

    Args:
        objects: of one image.
        size: (H, W) of the image.
        file_name: name of the image, as readers will look for it.
        labels: categories wanted even where no object has them; they come first.

    Returns:
        {"images", "annotations", "categories"}, plain values only, ready for json and for
        pycocotools' `COCO`.
    """
    seen = [each for each in objects if each.area]
    used = [UNLABELLED if each.label is None else each.label for each in seen]
    categories = {name: i for i, name in enumerate(dict.fromkeys([*(labels or ()), *used]), 1)}
    height, width = size
    return {
        "info": {"description": "dynamite_widget"},
        "images": [{"id": 1, "width": width, "height": height, "file_name": file_name}],
        "annotations": [
            {
                "id": each.id,
                "image_id": 1,
                "category_id": categories[label],
                "segmentation": each.mask.rle,
                "area": each.area,
                "bbox": list(each.box),
                "iscrowd": 0,
                "name": each.name,
                "attributes": dict(each.attributes),
            }
            for each, label in zip(seen, used, strict=True)
        ],
        "categories": [{"id": i, "name": name} for name, i in categories.items()],
    }
