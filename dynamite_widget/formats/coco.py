"""Objects as COCO annotations and back: RLE masks, or polygons on request; for pycocotools."""

from __future__ import annotations

import json
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import PureWindowsPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.extents import Box
from dynamite_widget.formats.annotations import (
    Annotation,
    Annotations,
    checked_size,
    ids_of,
    kept_attributes,
    kept_color,
)
from dynamite_widget.formats.folders import inside
from dynamite_widget.formats.polygons import Polygon, mask_of, polygons_of
from dynamite_widget.masks import Mask
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.saving import at_home

UNLABELLED = "object"
"""Category of objects without a label: COCO has no annotation without a category."""

_UNLISTED = "unlisted"
"""Key of categories that are no labels to choose from: objects have them, no list does."""

CROWD = "iscrowd"
"""Name of the attribute that says so."""


_NO_MASK = "annotations without a mask, such as boxes alone, are left out"
_NO_RING = "rings of fewer than three corners are left out of annotations"
_NAMED = 10
"""So many annotations are named in a warning."""


def to_coco(
    objects: Sequence[SegmentedObject] | Sequence[Annotation],
    *,
    size: tuple[int, int],
    file_name: str,
    labels: Sequence[str] | None = None,
    polygons: bool = False,
) -> dict[str, Any]:
    """Write objects in COCO's instance format.

    An annotation has its object's id, the attributes under "attributes", the name under "name" and
    the colour under "color". An object without pixels is left out, as readers expect masks to have
    some.

    Args:
        objects: of one image.
        size: (H, W) of the image.
        file_name: name of the image, as readers will look for it.
        labels: categories wanted even where no object has them; they come first. Further ones are
            "unlisted", and so no labels to choose from when the file is read again.
        polygons: write polygons along the edges of pixels in place of RLE. They keep every part,
            but no holes: those are filled, with a warning that names the objects. Annotations go in
            the order of `objects`, but what lies in a hole follows the object that fills it. Where
            two lie in holes of each other, one loses pixels, and the warning says how many.

    Returns:
        {"images", "annotations", "categories"}, plain values only, ready for json and for
        pycocotools' `COCO`.
    """
    seen = [each for each in objects if each.area]
    used = [UNLABELLED if each.label is None else each.label for each in seen]
    categories = {name: i for i, name in enumerate(dict.fromkeys([*(labels or ()), *used]), 1)}
    height, width = size
    shapes = (
        _filled_polygons(seen, size)
        if polygons
        else [_Shape(place, each.mask.rle, each.area) for place, each in enumerate(seen)]
    )
    annotations = []
    for place, segmentation, area in shapes:
        each = seen[place]
        annotation = {
            "id": each.id,
            "image_id": 1,
            "category_id": categories[used[place]],
            "segmentation": segmentation,
            "area": area,
            "bbox": list(each.box),
            "iscrowd": int(each.attributes.get(CROWD) is True),
            "name": each.name,
            "attributes": dict(each.attributes),
        }
        if each.color is not None:
            annotation["color"] = each.color
        if each.label is None:
            annotation["unlabelled"] = True
        annotations.append(annotation)
    return {
        "info": {"description": "dynamite_widget"},
        "images": [{"id": 1, "width": width, "height": height, "file_name": file_name}],
        "annotations": annotations,
        "categories": category_records(categories, labels),
    }


def category_records(numbers: Mapping[str, int], labels: Sequence[str] | None) -> list[Any]:
    """Write categories, and of each whether it is a label to choose from.

    Args:
        numbers: id of each category by its name.
        labels: to choose from; None if any text will do.
    """
    listed = {*(labels or ())}
    return [
        {"id": number, "name": name} | ({} if name in listed else {_UNLISTED: True})
        for name, number in numbers.items()
    ]


