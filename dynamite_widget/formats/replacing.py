"""What an export may replace: labels that were written here, no photographs and nobody's work."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from dynamite_widget.formats.label_png import WRITER, in_colours, written_by
from dynamite_widget.saving import at_home

_GEOJSON = {"type", "image", "transform", "categories", "features"}
"""Members that `to_geojson` writes together."""
_NPZ = {"label_map.npy", "objects.npy"}
"""Members that `to_npz` writes together."""


def check_no_photographs(
    files: Iterable[Path], photographs: Iterable[str | PathLike[str]] = ()
) -> None:
    """Check that no photograph lies where a file is to be written.

    Args:
        files: to be written.
        photographs: known ones, by any of their paths; pictures in colours are others.

    Raises:
        ValueError: naming the first that does.
    """
    there = [path for path in files if path.is_file()]
    known = {place for each in {*photographs} if (place := _place(each))} if there else set()
    for path in there:
        if _place(path) in known or (path.suffix.lower() == ".png" and in_colours(path)):
            raise ValueError(
                f"{str(path)!r} is a photograph and no label map; nothing was written. Take a "
                "folder without photographs, or another name"
            )


def check_written_here(files: Iterable[Path]) -> None:
    """Check that what lies where a file of labels is to be written is our own.

    Args:
        files: to be written: .png, .npz or .geojson.

    Raises:
        ValueError: naming the first that is not.
    """
    for path in files:
        if path.is_file() and not _is_ours(path):
            raise ValueError(
                f"{str(path)!r} was not exported here and is left as it is; nothing was written. "
                "Take another folder, or move it away if it may be replaced"
            )


def _place(path: str | PathLike[str]) -> tuple[int, int] | None:
    """What tells a file from others whatever its name; None if there is none."""
    try:
        status = os.stat(at_home(path))
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_ours(path: Path) -> bool:
    try:
        match path.suffix:
            case ".png":
                return written_by(path) == WRITER
            case ".npz":
                with zipfile.ZipFile(path) as archive:
                    return {*archive.namelist()} >= _NPZ
            case _:
                return {*json.loads(path.read_bytes())} >= _GEOJSON
    except (OSError, TypeError, ValueError, zipfile.BadZipFile):
        return False
