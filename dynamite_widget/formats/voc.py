"""Pascal VOC's pair of palette PNGs: which object a pixel is, and which class; 255 is void."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.classes import class_numbers, classes_of
from dynamite_widget.formats.folders import distinct_stems, inside, one_a_line
from dynamite_widget.formats.label_png import numbers, signed
from dynamite_widget.formats.taking_turns import alone_adding_to
from dynamite_widget.saving import at_home, remove_leftovers, write_together

VOID = 255
HIGHEST = VOID - 1
BACKGROUND_CLASS = "background"

# fmt: off
VOC_CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)
# fmt: on
"""Classes of the challenge, from 1: what a folder without its own list means."""

_NAMES = "class_names.txt"
_SPLIT = "ImageSets/Segmentation/trainval.txt"


class VocPair(NamedTuple):
    """Two PNGs of one image.

    Attributes:
        objects: SegmentationObject: each pixel's object id.
        classes: SegmentationClass: the number of its class, from 1.
    """

    objects: bytes
    classes: bytes


def to_voc(
    annotations: Annotations, classes: Sequence[str] | None = None, *, seam: int = 0
) -> VocPair:
    """Write the two pictures of one image.

    They keep labels, and pixels but for overlaps (with a warning); names, colours, attributes and
    objects without pixels are lost. Ids are kept up to 254; an object with a higher one gets the
    lowest that is free, with a warning.

    Args:
        annotations: of one image.
        classes: in the order of their numbers, from 1; None for `classes_of` this image.
        seam: pixels of void inside every border of an object, as VOC's own pictures have it; none
            by default, so that masks are kept whole.

    Raises:
        ValueError: if there are more than 254 objects or classes, or a label is no class.
    """
    return _pair(annotations, classes, seam, "the image")


def _pair(
    annotations: Annotations, classes: Sequence[str] | None, seam: int, whose: str
) -> VocPair:
    classes = classes_of([annotations]) if classes is None else classes
    seen = tuple(each for each in annotations.objects if each.area)
    if len(classes) > HIGHEST or len(seen) > HIGHEST:
        raise ValueError(
            f"VOC's pictures have 8 bits, of which 255 is void, so {HIGHEST} objects and classes; "
            f"{whose} has {len(seen)} objects, of {len(classes)} classes; label maps as PNG, COCO "
            "and YOLO hold more"
        )
    annotations = _in_a_byte(replace(annotations, objects=seen), whose)
    objects = annotations.painted("a VOC picture").astype(np.uint8)
    class_of = np.zeros(256, np.uint8)
    class_of[list(annotations.ids)] = np.array(class_numbers(annotations, classes)) + 1
    kinds = class_of[objects]
    if seam:
        reach = 2 * seam + 1
        edge = ndimage.maximum_filter(objects, reach) != ndimage.minimum_filter(objects, reach)
        objects[edge & (objects > 0)] = VOID
        kinds[objects == VOID] = VOID
    return VocPair(_png(objects), _png(kinds))


def _in_a_byte(annotations: Annotations, whose: str) -> Annotations:
    """Give objects whose ids a picture cannot hold the lowest that are free."""
    high = [k for k in annotations.ids if k > HIGHEST]
    if not high:
        return annotations
    free = sorted({*range(1, HIGHEST + 1)} - {*annotations.ids})
    new = dict(zip(high, free, strict=False))
    said = ", ".join(f"object {old} as {number}" for old, number in new.items())
    warnings.warn(
        f"VOC's pictures have ids to {HIGHEST}; of {whose} is written: {said}", stacklevel=4
    )
    objects = tuple(replace(each, id=new.get(each.id, each.id)) for each in annotations.objects)
    return replace(annotations, objects=objects)


def from_voc(pair: VocPair, classes: Sequence[str] = VOC_CLASSES) -> Annotations:
    """Read the two pictures of one image. Void pixels belong to no object.

    Args:
        pair: PNGs with a palette, or grey.
        classes: in the order of their numbers, from 1.

    Raises:
        ValueError: if they differ in size, a class is not there, or one object has two.
    """
    objects, kinds = numbers(pair.objects), numbers(pair.classes)
    if objects.shape != kinds.shape:
        raise ValueError(f"the two pictures differ in size: {objects.shape} and {kinds.shape}")
    painted = Annotations.of_label_map(np.where(objects == VOID, 0, objects))
    found = []
    for each in painted.objects:
        own = set(np.unique(kinds[(objects == each.id) & (kinds != VOID)]).tolist())
        if len(own) > 1 or not own <= set(range(len(classes) + 1)):
            raise ValueError(
                f"object {each.id} has the classes {sorted(own)}: one of 0 (none) to "
                f"{len(classes)} is allowed"
            )
        number = next(iter(own), 0)
        found.append(Annotation(each.mask, each.id, classes[number - 1] if number else None))
    return Annotations(painted.size, tuple(found), tuple(classes))


def write_voc(
    folder: str | PathLike[str], images: Mapping[str, Annotations], *, seam: int = 0
) -> Path:
    """Write SegmentationObject, SegmentationClass, the list of images and class_names.txt.

    Photographs belong in JPEGImages beside them; they are not copied. A folder of pictures that is
    there is added to: its classes keep their numbers, new ones follow, and its other images stay.

    Args:
        folder: made if it is not there.
        images: by the file names of the images; their endings do not count.
        seam: see `to_voc`.

    Returns:
        The folder.

    Raises:
        ValueError: if a name leads outside the folder, two images would share a file, an image has
            more objects or classes than `to_voc` takes, a label or name has a line break or is no
            text, which the lists cannot hold, or the lists of a folder that is there cannot be
            read. Nothing is written then.
    """
    folder = at_home(folder)
    with alone_adding_to(folder):
        contents = voc_files(folder, images, seam=seam)
        remove_leftovers(contents)
        write_together(contents)
    return folder


def voc_files(
    folder: Path, images: Mapping[str, Annotations], *, seam: int = 0
) -> dict[Path, bytes]:
    """Return what `write_voc` writes, by path: classes, pictures of these classes, their list."""
    (background, *known), listed = _lists_there(folder)
    classes = classes_of(images.values(), known)
    stems = distinct_stems(images)
    listed = [*dict.fromkeys([*listed, *stems])]
    distinct_stems([f"{stem}.png" for stem in listed])
    named = one_a_line((background, *classes), _NAMES).encode()
    split = one_a_line(listed, _SPLIT).encode()
    pictures: dict[Path, bytes] = {}
    for stem, (name, each) in zip(stems, images.items(), strict=True):
        pair = _pair(each, classes, seam, repr(name))
        pictures |= zip(voc_pictures(folder, stem), pair, strict=True)
    return {folder / _NAMES: named} | pictures | {folder / _SPLIT: split}


def voc_pictures(folder: Path, stem: str) -> tuple[Path, Path]:
    """Return the paths of an image's pictures of objects and of classes.

    Args:
        folder: that holds the lists.
        stem: name of the image without its ending.

    Raises:
        ValueError: if it leads outside.
    """
    objects, classes = (folder / f"Segmentation{what}" for what in ("Object", "Class"))
    return inside(objects, f"{stem}.png"), inside(classes, f"{stem}.png")


def has_classes(folder: Path) -> bool:
    """Whether a folder has our list of classes; those of others have none."""
    return (folder / _NAMES).is_file()


def read_voc(folder: str | PathLike[str]) -> dict[str, Annotations]:
    """Read the images that trainval.txt lists, by their names without ending.

    Without that list every image that has a picture in SegmentationObject is read.

    Raises:
        ValueError: if there is none, a picture is broken or missing, or a name leads outside.
        OSError: if something cannot be read.
    """
    folder = at_home(folder)
    classes: Sequence[str] = VOC_CLASSES
    if has_classes(folder):
        classes = (folder / _NAMES).read_text(encoding="utf-8").splitlines()[1:]
    pictures = folder / "SegmentationObject"
    if (folder / _SPLIT).is_file():
        stems = _lines(folder / _SPLIT)
    else:
        places = sorted(pictures.rglob("*.png"))
        stems = [path.relative_to(pictures).with_suffix("").as_posix() for path in places]
    if not stems:
        raise ValueError(f"there are no pictures in {pictures}")
    found = {}
    for stem in stems:
        path = inside(pictures, f"{stem}.png")
        try:
            kinds = folder / "SegmentationClass" / f"{stem}.png"
            pair = VocPair(path.read_bytes(), kinds.read_bytes())
            found[stem] = from_voc(pair, classes)
        except (FileNotFoundError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error
    return found


def _lists_there(folder: Path) -> tuple[list[str], list[str]]:
    """Return what a folder has already: the lines of class_names.txt and of trainval.txt."""
    try:
        if has_classes(folder):
            names = _lines(folder / _NAMES)
            if not names or len({*names[1:]}) != len(names) - 1:
                raise ValueError(f"{_NAMES} is empty, or a class stands there twice")
        else:
            pictures = (folder / "SegmentationClass").rglob("*.png")
            names = [BACKGROUND_CLASS, *(VOC_CLASSES if any(pictures) else ())]
        return names, _lines(folder / _SPLIT) if (folder / _SPLIT).is_file() else []
    except ValueError as error:
        raise ValueError(
            f"{str(folder)!r} has a list that nothing can be added to; take another folder: {error}"
        ) from error


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").splitlines()


def voc_palette() -> NDArray[np.uint8]:
    """(256, 3) colours of VOC's pictures: the bits of a number, spread over red, green and blue."""
    index = np.arange(256)[:, None]
    channels = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        channels |= (((index >> (3 * bit + np.arange(3))) & 1) << (7 - bit)).astype(np.uint8)
    return channels


def _png(pixels: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(pixels)
    image.putpalette(voc_palette().tobytes())
    return signed(image)
