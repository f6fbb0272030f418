"""COCO with all its instances, through pycocotools; crowds are left out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from dynamite_widget.evaluation.readers.files import DataSetError, Folder, read_photograph, turned
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene
from dynamite_widget.masks import Mask

Record = dict[str, Any]


def coco(folder: Folder, title: str, split: str = "val") -> SceneSet:
    """Read annotations/instances_SPLIT2017.json and the images of SPLIT2017/.

    Images may also lie in images/SPLIT2017/. The scenes come in order of the image ids. Their
    names are those of the files with their folders, without the ending where that is enough.

    Raises:
        DataSetError: if the annotations are missing or broken, or there are no images.
    """
    annotations = f"annotations/instances_{split}2017.json"
    images, objects = _index(folder, annotations)
    places = [f"{split}2017", f"images/{split}2017"]
    directory = next((place for place in places if folder.exists(place)), None)
    if directory is None:
        raise DataSetError(f"{folder.where(places[0])} is missing; expected the images there")
    records = _named(
        folder.where(annotations), [images[number] for number in sorted(images, key=_by_id)]
    )

    def load(name: str) -> Scene:
        record = records[name]
        image_name = f"{directory}/{record['file_name']}"
        size = _size(record)
        image = read_photograph(folder, image_name, size)
        if image.shape[:2] != size:
            raise DataSetError(
                f"{folder.where(image_name)} is {image.shape[1]}x{image.shape[0]} pixels"
                f"{turned(folder, image_name)}, but "
                f"{annotations} says {size[1]}x{size[0]}"
            )
        masks = [_mask(folder.where(annotations), one, record) for one in objects[record["id"]]]
        return Scene(name, image, np.reshape(masks, (-1, *size)).astype(bool))

    return SceneSet(title, list(records), load)


def _by_id(number: float | str) -> tuple[str, float | str]:
    return ("text" if isinstance(number, str) else "number", number)


def _size(image: Record) -> tuple[int, int]:
    return int(image["height"]), int(image["width"])


def _named(where: str, records: list[Record]) -> dict[str, Record]:
    files = [PurePosixPath(record["file_name"]) for record in records]
    twice, times = Counter(files).most_common(1)[0]
    if times > 1:
        raise DataSetError(f"{where} has {twice} twice; expected each image's file once")
    short = Counter(file.with_suffix("") for file in files)
    return {
        str(file.with_suffix("") if short[file.with_suffix("")] == 1 else file): record
        for file, record in zip(files, records, strict=True)
    }


def _index(folder: Folder, name: str) -> tuple[dict[Any, Record], dict[Any, list[Record]]]:
    """Images by id, and the annotations of each that are no crowds."""
    where = folder.where(name)
    try:
        content = json.loads(folder.read(name))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataSetError(
            f"{where} is broken: expected COCO's images and annotations, but {error}"
        ) from error
    images: dict[Any, Record] = {}
    for record in _list(where, content, "images"):
        what = f"image {record.get('id', record.get('file_name'))}"
        _check(where, what, record, "id", (int, float, str))
        _check(where, what, record, "file_name", (str,))
        _check(where, what, record, "height", (int, float))
        _check(where, what, record, "width", (int, float))
        if record["id"] in images:
            raise DataSetError(f"{where} has {what} twice; expected each id once")
        images[record["id"]] = record
    if not images:
        raise DataSetError(f"{where} is broken: expected COCO's images and annotations, not none")
    objects: dict[Any, list[Record]] = {number: [] for number in images}
    for record in _list(where, content, "annotations"):
        what = _what(record)
        _check(where, what, record, "image_id", (int, float, str))
        _check(where, what, record, "segmentation", (list, dict))
        if record["image_id"] not in images:
            raise DataSetError(
                f"{where}: {what} is of image {record['image_id']}; expected one of its images"
            )
        if not record.get("iscrowd"):
            objects[record["image_id"]].append(record)
    return images, objects


def _list(where: str, content: object, name: str) -> list[Record]:
    records = content.get(name) if isinstance(content, dict) else None
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise DataSetError(
            f"{where} is broken: expected COCO's images and annotations, but {name!r} is no list "
            "of records"
        )
    return records


def _check(where: str, what: str, record: Record, name: str, kinds: tuple[type, ...]) -> None:
    """Refuse a record that lacks something, or has it empty."""
    value = record.get(name)
    if not isinstance(value, kinds) or (name != "id" and name != "image_id" and not value):
        found = "there is none" if name not in record else f"it is {value!r:.40}"
        raise DataSetError(f"{where}: expected a {name} of {what}, but {found}")


def _what(annotation: Record) -> str:
    if "id" in annotation:
        return f"annotation {annotation['id']}"
    return f"an annotation of image {annotation.get('image_id')}"


def _mask(where: str, annotation: Record, image: Record) -> NDArray[np.bool_]:
    """Pixels of an object, (H, W): polygons, or runs that are compressed or not."""
    size = _size(image)
    segmentation = annotation["segmentation"]
    try:
        if isinstance(segmentation, list):
            if not np.isfinite(np.hstack([np.asarray(one, float) for one in segmentation])).all():
                raise ValueError("it has coordinates that are no numbers")
            runs = coco_mask.frPyObjects(segmentation, *size)
            return coco_mask.decode(coco_mask.merge(runs)).astype(bool)
        mask = Mask.from_rle(segmentation)
        if (mask.height, mask.width) != size:
            raise ValueError(f"its mask is {mask.width}x{mask.height} pixels")
        return mask.to_array()
    except Exception as error:  # pycocotools raises whatever it stumbles over
        raise DataSetError(
            f"{where}: {_what(annotation)} is broken; expected polygons or runs of "
            f"{image['file_name']}, {size[1]}x{size[0]} pixels, but {error}"
        ) from error
