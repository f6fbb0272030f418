"""Masks, label maps and annotations from elsewhere become what a session can import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.commands import ImportedObject
from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.masks import Mask
from dynamite_widget.objects import AttributeValue, ObjectRecord
from dynamite_widget.regions import Region
from dynamite_widget.state import State

MasksLike = NDArray[Any] | Sequence[NDArray[Any] | Mask]
"""Masks (N, H, W), a sequence of masks (H, W), or one label map (H, W) of whole numbers."""


def is_label_map(masks: MasksLike) -> bool:
    """Tell a label map, (H, W), from masks, (N, H, W) or a sequence of them."""
    return not isinstance(masks, list | tuple) and np.ndim(masks) == 2


def annotations_of(
    masks: MasksLike,
    *,
    size: tuple[int, int],
    ids: Sequence[int] | None = None,
    labels: Sequence[str | None] | None = None,
    names: Sequence[str] | None = None,
    attributes: Sequence[Mapping[str, AttributeValue]] | None = None,
    colors: Sequence[str | None] | None = None,
) -> Annotations:
    """Describe masks or a label map as annotations.

    Args:
        masks: masks or a label map, whose objects come with rising numbers.
        size: (H, W) that they must have.
        ids: of each object; None for 1 to N, or the numbers in the label map.
        labels: of each object.
        names: of each object.
        attributes: of each object, values by name.
        colors: of each object.

    Raises:
        TypeError: if a value is of the wrong kind.
        ValueError: if a mask has another size, there are not as many values as objects, or one is
            none that an object may have.
    """
    planes = [np.asarray(plane) for plane in ([masks] if is_label_map(masks) else _listed(masks))]
    sizes = {plane.shape for plane in planes} - {size}
    if sizes:
        raise ValueError(
            f"masks of this image are (N, {size[0]}, {size[1]}), one plane for each object, "
            f"or one label map of whole numbers {size}; one of {sizes.pop()} came"
        )
    if is_label_map(masks):
        found = Annotations.of_label_map(planes[0]).objects
    else:
        found = tuple(
            Annotation(Mask.from_array(plane), object_id)
            for object_id, plane in enumerate(planes, 1)
        )
    given: dict[str, Sequence[Any] | None] = {
        "id": ids,
        "label": labels,
        "name": names,
        "attributes": attributes,
        "color": colors,
    }
    for field, values in given.items():
        if values is None:
            continue
        if isinstance(values, Iterator):
            values = tuple(values)
        if isinstance(values, str | Mapping | Set) or len(values) != len(found):
            raise ValueError(f"{len(found)} objects need as many values of {field}, not {values!r}")
        plain = map(int, values) if field == "id" else values
        found = tuple(
            replace(each, **{field: value}) for each, value in zip(found, plain, strict=True)
        )
    return Annotations(size, found)


def check_annotations(annotations: object) -> None:
    """Check that what should be annotations are some.

    Raises:
        TypeError: if not.
    """
    if isinstance(annotations, Annotations):
        return
    hint = "Session.from_masks and session.label_map take masks and label maps"
    if isinstance(annotations, str | PathLike):
        hint = (
            "dynamite_widget.formats.files.read_annotations reads a file: "
            f"read_annotations({str(annotations)!r})"
        )
    elif isinstance(annotations, Mapping):
        hint = "take those of one image, or read plain data with from_coco, from_geojson and so on"
    raise TypeError(
        f"annotations are what readers such as read_annotations return, not "
        f"{type(annotations).__name__}; {hint}"
    )


def imported_objects(
    annotations: Annotations, *, size: tuple[int, int]
) -> tuple[ImportedObject, ...]:
    """Flatten annotations: where masks overlap, later ones lie on earlier ones.

    Args:
        annotations: of the image.
        size: (H, W) of the image.

    Raises:
        TypeError: if they are no annotations, but the name of a file, for instance.
        ValueError: if they are of another size.
    """
    check_annotations(annotations)
    if annotations.size != size:
        raise ValueError(
            f"these annotations are of an image of {annotations.size} pixels, this one has {size} "
            "(height, width)"
        )
    label_map = annotations.label_map
    objects = []
    for each in annotations.objects:
        x, y, width, height = each.mask.box
        seen = label_map[y : y + height, x : x + width] == each.id
        region = Region.from_array(seen, x, y)
        objects.append(
            ImportedObject(region, each.id, each.label, each.name, each.attributes, each.color)
        )
    return tuple(objects)


def replacing(
    masks: MasksLike, state: State, *, size: tuple[int, int]
) -> tuple[ImportedObject, ...]:
    """Give objects new pixels.

    Numbers of a label map are ids. As many masks as there are objects are theirs, in their order;
    any other number of masks are new objects. An object that is there keeps what is known of it.

    Args:
        masks: masks or a label map.
        state: what there is.
        size: (H, W) of the image.

    Raises:
        TypeError: if they are nothing that masks could be in.
        ValueError: if they are of another size or not masks.
    """
    if not is_label_map(masks):
        masks = _listed(masks)
    own = not is_label_map(masks) and len(masks) == len(state.objects)
    annotations = annotations_of(masks, size=size, ids=[*state.objects] if own else None)
    objects = imported_objects(annotations, size=size)
    if not own and not is_label_map(masks):
        return tuple(replace(each, id=None) for each in objects)
    return tuple(_as_known(each, state.objects.get(each.id or 0)) for each in objects)


def _listed(masks: MasksLike) -> list[NDArray[Any] | Mask]:
    try:
        each = iter(masks)
    except TypeError as error:
        raise TypeError(
            "masks are (N, H, W), a list of masks (H, W), or one label map (H, W), "
            f"not {masks!r:.80}"
        ) from error
    return list(each)


def _as_known(given: ImportedObject, record: ObjectRecord | None) -> ImportedObject:
    if record is None:
        return given
    return replace(
        given,
        label=record.label,
        name=record.name,
        attributes=record.attributes,
        color=record.color,
    )