def from_coco(data: Mapping[str, Any]) -> dict[str, Annotations]:
    """Read COCO's instance format.

    Objects are painted in the order of their annotations; `Annotations.largest_first` gives another
    order. Ids are the annotations' own ("object_id" before "id") where all of an image are
    different and 1 to 65535; otherwise they go from 1. A crowd has the attribute "iscrowd".
    Attributes that no object can have are left out with a warning; so are, without one, a "name"
    or "color" of another form than is written here, as these are no keys of COCO's own. Annotations
    without a mask, such as boxes alone, and rings of fewer than three corners are left out with a
    warning that names the annotations. Categories are labels to choose from, but for those that
    `to_coco` wrote for objects alone.

    Args:
        data: with "images", "annotations" and "categories".

    Returns:
        The objects of every image, by the image's file name, in the file's order.

    Raises:
        ValueError: if a part is missing, an image or category is not there or stands there twice, a
            mask is broken or of another size than its image.
    """
    images = _by_id(data, "images")
    records = _by_id(data, "categories")
    categories = {k: str(_value(c, "name", f"category {k}")) for k, c in records.items()}
    listed = tuple(categories[k] for k, c in records.items() if c.get(_UNLISTED) is not True)
    sizes = {k: _size(image, f"image {k}") for k, image in images.items()}
    names = [str(_value(image, "file_name", f"image {k}")) for k, image in images.items()]
    if len(set(names)) != len(names):
        raise ValueError("two images of this COCO file have the same file_name")
    found: defaultdict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for annotation in _list(data, "annotations"):
        image_id = _value(annotation, "image_id", f"annotation {annotation.get('id')!r}")
        if image_id not in images:
            raise ValueError(
                f"annotation {annotation.get('id')!r} is about image {image_id!r}, "
                "which is not there"
            )
        found[image_id].append(annotation)
    left_out: dict[str, list[str]] = {}
    read = {
        name: Annotations(
            sizes[image_id],
            _objects(found[image_id], sizes[image_id], categories, left_out),
            listed or None,
        )
        for image_id, name in zip(images, names, strict=True)
    }
    for why, which in left_out.items():
        some = ", ".join(which[:_NAMED]) + (" ..." if which[_NAMED:] else "")
        warnings.warn(f"{why}: {len(which)} in this COCO file ({some})", stacklevel=2)
    return read


def read_coco(path: str | PathLike[str]) -> dict[str, Annotations]:
    """Read a COCO file; see `from_coco`.

    Raises:
        ValueError: if it is no such file, or the name of an image, if it is not absolute, leads
            outside the file's folder.
        OSError: if it cannot be read.
    """
    path = at_home(path)
    try:
        found = from_coco(json.loads(path.read_bytes()))
        for name in found:
            if not PureWindowsPath(name).anchor:  # it knows both kinds of slash, and drives
                inside(path.parent, name)
    except ValueError as error:
        raise ValueError(f"{str(path)!r} cannot be read as a COCO file: {error}") from error
    return found


def _size(image: Mapping[str, Any], what: str) -> tuple[int, int]:
    return checked_size(_value(image, "height", what), _value(image, "width", what), what)


def _objects(
    annotations: Sequence[Mapping[str, Any]],
    size: tuple[int, int],
    categories: Mapping[Any, str],
    left_out: dict[str, list[str]],
) -> tuple[Annotation, ...]:
    """Read the annotations of one image; note those that are left out, by the reason why."""
    shapes = [(each, _segmentation(each, left_out)) for each in annotations]
    drawn = [(each, shape) for each, shape in shapes if shape is not None]
    ids = ids_of([each.get("object_id", each.get("id")) for each, _ in drawn])
    objects = []
    for object_id, (each, shape) in zip(ids, drawn, strict=True):
        what = f"annotation {each.get('id')!r}"
        category = _value(each, "category_id", what)
        if category not in categories:
            raise ValueError(f"{what} has category {category!r}, which is not there")
        label = categories[category]
        name = each.get("name")
        attributes = kept_attributes(each.get("attributes"), what)
        if each.get("iscrowd"):
            attributes[CROWD] = True
        try:
            objects.append(
                Annotation(
                    mask=_mask(shape, size),
                    id=object_id,
                    label=None if each.get("unlabelled") and label == UNLABELLED else label,
                    name=name if isinstance(name, str) else "",
                    attributes=attributes,
                    color=kept_color(each.get("color")),
                )
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"{what}: {error}") from error
    return tuple(objects)


def _segmentation(annotation: Mapping[str, Any], left_out: dict[str, list[str]]) -> Any:  # noqa: ANN401
    """Return what an annotation has of a mask, without rings that hold nothing; None if nothing."""
    segmentation = annotation.get("segmentation")
    which = repr(annotation.get("id"))
    if isinstance(segmentation, list | tuple):
        rings = [each for each in segmentation if not _is_flat(each)]
        if segmentation and len(rings) < len(segmentation):
            left_out.setdefault(_NO_RING, []).append(which)
        segmentation = rings
    if segmentation is None or segmentation == []:
        left_out.setdefault(_NO_MASK, []).append(which)
        return None
    return segmentation


def _is_flat(ring: object) -> bool:
    if not isinstance(ring, list | tuple) or len(ring) not in (0, 2, 4):
        return False
    return all(isinstance(each, int | float) for each in ring)


