"""Annotations of one image in one file, whose name's ending says the format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from dynamite_widget.formats import collection_file, session_file
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.coco import read_coco, to_coco
from dynamite_widget.formats.geojson import from_geojson, to_geojson
from dynamite_widget.formats.label_png import from_png, to_png
from dynamite_widget.formats.npz import from_npz, to_npz
from dynamite_widget.formats.replacing import check_no_photographs
from dynamite_widget.saving import AtomicFile, at_home

ENDINGS = (".json", ".geojson", ".png", ".npz")
_ALLOWED = (
    "a file's name ends in .json (COCO), .geojson, .png (label map) or .npz; "
    'folders need format="yolo", "voc", "png", "npz" or "geojson"'
)
_SESSION = ".session.json"
_HEAD = 1000
"""Bytes at a file's beginning that say which format it has."""


def write_annotations(
    path: str | PathLike[str],
    annotations: Annotations,
    *,
    image: str = "image",
    **options: Any,  # noqa: ANN401 - see the format's own function
) -> Path:
    """Write a file; one that is there is replaced when the new one is whole.

    Args:
        path: of the file; its ending says the format.
        annotations: of one image.
        image: name of the image's file, which COCO notes.
        **options: of the format's own function: `to_coco`, `to_geojson`, `to_png`.

    Returns:
        The path.

    Raises:
        ValueError: if the ending is unknown or that of session files, the file that is there holds
            a session or is a photograph, or the format cannot hold the annotations.
    """
    path = _checked(path)
    suffix = path.suffix.lower()
    if suffix not in ENDINGS:
        raise ValueError(f"{str(path)!r}: {_ALLOWED}")
    if annotations.image is not None and annotations.image.lies_at(path):
        raise ValueError(f"{str(path)!r} is the photograph itself; take another name")
    if suffix == ".png":
        check_no_photographs([path])
    _write(path, to_bytes(suffix, annotations, image=image, **options))
    return path


def write_json(path: str | PathLike[str], data: dict[str, Any]) -> Path:
    """Write plain values to a file; one that is there is replaced when the new one is whole.

    Args:
        path: ends in .json.
        data: plain values.

    Returns:
        The path.

    Raises:
        ValueError: if the path ends otherwise, or as session files do, or the file that is there
            holds a session.
    """
    path = _checked(path)
    if path.suffix.lower() != ".json":
        raise ValueError(
            f"{str(path)!r}: one file of many images ends in .json (COCO); folders need "
            'format="yolo", "voc", "png", "npz" or "geojson"'
        )
    _write(path, _json(data))
    return path


def to_bytes(
    ending: str,
    annotations: Annotations,
    *,
    image: str = "image",
    **options: Any,  # noqa: ANN401 - see the format's own function
) -> bytes:
    """Write what a file holds.

    Args:
        ending: one of `ENDINGS`.
        annotations: of one image.
        image: name of the image's file, which COCO notes.
        **options: of the format's own function.

    Raises:
        ValueError: if the format cannot hold the annotations.
    """
    match ending:
        case ".json":
            coco = to_coco(
                annotations.objects,
                size=annotations.size,
                file_name=image,
                labels=annotations.categories,
                **options,
            )
            return _json(coco)
        case ".geojson":
            return _json(to_geojson(annotations, **options))
        case ".png":
            return to_png(annotations, **options)
        case _:
            return to_npz(annotations, **options)


def read_annotations(
    path: str | PathLike[str],
    *,
    image: str | None = None,
    **options: Any,  # noqa: ANN401 - see the format's own function
) -> Annotations:
    """Read a file of one image.

    Args:
        path: of the file; its ending says the format.
        image: which image, by its file name; needed for COCO files of several.
        **options: of `from_geojson`: size, transform, label.

    Raises:
        ValueError: if the ending is unknown, the file is broken, or the image is not in it.
        OSError: if it cannot be read.
    """
    path = at_home(path)
    suffix = path.suffix.lower()
    try:
        match suffix:
            case ".json":
                return _one_of(read_coco(path), image)
            case ".geojson":
                return from_geojson(json.loads(path.read_bytes()), **options)
            case ".png":
                return from_png(path.read_bytes())
            case ".npz":
                return from_npz(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error}") from error
    raise ValueError(f"{str(path)!r}: {_ALLOWED}")


def _one_of(images: Mapping[str, Annotations], name: str | None) -> Annotations:
    found = [*images] if name is None else [each for each in images if each == name]
    if len(found) != 1:
        some = ", ".join([*images][:5])
        raise ValueError(f"name one of its {len(images)} images ({some} ...), not {name!r}")
    return images[found[0]]


def _checked(path: str | PathLike[str]) -> Path:
    path = at_home(path)
    if path.name.lower().endswith(_SESSION):
        raise ValueError(f"{str(path)!r} is the name of a session file, which `save` writes")
    if path.name == "collection.json":
        raise ValueError(f"{str(path)!r} is the name of a folder's index; take another one")
    return path


def _write(path: Path, data: bytes) -> None:
    """Write an export; what can be made again takes no session's place."""
    file = AtomicFile(path)
    head = (file.read() or b"")[:_HEAD]
    for kind in (session_file.FORMAT, collection_file.FORMAT):
        if f'"{kind}"'.encode() in head:
            raise ValueError(
                f"{str(path)!r} holds what `save` wrote, with clicks and history ({kind}), and is "
                "left as it is; export to another file"
            )
    file.write(data)


def _json(data: dict[str, Any]) -> bytes:
    # Names of files may hold what is no text; in JSON, "\udce9" stands for it.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")
