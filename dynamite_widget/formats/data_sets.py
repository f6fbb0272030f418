"""The labels of many images as files in one folder, as training and other tools take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from dynamite_widget.formats import files
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.exported_images import (
    FILE_NAME,
    check_owners,
    of_same_images,
    read_index,
    record,
    to_bytes,
)
from dynamite_widget.formats.folders import distinct_stems, inside
from dynamite_widget.formats.replacing import check_no_photographs, check_written_here
from dynamite_widget.formats.taking_turns import alone_adding_to
from dynamite_widget.formats.voc import has_classes, voc_files, voc_pictures
from dynamite_widget.formats.yolo import yolo_files, yolo_labels
from dynamite_widget.saving import at_home, remove_leftovers, write_together

DataSetFormat = Literal["yolo", "voc", "png", "npz", "geojson"]
"""Formats of folders: those of whole data sets, and those that have a file for each image."""

_WHOLE: dict[str, Callable[..., dict[Path, bytes]]] = {"yolo": yolo_files, "voc": voc_files}


def write_data_set(
    folder: str | PathLike[str],
    images: Mapping[str, Annotations],
    format: DataSetFormat,
    *,
    photographs: Iterable[str | PathLike[str]] = (),
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
        photographs: files that are not replaced, besides those that the labels are of.
        **options: of the format's own function: `seam`, `bits`, `transform` and `crs`.

    Returns:
        The folder; of "yolo" the path of data.yaml, which training takes.

    Raises:
        ValueError: if there is no such format, it cannot hold the labels, a name leads outside the
            folder, two images would share a file, what is there cannot be added to, or a file of
            that name has the labels of another image, is a photograph or was not written here.
            Nothing is written then.
    """
    if format not in get_args(DataSetFormat):
        raise ValueError(
            f"a folder of labels is one of {', '.join(get_args(DataSetFormat))}, not {format!r}"
        )
    folder = at_home(folder)
    places = _places(folder, images, format)
    keys = [_key(folder, files[0]) for files in places]
    new = {key: each.image for key, each in zip(keys, images.values(), strict=True)}
    sources = [image.source for image in new.values() if image and image.source]
    with alone_adding_to(folder):
        index = read_index(folder)
        there = index.get(format, {})
        check_owners(folder, there, new)
        check_no_photographs((path for files in places for path in files), [*photographs, *sources])
        check_written_here(_unlisted(folder, dict(zip(keys, places, strict=True)), format, there))
        if format in _WHOLE:
            contents = _WHOLE[format](folder, images, **options)
        else:
            contents = {
                path: files.to_bytes(f".{format}", each, **options)
                for (path,), each in zip(places, images.values(), strict=True)
            }
        index[format] = there | {file: record(image) for file, image in new.items()}
        # The index comes first: what it lists is ours, however far the rest has come.
        contents = {folder / FILE_NAME: to_bytes(index)} | contents
        remove_leftovers(contents)
        write_together(contents)
    return folder / "data.yaml" if format == "yolo" else folder


def others_in(
    folder: str | PathLike[str], images: Iterable[str], format: DataSetFormat
) -> list[str]:
    """Return the files of labels that `write_data_set` wrote under other names than these.

    Args:
        folder: that holds them.
        images: by the file names of the images.
        format: which one.
    """
    folder = at_home(folder)
    own = {_key(folder, paths[0]) for paths in _places(folder, images, format)}
    written = read_index(folder).get(format, {})
    return [file for file in written if file not in own and (folder / file).exists()]


def twice_in(
    folder: str | PathLike[str], images: Mapping[str, Annotations], format: DataSetFormat
) -> dict[str, str]:
    """Return the files of `others_in` that are of these images all the same, as they look alike.

    Args:
        folder: that holds them.
        images: by the file names of the images.
        format: which one.

    Returns:
        The image's file under its name of now, by its file of before.
    """
    folder = at_home(folder)
    keys = [_key(folder, paths[0]) for paths in _places(folder, images, format)]
    new = {key: each.image for key, each in zip(keys, images.values(), strict=True)}
    written = read_index(folder).get(format, {})
    return of_same_images({f: written[f] for f in others_in(folder, images, format)}, new)


def _places(folder: Path, images: Iterable[str], format: DataSetFormat) -> list[tuple[Path, ...]]:
    """Where the labels of each image lie; the first of its files stands in the index."""
    stems = distinct_stems(images)
    match format:
        case "yolo":
            return [(yolo_labels(folder, stem),) for stem in stems]
        case "voc":
            return [voc_pictures(folder, stem) for stem in stems]
        case _:
            return [(inside(folder, f"{stem}.{format}"),) for stem in stems]


def _unlisted(
    folder: Path,
    places: Mapping[str, tuple[Path, ...]],
    format: DataSetFormat,
    there: Mapping[str, Any],
) -> Iterator[Path]:
    """Files of labels of which neither the index nor the data set's own lists say whose they are.

    Args:
        folder: that they lie in.
        places: the files of each image, by what stands for them in the index.
        format: of all.
        there: what the index has of this format.
    """
    if format == "yolo" or (format == "voc" and not there and has_classes(folder)):
        return  # what such lists say `yolo_files` and `voc_files` look after
    listed = {key.casefold() for key in there}
    for key, files_of_one in places.items():
        if key.casefold() not in listed:
            yield from files_of_one


def _key(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()
