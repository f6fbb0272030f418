"""YOLO segmentation: one line an object, its class and one polygon in parts of width and height.

Corners follow the convention of `dynamite_widget.formats.polygons`, divided by W and H. One line
holds one ring, so parts and holes are joined by bridges without width, gone there and back, as
YOLO's own converters join parts. Filled by the even-odd rule they vanish; OpenCV, which draws
borders too, leaves lines of a pixel there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.classes import class_numbers, classes_of
from dynamite_widget.formats.exported_images import read_index
from dynamite_widget.formats.folders import distinct_stems, inside, one_a_line
from dynamite_widget.formats.polygons import Polygon, joined, mask_of, polygons_of
from dynamite_widget.formats.taking_turns import alone_adding_to
from dynamite_widget.saving import at_home, remove_leftovers, write_together

DECIMALS = 6
"""Of a coordinate: exact for images up to 100,000 pixels wide."""

_LIST = "images.txt"
_IMAGES = "./images/"
"""How each of its lines begins."""

_OUTSIDE = 1e-3
"""How far a coordinate may leave 0 to 1: others round theirs."""

_NAMED = 10
"""So many images are named in a warning."""


def to_yolo(annotations: Annotations, classes: Sequence[str] | None = None) -> str:
    """Write the lines of one image.

    It keeps masks exactly, order and labels; ids, names, colours and attributes are lost. Objects
    without pixels are left out.

    Args:
        annotations: of one image.
        classes: all classes, in the order of their numbers; None for `classes_of` this image.

    Raises:
        ValueError: if a label is not among the classes.
    """
    height, width = annotations.size
    classes = classes_of([annotations]) if classes is None else classes
    lines = []
    for number, each in zip(class_numbers(annotations, classes), annotations.objects, strict=True):
        if polygons := polygons_of(each.mask):
            ring = joined(polygons) / (width, height)
            lines.append(f"{number} " + " ".join(f"{c:.{DECIMALS}f}" for c in ring.ravel()) + "\n")
    return "".join(lines)


def from_yolo(
    text: str, *, size: tuple[int, int], classes: Sequence[str] | Mapping[int, str]
) -> Annotations:
    """Read the lines of one image; objects are numbered and painted in their order.

    Args:
        text: as `to_yolo` writes it.
        size: (H, W) of the image.
        classes: all classes, in the order of their numbers or by number.

    Raises:
        ValueError: if a line is no class and polygon, its class is not there, or it leaves the
            image.
    """
    height, width = size
    names = classes if isinstance(classes, Mapping) else dict(enumerate(classes))
    objects: list[Annotation] = []
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            label, ring = _read_line(line.split(), names)
            mask = mask_of([Polygon(ring * (width, height))], size)
            objects.append(Annotation(mask, len(objects) + 1, label))
        except ValueError as error:
            raise ValueError(f"line {place}: {error}") from error
    return Annotations(size, tuple(objects), tuple(names[number] for number in sorted(names)))


def write_yolo(folder: str | PathLike[str], images: Mapping[str, Annotations]) -> Path:
    """Write a data set's labels: data.yaml, images.txt and labels/NAME.txt for each image.

    The photographs belong in images/ beside labels/; they are not copied. Others that lie there,
    too, are not in images.txt, and so not taken for photographs without objects. Where a NAME has a
    folder "images" of its own, its labels lie in "labels" beside that, where training looks for
    them. A data set that is there is added to: its classes keep their numbers, new ones follow, its
    other images stay.

    Args:
        folder: made if it is not there.
        images: by the file names of the images.

    Returns:
        The path of data.yaml, which training takes.

    Raises:
        ValueError: if a name leads outside the folder, has a line break or is no text, two images
            would share a file, or the folder has a data.yaml of another kind, or labels of these
            images without any. Nothing is written then.
    """
    folder = at_home(folder)
    with alone_adding_to(folder):
        contents = yolo_files(folder, images)
        remove_leftovers(contents)
        write_together(contents)
    return folder / "data.yaml"


def yolo_files(folder: Path, images: Mapping[str, Annotations]) -> dict[Path, bytes]:
    """Return what `write_yolo` writes, by path: classes, labels of these classes, their list."""
    settings, listed = _already_there(folder)
    classes = classes_of(images.values(), settings["names"].values())
    settings["names"] = dict(enumerate(classes))
    texts = {
        yolo_labels(folder, stem): to_yolo(each, classes)
        for stem, each in zip(distinct_stems(images), images.values(), strict=True)
    }
    listed = [*dict.fromkeys([*listed, *(_IMAGES + name for name in images)])]
    distinct_stems([line.removeprefix(_IMAGES) for line in listed])
    texts[folder / _LIST] = one_a_line(listed, _LIST)
    _check_written_here(folder, texts)
    plain = "".join(classes).isprintable()  # yaml loses some line breaks if it does not escape them
    named = yaml.safe_dump(settings, allow_unicode=plain, sort_keys=False)
    texts = {folder / "data.yaml": named} | texts
    return {path: text.encode() for path, text in texts.items()}


def read_yolo(
    folder: str | PathLike[str], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, Annotations]:
    """Read a data set's labels: data.yaml and a file for each image.

    They lie where `write_yolo` puts them, or where others do: the labels of train/images/a.jpg
    and of images/train/a.jpg, seen from the folder, are train/labels/a.txt and labels/train/a.txt.
    An image without a file has no objects, and a warning names it.

    Args:
        folder: that holds data.yaml.
        sizes: (H, W) of each image by its file name: the labels do not say.

    Raises:
        ValueError: if data.yaml has no names, none of several images has a file, a file is broken
            or has a class without a name, or a name leads outside.
        OSError: if something cannot be read.
    """
    folder = at_home(folder)
    classes = _settings(folder / "data.yaml")["names"]
    paths = {name: _found_labels(folder, name) for name in sizes}
    without = [name for name, path in paths.items() if path is None]
    some = ", ".join(map(repr, without[:_NAMED])) + (" ..." if without[_NAMED:] else "")
    if len(without) == len(sizes) > 1:
        places = " and ".join(repr(str(path)) for path in _places_of_labels(folder, without[0]))
        raise ValueError(
            f"none of {len(sizes)} images has a file of labels in {str(folder)!r}: {some}. Those "
            f"of the first would be {places}"
        )
    if without:
        warnings.warn(
            f"images without a file of labels have no objects: {len(without)} of {len(sizes)} "
            f"in {str(folder)!r} ({some})",
            stacklevel=2,
        )
    return {name: _read_labels(path, sizes[name], classes) for name, path in paths.items()}


def _settings(path: Path) -> dict[str, Any]:
    """Read data.yaml, with the names of the classes by their numbers."""
    try:
        settings = dict(yaml.safe_load(path.read_text(encoding="utf-8")))
        names = settings["names"]
        numbered = enumerate(names) if isinstance(names, list) else names.items()
        settings["names"] = {_whole(number): str(name) for number, name in numbered}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} has no list of class names: {error}") from error
    return settings


def _whole(number: object) -> int:
    if not str(number).isdecimal():
        raise ValueError(f"classes have whole numbers from 0, not {number!r}")
    return int(str(number))


def _already_there(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return settings and list of images of the data set that a folder has, or of a new one."""
    path = folder / "data.yaml"
    if not path.exists():
        return {"train": _LIST, "val": _LIST, "names": {}}, []
    try:
        settings = _settings(path)
        names = settings["names"]
        if settings.keys() - {"train", "val", "names"} or settings.get("train") != _LIST:
            raise ValueError(f"what was written here has train: {_LIST}, val and names alone")
        if sorted(names) != [*range(len(names))] or len({*names.values()}) != len(names):
            raise ValueError("a number is left out of its classes, or a name stands there twice")
        listed = []
        if (folder / _LIST).exists():  # it comes last: who was killed before has written none
            listed = (folder / _LIST).read_text(encoding="utf-8").splitlines()
    except ValueError as error:
        raise ValueError(
            f"{str(path)!r} is of a data set that nothing can be added to; take another folder: "
            f"{error}"
        ) from error
    settings["names"] = dict(sorted(names.items()))
    return settings, [line for line in listed if line.strip()]


