"""Pictures of an image in a folder, marked with it: they never replace those of another image."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dynamite_widget.formats import label_png
from dynamite_widget.saving import write_together

_KEY = "dynamite_widget:image"
"""Of the PNG's text with the digest of the image."""


def write_pictures(
    folder: Path, stem: str, pictures: Mapping[str, NDArray[np.uint8]], image: str
) -> tuple[Path, ...]:
    """Write folder/STEM_NAME.png for each picture, all or none.

    Masks that an earlier call wrote for objects that are gone are removed.

    Args:
        folder: made if it is not there.
        stem: how all names begin.
        pictures: (H, W) or (H, W, 3), by the rest of their names.
        image: digest of the image they show.

    Returns:
        The paths, in order.

    Raises:
        ValueError: if a file of one of the names shows another image or was not written here;
            nothing is written.
    """
    contents = {folder / f"{stem}_{name}.png": pixels for name, pixels in pictures.items()}
    for path in contents:
        if path.exists() and (shown := shown_in(path)) != image:
            whose = "was not written here" if shown is None else "shows another image of that name"
            raise ValueError(
                f"{path} {whose}; nothing was written. "
                "Choose another folder, or another name: save_pictures(folder, name=...)"
            )
    marked = PngInfo()
    marked.add_text(_KEY, image)
    write_together(
        {
            path: label_png.encoded(Image.fromarray(pixels), marked)
            for path, pixels in contents.items()
        }
    )
    for path in folder.glob(f"{glob.escape(stem)}_mask_*.png"):
        if path not in contents and shown_in(path) == image:
            path.unlink()
    return tuple(contents)


def shown_in(path: Path) -> str | None:
    """The digest of the image that a picture shows; None if no picture of ours is there."""
    try:
        with Image.open(path) as picture:
            return picture.info.get(_KEY)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
