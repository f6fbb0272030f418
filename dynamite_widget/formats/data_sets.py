"""The labels of many images as files in one folder, as training and other tools take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from dynamite_widget.formats import files
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.exported_images import (
    FILE_NAME,
    check_owners,
    read_index,
    record,
    to_bytes,
)
from dynamite_widget.formats.folders import distinct_stems, inside
from dynamite_widget.formats.label_png import in_colours
from dynamite_widget.formats.taking_turns import alone_adding_to
from dynamite_widget.formats.voc import voc_files, voc_objects
from dynamite_widget.formats.yolo import yolo_files, yolo_labels
from dynamite_widget.image_identity import ImageIdentity
from dynamite_widget.saving import at_home, write_together

DataSetFormat = Literal["yolo", "voc", "png", "npz", "geojson"]
"""Formats of folders: those of whole data sets, and those that have a file for each image."""

_WHOLE: dict[str, Callable[..., dict[Path, bytes]]] = {"yolo": yolo_files, "voc": voc_files}


def write_data_set(
    folder: str | PathLike[str],
    images: Mapping[str, Annotations],
    format: DataSetFormat,
    **options: Any,  # noqa: ANN401 - see the format's own function
) -> Path:
    """Write the labels of images into a folder; photographs are not copied.

    "yolo" and "voc" write what `write_yolo` and `write_voc` do; the others a file NAME.png,
    NAME.npz or NAME.geojson for each image. Labels of the same images are replaced, others stay; a
    data set of "yolo" or "voc" that is there is added to. `.exported.json` says beside them which
    images they are of. Exports to one folder at the same time wait for each other.

    Args:
        folder: made if it is not there.
        images: by the file names of the images; folders in a name become folders.
        format: which one.
        **options: of the format's own function: `seam`, `bits`, `transform` and `crs`.

    Returns:
        The folder; of "yolo" the path of data.yaml, which training takes.

    Raises:
        ValueError: if there is no such format, it cannot hold the labels, a name leads outside the
            folder, two images would share a file, what is there cannot be added to, or a file of
            that name has the labels of another image or is a photograph. Nothing is written then.
    """
    if format not in get_args(DataSetFormat):
        raise ValueError(
            f"a folder of labels is one of {', '.join(get_args(DataSetFormat))}, not {format!r}"
        )
    folder = at_home(folder)
    labels = dict(zip(_paths(folder, images, format), images.values(), strict=True))
    with alone_adding_to(folder):
        index = read_index(folder)
        there = index.get(format, {})
        new = {_key(folder, path): each.image for path, each in labels.items()}
        check_owners(folder, there, new)
        if format == "png":
            for file, image in new.items():
                _check_no_photograph(folder / file, image, ours=file in there)
        if format in _WHOLE:
            contents = _WHOLE[format](folder, images, **options)
        else:
            contents = {
                path: files.to_bytes(f".{format}", each, **options) for path, each in labels.items()
            }
        index[format] = there | {file: record(image) for file, image in new.items()}
        contents[folder / FILE_NAME] = to_bytes(index)
        write_together(contents)
    return folder / "data.yaml" if format == "yolo" else folder


def others_in(
    folder: str | PathLike[str], images: Iterable[str], format: DataSetFormat
) -> list[str]:
    """Return the files of labels that `write_data_set` wrote for other images than these.

    Args:
        folder: that holds them.
        images: by the file names of the images.
        format: which one.
    """
    folder = at_home(folder)
    own = {_key(folder, path) for path in _paths(folder, images, format)}
    written = read_index(folder).get(format, {})
    return [file for file in written if file not in own and (folder / file).exists()]


def _paths(folder: Path, images: Iterable[str], format: DataSetFormat) -> list[Path]:
    """Where the labels of each image lie."""
    stems = distinct_stems(images)
    match format:
        case "yolo":
            return [yolo_labels(folder, stem) for stem in stems]
        case "voc":
            return [voc_objects(folder, stem) for stem in stems]
        case _:
            return [inside(folder, f"{stem}.{format}") for stem in stems]


def _key(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _check_no_photograph(path: Path, image: ImageIdentity | None, *, ours: bool) -> None:
    """Check that a label map replaces no photograph that lies in its place."""
    own = image is not None and image.lies_at(path)
    if own or (not ours and in_colours(path)):
        raise ValueError(
            f"{str(path)!r} is a photograph and no label map; nothing was written. Take a folder "
            "without photographs"
        )
