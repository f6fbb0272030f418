"""The labels of many images as files in one folder, as training and other tools take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from dynamite_widget.formats import files
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.folders import distinct_stems, inside
from dynamite_widget.formats.voc import write_voc
from dynamite_widget.formats.yolo import write_yolo
from dynamite_widget.saving import at_home, write_together

DataSetFormat = Literal["yolo", "voc", "png", "npz", "geojson"]
"""Formats of folders: those of whole data sets, and those that have a file for each image."""

_WHOLE: dict[str, Callable[..., Path]] = {"yolo": write_yolo, "voc": write_voc}


def write_data_set(
    folder: str | PathLike[str],
    images: Mapping[str, Annotations],
    format: DataSetFormat,
    **options: Any,  # noqa: ANN401 - see the format's own function
) -> Path:
    """Write the labels of images into a folder; photographs are not copied.

    "yolo" and "voc" write what `write_yolo` and `write_voc` do; the others a file NAME.png,
    NAME.npz or NAME.geojson for each image. Files of the same names are replaced, others stay; a
    data set of "yolo" or "voc" that is there is added to.

    Args:
        folder: made if it is not there.
        images: by the file names of the images; folders in a name become folders.
        format: which one.
        **options: of the format's own function: `seam`, `bits`, `transform` and `crs`.

    Returns:
        The folder; of "yolo" the path of data.yaml, which training takes.

    Raises:
        ValueError: if there is no such format, it cannot hold the labels, a name leads outside the
            folder, two images would share a file, or what is there cannot be added to. Nothing is
            written then.
    """
    if format not in get_args(DataSetFormat):
        raise ValueError(
            f"a folder of labels is one of {', '.join(get_args(DataSetFormat))}, not {format!r}"
        )
    if format in _WHOLE:
        return _WHOLE[format](folder, images, **options)
    folder = at_home(folder)
    stems = distinct_stems(images)
    contents = {
        inside(folder, f"{stem}.{format}"): files.to_bytes(f".{format}", each, **options)
        for stem, each in zip(stems, images.values(), strict=True)
    }
    write_together(contents)
    return folder