def _mask(segmentation: Any, size: tuple[int, int]) -> Mask:  # noqa: ANN401 - anything in a file
    if isinstance(segmentation, Mapping):
        mask = Mask.from_rle(dict(segmentation))
        if (mask.height, mask.width) != size:
            raise ValueError(
                f"its RLE is of {mask.height} x {mask.width} pixels, its image of "
                f"{size[0]} x {size[1]} (height x width)"
            )
        return mask
    if not isinstance(segmentation, Sequence):
        raise ValueError("it has no mask: a segmentation is an RLE or a list of polygons")
    if not all(isinstance(ring, Sequence) and len(ring) % 2 == 0 for ring in segmentation):
        raise ValueError("a polygon is [x, y, x, y, ...]")
    return mask_of((Polygon(np.array(ring, float).reshape(-1, 2)) for ring in segmentation), size)


class _Shape(NamedTuple):
    """An object's place in the list, what is written of its mask, and how many pixels that has."""

    place: int
    segmentation: Any
    area: int


def _filled_polygons(
    objects: Sequence[SegmentedObject | Annotation], size: tuple[int, int]
) -> list[_Shape]:
    """Make polygons without holes; put what lies in one after it; warn of what changes hands."""
    owners = np.zeros(size, np.int32)  # of each pixel: the place in the list, from 1
    for place, each in enumerate(objects):
        owners[_window(each.box)][each.mask.to_crop()] = place + 1
    shapes: list[_Shape] = []
    painted: list[Mask] = []
    lost: list[str] = []
    fillers: dict[int, set[int]] = {place: set() for place in range(len(objects))}
    for place, each in enumerate(objects):
        polygons = polygons_of(each.mask)
        filled = mask_of((Polygon(p.outer) for p in polygons), size)
        painted.append(filled)
        shapes.append(_Shape(place, [p.outer.ravel().tolist() for p in polygons], filled.area))
        if holes := sum(len(p.holes) for p in polygons):
            added = filled.area - each.area
            lost.append(f"object {each.id} ({holes} holes, {added} pixels filled)")
            gained = filled.to_crop() & ~each.mask.to_crop()
            for inner in np.unique(owners[_window(each.box)][gained]).tolist():
                if inner:
                    fillers[inner - 1].add(place)
    ordered = _after_fillers(shapes, fillers)
    if lost:
        taken = _taken(owners, [(place, painted[place]) for place, *_ in ordered])
        less = [f"object {objects[place].id} ({count} pixels)" for place, count in taken.items()]
        others = f", and pixels that others take: {', '.join(less)}" if less else ""
        warnings.warn(
            f"COCO's polygons cannot have holes; lost: {', '.join(lost)}{others}. RLE keeps them",
            stacklevel=3,
        )
    return ordered


def _taken(owners: NDArray[np.integer], painted: Sequence[tuple[int, Mask]]) -> dict[int, int]:
    """Count the pixels that objects lose to others when these are painted with holes filled.

    Args:
        owners: (H, W), whose each pixel is: a place in the list, from 1.
        painted: places in the list, from 0, with what is painted there.
    """
    now = np.zeros_like(owners)
    for place, mask in painted:
        now[_window(mask.box)][mask.to_crop()] = place + 1
    losers, counts = np.unique(owners[(owners != now) & (owners > 0)], return_counts=True)
    return {int(each) - 1: int(count) for each, count in zip(losers, counts, strict=True)}


def _after_fillers(shapes: list[_Shape], fillers: dict[int, set[int]]) -> list[_Shape]:
    """Sort shapes by how deep they lie in others; where two lie in each other, by size."""
    ordered: list[_Shape] = []
    while fillers:
        free = [place for place, others in fillers.items() if not others & fillers.keys()]
        free = free or [max(fillers, key=lambda place: shapes[place].area)]
        ordered += [shapes[place] for place in free]
        done = {*free}
        fillers = {place: others for place, others in fillers.items() if place not in done}
    return ordered


def _window(box: Box) -> tuple[slice, slice]:
    return slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)


def _by_id(data: Mapping[str, Any], part: str) -> dict[Any, Mapping[str, Any]]:
    records = _list(data, part)
    found = {_value(record, "id", f"one of its {part}"): record for record in records}
    if len(found) != len(records):
        raise ValueError(f"two of its {part} have the same id")
    return found


def _list(data: Mapping[str, Any], part: str) -> list[Mapping[str, Any]]:
    records = data.get(part) if isinstance(data, Mapping) else None
    if not isinstance(records, list) or not all(isinstance(each, Mapping) for each in records):
        raise ValueError(f"COCO's instance format has a list of {part}, which is missing here")
    return records


def _value(record: Mapping[str, Any], key: str, what: str) -> Any:  # noqa: ANN401
    value = record.get(key)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # as pandas writes numbers
    if value is None:
        raise ValueError(f"{what} has no {key}")
    if not isinstance(value, str | int):
        raise ValueError(f"{what}: {key} is text or a whole number, not {value!r}")
    return value
