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
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import Any

from dynamite_widget.formats.session_file import BROKEN, read_image
from dynamite_widget.image_identity import ImageIdentity

FILE_NAME = ".exported.json"
FORMAT = "dynamite_widget.exported"
VERSION = 1

Owners = dict[str, ImageIdentity | None]
"""The image of each file of labels, by the file's way from its folder; None if it is not known."""


def owners_in(folder: Path) -> dict[str, Owners]:
    """Return the images of the files of labels that are still in a folder, by format.

    Raises:
        ValueError: if the folder's index cannot be read.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_bytes())
        if (content["format"], content["version"]) != (FORMAT, VERSION):
            raise ValueError("its format or version is another")
        return {format: _there(folder, files) for format, files in content["files"].items()}
    except BROKEN as error:
        raise ValueError(
            f"{str(path)!r}, which says whose labels lie there, cannot be read; remove it to "
            f"export there all the same: {error!r}"
        ) from error


def check_owners(folder: Path, there: Owners, new: Owners) -> None:
    """Check that new labels replace none of another image.

    Args:
        folder: of both, for the message.
        there: what it has.
        new: what is to be written.

    Raises:
        ValueError: if they do.
    """
    owners = {file.casefold(): (file, image) for file, image in there.items()}
    for file, image in new.items():
        old_file, old = owners.get(file.casefold(), (file, None))
        if old is not None and image is not None and not old.same_image(image):
            raise ValueError(
                f"{str(folder / old_file)!r} has the labels of {_described(old)}, not of "
                f"{_described(image)}; nothing was written. Give the image another name: "
                'session.export(folder, format=..., name="..."), or Collection({"...": image}); '
                "or take another folder"
            )


def to_bytes(owners: Mapping[str, Owners]) -> bytes:
    """Write a folder's index; see `owners_in`."""
    files = {
        format: {
            file: None if image is None else asdict(_short(image)) for file, image in of.items()
        }
        for format, of in owners.items()
    }
    return json.dumps({"format": FORMAT, "version": VERSION, "files": files}, indent=1).encode()


def _there(folder: Path, files: Mapping[str, Any]) -> Owners:
    return {
        file: None if image is None else read_image(image)
        for file, image in files.items()
        if (folder / file).exists()
    }


def _short(image: ImageIdentity) -> ImageIdentity:
    """Leave out of a source what is nobody's business where labels are handed on."""
    if image.source is None:
        return image
    return replace(image, source="/".join(PurePath(image.source).parts[-2:]))


def _described(image: ImageIdentity) -> str:
    what = "an image without a file" if image.source is None else repr(_short(image).source)
    return f"{what} ({image.width} x {image.height})"
