"""The labels of many images as one DataFrame and as one COCO file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamite_widget.formats import coco
from dynamite_widget.image_identity import ImageIdentity
from dynamite_widget.objects import SegmentedObject

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImage:
    """The labels of one image.

    Attributes:
        name: what the image is called, unique.
        size: (H, W).
        objects: in the order wanted.
        path: of its file; None for an image from elsewhere.
        image: which image it is; None if it has not been read.
    """

    name: str
    size: tuple[int, int]
    objects: tuple[SegmentedObject, ...]
    path: str | None = None
    image: ImageIdentity | None = None


def to_frame(images: Iterable[LabelledImage]) -> pd.DataFrame:
    """Tabulate the objects of all images, one row each.

    Columns: image, its name, then those of `dynamite_widget.formats.frame.to_frame`. An attribute
    that some object has is None where another has none.

    Args:
        images: only one of them is held at a time.
    """
    import pandas as pd  # it takes half a second

    from dynamite_widget.formats import frame

    columns, names = frame.Columns(), []
    for each in images:
        columns.add(each.objects)
        names += [each.name] * len(each.objects)
    table = columns.table()
    table.insert(0, "image", pd.Series(names, dtype="object"))
    return table


def to_coco(
    images: Iterable[LabelledImage],
    *,
    labels: Sequence[str] | None = None,
    polygons: bool = False,
) -> dict[str, Any]:
    """Write the labels of all images in COCO's instance format; see `coco.to_coco`.

    Ids of annotations are unique over all images, so an annotation has its object's own id under
    "object_id".

    Args:
        images: only one of them is held at a time.
        labels: categories wanted even where no object has them; they come first.
        polygons: write polygons, which lose holes.

    Returns:
        {"images", "annotations", "categories"}, plain values only.
    """
    category_ids = {name: i for i, name in enumerate(labels or (), 1)}
    entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, each in enumerate(images, 1):
        one = coco.to_coco(
            each.objects, size=each.size, file_name=each.name, labels=labels, polygons=polygons
        )
        entries.append(one["images"][0] | {"id": image_id})
        names = {category["id"]: category["name"] for category in one["categories"]}
        for annotation in one["annotations"]:
            name = names[annotation["category_id"]]
            annotations.append(
                annotation
                | {
                    "id": len(annotations) + 1,
                    "object_id": annotation["id"],
                    "image_id": image_id,
                    "category_id": category_ids.setdefault(name, len(category_ids) + 1),
                }
            )
    return {
        "info": {"description": "dynamite_widget"},
        "images": entries,
        "annotations": annotations,
        "categories": coco.category_records(category_ids, labels),
    }
