"""People's own labels as training reads them: COCO files, sessions, folders with a manifest."""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle
from pycocotools.coco import COCO

from dynamite_widget.formats import session_file
from dynamite_widget.image_identity import ImageIdentity, SourceFile
from dynamite_widget.images import size_of, to_rgb
from dynamite_widget.session import Session
from dynamite_widget.training.photographs import IGNORE, LabelledImage, read_manifest

Source = str | os.PathLike[str] | Session
"""One source of labels: a COCO file, a session or its file, or a folder."""

_SESSION_FILES = "*.session.json"
_SHOWN = 3


class NothingLabelledError(ValueError):
    """There is no object to learn from."""


@dataclass(frozen=True, eq=False)
class SessionImage:
    """A labelled session, a `LabelledImage`.

    Attributes:
        name: in messages and tables.
        session: read whenever it is asked for, and so with the newest labels.
    """

    name: str
    session: Session
    dataset: str = "sessions"
    partial: bool = True

    @cached_property
    def photograph(self) -> Hashable:
        """Digest of its pixels."""
        return self.session.to_saved().image.sha256

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Image (H, W, 3) and labels (H, W)."""
        return self.session.image, _with_objects(self.session.label_map, self.name)


@dataclass(frozen=True, eq=False)
class SessionFileImage:
    """A session's file, a `LabelledImage`; not opened as a session: somebody may work on it.

    Attributes:
        path: of the file.
    """

    path: Path
    dataset: str = "sessions"
    partial: bool = True

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @cached_property
    def photograph(self) -> Hashable:
        """Digest of its pixels."""
        return session_file.loads(self.path.read_bytes()).image.sha256

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Image (H, W, 3) and labels (H, W)."""
        try:
            saved = session_file.loads(self.path.read_bytes())
            image = saved.image.found_from(self.path.parent)
        except ValueError as error:
            raise ValueError(
                f"{self.path} cannot be learned from: {error}. From Python a session that is open "
                "can be given instead of its file"
            ) from error
        if not saved.answered:
            raise ValueError(
                f"{self.path} was broken off before its clicks were answered; open it, and what it "
                "says is answered and saved"
            )
        pixels = np.ascontiguousarray(to_rgb(image))
        if not saved.image.same_image(ImageIdentity.of(pixels, SourceFile.of(image))):
            raise ValueError(f"{self.path} is about another image than {image}")
        return pixels, _with_objects(saved.label_map.to_array(), str(self.path))