def _check_written_here(folder: Path, files: Iterable[Path]) -> None:
    """Check that labels which lie in the place of new ones are of a data set that we wrote.

    Without data.yaml nobody knows what the numbers of their classes mean.
    """
    if (folder / "data.yaml").exists() or read_index(folder).get("yolo"):
        return
    if theirs := next(filter(Path.exists, files), None):
        raise ValueError(
            f"{str(theirs)!r} was not written here, as there is no data.yaml beside it, and is "
            "left as it is; nothing was written. Take another folder"
        )


def yolo_labels(folder: Path, stem: str) -> Path:
    """Where training looks for the labels of an image: the last folder "images" becomes "labels".

    Args:
        folder: that holds data.yaml.
        stem: name of the image without its ending, in the folder "images".

    Raises:
        ValueError: if it leads outside.
    """
    inside(folder / "images", stem)
    before, _, after = f"/images/{stem}".rpartition("/images/")
    _, top, rest = f"{before}/labels/{after}.txt".split("/", 2)
    return inside(folder / top, rest)


def _found_labels(folder: Path, name: str) -> Path | None:
    return next(filter(Path.is_file, _places_of_labels(folder, name)), None)


def _places_of_labels(folder: Path, name: str) -> list[Path]:
    """Where the labels of an image may lie: as we write them, then as others do.

    Others' names of images begin in the folder of data.yaml, ours in its folder "images".
    """
    (stem,) = distinct_stems([name])
    places = [yolo_labels(folder, stem)]
    before, images, after = f"/{stem}".rpartition("/images/")
    if images:
        places.append(inside(folder, f"{before}/labels/{after}.txt".removeprefix("/")))
    return places


def _read_labels(
    path: Path | None, size: tuple[int, int], classes: Mapping[int, str]
) -> Annotations:
    try:
        text = "" if path is None else path.read_text(encoding="utf-8-sig")
        return from_yolo(text, size=size, classes=classes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_line(words: list[str], classes: Mapping[int, str]) -> tuple[str, np.ndarray]:
    if len(words) == 5:
        raise ValueError("four numbers are a box: a mask is a class and three corners or more")
    if len(words) < 7 or len(words) % 2 == 0:
        raise ValueError(f"a mask is a class and x, y of three corners or more, not {len(words)}")
    highest = max(classes, default=-1)
    if not (words[0].isdecimal() and int(words[0]) <= highest):
        raise ValueError(f"the class is one of 0 to {highest}, not {words[0]}")
    if int(words[0]) not in classes:
        raise ValueError(f"the class {words[0]} has no name")
    ring = np.array(words[1:], float).reshape(-1, 2)
    if not ((ring >= -_OUTSIDE) & (ring <= 1 + _OUTSIDE)).all():
        raise ValueError("coordinates are parts of width and height, from 0 to 1")
    return classes[int(words[0])], ring
