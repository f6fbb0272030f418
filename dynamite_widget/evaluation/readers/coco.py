"""COCO with all its instances, through pycocotools; crowds are left out."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO

from dynamite_widget.evaluation.readers.files import DataSetError, Folder, read_photograph, turned
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene


def coco(folder: Folder, title: str, split: str = "val") -> SceneSet:
    """Read annotations/instances_SPLIT2017.json and the images of SPLIT2017/.

    Images may also lie in images/SPLIT2017/. The scenes come in order of the image ids. Their
    names are those of the files with their folders, without the ending where that is enough.

    Raises:
        DataSetError: if the annotations are missing or broken, or there are no images.
    """
    annotations = f"annotations/instances_{split}2017.json"
    index = _index(folder, annotations)
    places = [f"{split}2017", f"images/{split}2017"]
    directory = next((place for place in places if folder.exists(place)), None)
    if directory is None:
        raise DataSetError(f"{folder.where(places[0])} is missing; expected the images there")
    records = _named([index.imgs[image_id] for image_id in sorted(index.imgs)])
    if len(records) < len(index.imgs):
        files = Counter(record["file_name"] for record in index.imgs.values())
        twice = files.most_common(1)[0][0]
        raise DataSetError(
            f"{folder.where(annotations)} has {twice} twice; expected each image's file once"
        )

    def load(name: str) -> Scene:
        record = records[name]
        image_name = f"{directory}/{record['file_name']}"
        size = record["height"], record["width"]
        image = read_photograph(folder, image_name, size)
        if image.shape[:2] != size:
            raise DataSetError(
                f"{folder.where(image_name)} is {image.shape[1]}x{image.shape[0]} pixels"
                f"{turned(folder, image_name)}, but "
                f"{annotations} says {record['width']}x{record['height']}"
            )
        return Scene(name, image, _masks(index, record))

    return SceneSet(title, list(records), load)


def _named(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    files = [PurePosixPath(record["file_name"]) for record in records]
    short = [str(file.with_suffix("")) for file in files]
    times = Counter(short)
    return {
        name if times[name] == 1 else str(file): record
        for name, file, record in zip(short, files, records, strict=True)
    }


def _index(folder: Folder, name: str) -> COCO:
    index = COCO()
    try:
        index.dataset = json.loads(folder.read(name))
        with contextlib.redirect_stdout(None):  # it reports its progress there
            index.createIndex()
        if not index.imgs:
            raise KeyError("images")
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataSetError):
            raise
        raise DataSetError(
            f"{folder.where(name)} is broken: expected COCO's images and annotations, but "
            f"{type(error).__name__}: {error}"
        ) from error
    return index


def _masks(index: COCO, record: dict[str, Any]) -> NDArray[np.bool_]:
    found = index.loadAnns(index.getAnnIds(imgIds=[record["id"]], iscrowd=False))
    masks = [index.annToMask(annotation).astype(bool) for annotation in found]
    if not masks:
        return np.zeros((0, record["height"], record["width"]), dtype=bool)
    return np.stack(masks)
