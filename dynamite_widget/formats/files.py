"""Annotations of one image in one file, whose name's ending says the format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.coco import read_coco, to_coco
from dynamite_widget.formats.geojson import from_geojson, to_geojson
from dynamite_widget.formats.label_png import from_png, to_png
from dynamite_widget.formats.npz import from_npz, to_npz
from dynamite_widget.saving import AtomicFile

_ALLOWED = (
    "a file's name ends in .json (COCO), .geojson, .png (label map) or .npz; "
    "YOLO and VOC are folders: write_yolo, write_voc"
)
_SESSION = ".session.json"


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
        ValueError: if the ending is unknown or that of session files, or the format cannot hold the
            annotations.
    """
    path = Path(path)
    if path.name.lower().endswith(_SESSION):
        raise ValueError(f"{str(path)!r} is the name of a session file, which `save` writes")
    match path.suffix.lower():
        case ".json":
            data = _json(
                to_coco(
                    annotations.objects,
                    size=annotations.size,
                    file_name=image,
                    labels=annotations.categories,
                    **options,
                )
            )
        case ".geojson":
            data = _json(to_geojson(annotations, **options))
        case ".png":
            data = to_png(annotations, **options)
        case ".npz":
            data = to_npz(annotations, **options)
        case _:
            raise ValueError(f"{str(path)!r}: {_ALLOWED}")
    AtomicFile(path).write(data)
    return path


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
    path = Path(path)
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


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