@dataclass(frozen=True, eq=False)
class CocoImage:
    """An image of a COCO file, a `LabelledImage`.

    Attributes:
        path: of the image.
        record: of the image in the file.
        index: of the file.
    """

    path: Path
    record: dict[str, Any]
    index: COCO
    dataset: str = "coco"
    partial: bool = True

    @property
    def name(self) -> str:
        """As in the COCO file."""
        return str(self.record["file_name"])

    @property
    def photograph(self) -> Hashable:
        """The image's file."""
        return self.path.resolve()

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Image and labels; smaller objects lie on larger ones, crowds are ignored."""
        pixels = to_rgb(self.path)
        labels = np.zeros(pixels.shape[:2], np.int32)
        crowds, objects = self._masks(crowd=True), self._masks(crowd=False)
        for mask in crowds:
            labels[mask] = IGNORE
        objects.sort(key=lambda mask: -int(mask.sum()))
        for number, mask in enumerate(objects, start=1):
            labels[mask] = number
        return pixels, labels

    def _masks(self, *, crowd: bool) -> list[NDArray[np.bool_]]:
        return [
            self.index.annToMask(each).astype(bool)
            for each in self._annotations
            if bool(each["iscrowd"]) == crowd
        ]

    @property
    def _annotations(self) -> list[dict[str, Any]]:
        """Not by their ids, which merged files have twice."""
        return self.index.imgToAnns[self.record["id"]]

    def check(self) -> None:
        """See that every annotation is a mask of the image's size.

        Raises:
            ValueError: naming the first that is not.
        """
        height, width = size = self.record["height"], self.record["width"]
        for annotation in self._annotations:
            try:
                if isinstance(corners := annotation["segmentation"], list) and not all(
                    np.isfinite(np.asarray(part, float)).all() for part in corners
                ):
                    raise ValueError("it has coordinates that are no numbers")
                encoded = self.index.annToRLE(annotation)
                if tuple(encoded["size"]) != size:
                    raise ValueError(f"its mask is of {encoded['size']}")
                # What too short run-lengths leave out is whatever was in memory before.
                if isinstance(annotation["segmentation"], dict) and (
                    int(rle.decode(encoded).sum()) != int(rle.area(encoded))
                ):
                    raise ValueError("its run-lengths do not fill the image")
            except Exception as error:  # pycocotools raises whatever it stumbles over
                raise ValueError(
                    f"annotation {annotation.get('id')} of {self.name} ({height} x {width}) "
                    f"cannot be read: {type(error).__name__}: {error}"
                ) from error


def open_labels(
    data: Source | Sequence[Source], images: str | os.PathLike[str] | None = None
) -> list[LabelledImage]:
    """Find the labelled images that people name.

    Args:
        data: one or more of: a COCO file; a `Session` or a session file; a folder with
            `manifest.csv`, or one of session files.
        images: folder of the images of COCO files; None takes the file's own folder.

    Raises:
        FileNotFoundError: if a file or folder is not there.
        ValueError: if something is no labels, an image is missing or of another size than its
            labels, or nothing is labelled.
        TypeError: if something is neither a path nor a session.
    """
    sources: Iterable[Source] = [data] if isinstance(data, str | os.PathLike | Session) else data
    found: list[LabelledImage] = []
    for source in sources:
        if isinstance(source, Session):
            found.append(_checked(SessionImage(f"session {len(found) + 1}", source)))
        elif isinstance(source, str | os.PathLike):
            found += _of_path(Path(source).expanduser(), images)
        else:
            raise TypeError(
                f"labels are a COCO file, a folder, sessions or their files, "
                f"not {type(source).__name__}"
            )
    if not found:
        raise ValueError("no labels were given: name a COCO file, a folder, or sessions")
    return found


def _of_path(path: Path, images: str | os.PathLike[str] | None) -> Sequence[LabelledImage]:
    if path.is_dir():
        if (path / "manifest.csv").is_file():
            return read_manifest(path)
        files = sorted(path.glob(_SESSION_FILES))
        if not files:
            raise FileNotFoundError(f"{path} has neither manifest.csv nor any {_SESSION_FILES}")
        return _of_session_files(path, files)
    if not path.is_file():
        raise FileNotFoundError(f"no labels at {path}")
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is no JSON, so no COCO file and no session: {error}") from error
    if isinstance(content, dict) and content.get("format") == session_file.FORMAT:
        return [_checked(SessionFileImage(path))]
    return _of_coco(path, content, path.parent if images is None else Path(images).expanduser())


def _of_session_files(folder: Path, files: Sequence[Path]) -> list[LabelledImage]:
    """Those of a folder that label something; of a few photographs there may be nothing to say."""
    found, empty = [], []
    for file in files:
        try:
            found.append(_checked(SessionFileImage(file)))
        except NothingLabelledError:
            empty.append(file.name)
    if not found:
        raise NothingLabelledError(f"none of the {len(files)} sessions in {folder} has an object")
    if empty:
        warnings.warn(
            f"{folder}: {len(empty)} of {len(files)} sessions have no object and are left out, "
            f"such as {', '.join(empty[:_SHOWN])}",
            stacklevel=4,
        )
    return found


def _checked(image: LabelledImage) -> LabelledImage:
    """Read it once, so that what is wrong is found before training and not during it."""
    image.read()
    return image


def _with_objects(label_map: NDArray[np.uint16], name: str) -> NDArray[np.int32]:
    if not label_map.any():
        raise NothingLabelledError(f"{name} has no object with pixels: label something in it first")
    return label_map.astype(np.int32)


def _of_coco(path: Path, content: object, folder: Path) -> list[CocoImage]:
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder of images at {folder}")
    index = _index(path, content)
    annotations = index.dataset["annotations"]
    labelled = {a["image_id"] for a in annotations if not a["iscrowd"]}
    if not labelled:
        crowds = len(annotations)
        why = f"all of its {crowds} annotations are crowds" if crowds else "it has no annotations"
        raise ValueError(f"{path} labels no object: {why}")
    records = [index.imgs[number] for number in sorted(index.imgs) if number in labelled]
    missing = [r["file_name"] for r in records if not (folder / r["file_name"]).is_file()]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise FileNotFoundError(
            f"{', '.join(missing[:_SHOWN])}{more}: labelled in {path}, but not in {folder}; "
            "give the images' folder"
        )
    for record in records:
        _check_size(folder / record["file_name"], record, path)
    found = [CocoImage(folder / record["file_name"], record, index) for record in records]
    for image in found:
        image.check()
    return found


def _index(path: Path, content: object) -> COCO:
    index = COCO()
    try:
        index.dataset = _with_masks(path, content)
        with contextlib.redirect_stdout(None):  # it reports its progress there
            index.createIndex()
        for record in index.imgs.values():
            (str(record["file_name"]), int(record["height"]), int(record["width"]))
        if len(index.imgs) < len(index.dataset["images"]):
            raise ValueError("an id that several images have")
        unknown = {a["image_id"] for a in index.dataset["annotations"]} - set(index.imgs)
        if unknown or not index.imgs:
            raise KeyError(f"images {sorted(unknown)[:_SHOWN]}" if unknown else "images")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{path} is neither a session nor a COCO file with images and annotations: "
            f"{type(error).__name__}: {error}"
        ) from error
    return index


def _with_masks(path: Path, content: object) -> object:
    """A COCO file's content without annotations that have a box and no mask, with a warning."""
    if not isinstance(content, dict):
        return content
    given = content.get("annotations", [])
    kept = [
        each | {"iscrowd": int(bool(each.get("iscrowd")))}
        for each in given
        if each.get("segmentation")
    ]
    if len(kept) < len(given):
        ids = [each.get("id") for each in given if not each.get("segmentation")]
        warnings.warn(
            f"{path}: {len(ids)} of {len(given)} annotations have no mask and are left out, such "
            f"as {ids[:_SHOWN]}",
            stacklevel=2,
        )
    return content | {"annotations": kept}


def _check_size(image: Path, record: dict[str, Any], labels: Path) -> None:
    height, width = size_of(image)
    if (width, height) != (record["width"], record["height"]):
        raise ValueError(
            f"{image} is {width}x{height} pixels (its EXIF rotation applied), but {labels} says "
            f"{record['width']}x{record['height']}"
        )
