"""Which image each file of a folder of labels is of: another image's labels are not replaced.

`.exported.json` in the folder, UTF-8, one object with these keys; others are for later versions.

    format      "dynamite_widget.exported"
    version     1
    files       {format: {file of labels: {"height", "width", "sha256", "file_sha256", "source"}}},
                files by their way from the folder, images as in session files, but of the source
                the last folder and the name only; null for an image that is not known
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import Any

from dynamite_widget.formats.session_file import BROKEN, read_image
from dynamite_widget.image_identity import ImageIdentity

FILE_NAME = ".exported.json"
FORMAT = "dynamite_widget.exported"
VERSION = 1

Index = dict[str, dict[str, Any]]
"""Records of images as in the file, by file of labels, by format."""


def read_index(folder: Path) -> Index:
    """Return the index of a folder; an empty one if there is none.

    Raises:
        ValueError: if it cannot be read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_bytes())
        if (content["format"], content["version"]) != (FORMAT, VERSION):
            raise ValueError("its format or version is another")
        return {format: dict(records) for format, records in content["files"].items()}
    except BROKEN as error:
        raise _broken(folder, error) from error


def check_owners(
    folder: Path, records: Mapping[str, Any], new: Mapping[str, ImageIdentity | None]
) -> None:
    """Check that new labels replace none of another image.

    Args:
        folder: of both.
        records: of the format, as the folder's index has them.
        new: the image of each file that is to be written; None if it is not known.

    Raises:
        ValueError: if they do, or the index is broken.
    """
    there = {file.casefold(): file for file in records}
    for file, image in new.items():
        old_file = there.get(file.casefold())
        if image is None or old_file is None or not (folder / old_file).exists():
            continue
        try:
            old = None if records[old_file] is None else read_image(records[old_file])
        except BROKEN as error:
            raise _broken(folder, error) from error
        if old is not None and not old.same_image(image):
            raise ValueError(
                f"{str(folder / old_file)!r} has the labels of {_described(old)}, not of "
                f"{_described(image)}; nothing was written. Give the image another name: "
                'session.export(folder, format=..., name="..."), or Collection({"...": image}); '
                "or take another folder"
            )


def of_same_images(
    records: Mapping[str, Any], new: Mapping[str, ImageIdentity | None]
) -> dict[str, str]:
    """Find files of labels whose image has another file of labels.

    Args:
        records: of these files, as the folder's index has them; broken ones are passed over.
        new: the image of each of the other files; None if it is not known.

    Returns:
        The other file for each that has one.
    """
    by_digest = {
        digest: file
        for file, image in reversed([*new.items()])
        if image is not None
        for digest in _digests(image)
    }
    found: dict[str, str] = {}
    for file, data in records.items():
        with suppress(*BROKEN):
            digests = () if data is None else _digests(read_image(data))
            if same := [by_digest[digest] for digest in digests if digest in by_digest]:
                found[file] = same[0]
    return found


def record(image: ImageIdentity | None) -> dict[str, Any] | None:
    """Return what the index has of an image."""
    return None if image is None else asdict(_short(image))


def to_bytes(index: Index) -> bytes:
    """Write an index."""
    return json.dumps({"format": FORMAT, "version": VERSION, "files": index}).encode()


def _digests(image: ImageIdentity) -> list[tuple[int, int, str, str]]:
    """Of two images that `ImageIdentity.same_image` takes for one, one of these is the same."""
    known = {"file": image.file_sha256, "pixels": image.sha256}
    return [(image.height, image.width, of, each) for of, each in known.items() if each is not None]


def _broken(folder: Path, error: Exception) -> ValueError:
    return ValueError(
        f"{str(folder / FILE_NAME)!r}, which says whose labels lie there, cannot be read; remove "
        f"it to export there all the same: {error!r}"
    )


def _short(image: ImageIdentity) -> ImageIdentity:
    """Leave out of a source what is nobody's business where labels are handed on."""
    if image.source is None:
        return image
    return replace(image, source="/".join(PurePath(image.source).parts[-2:]))


def _described(image: ImageIdentity) -> str:
    what = "an image without a file" if image.source is None else repr(_short(image).source)
    return f"{what} ({image.width} x {image.height})"
