"""A label map as a grey PNG, 8 or 16 bits a pixel, and back: 0 background, k object k."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dynamite_widget.formats.annotations import Annotations, checked_size

_PLAIN_MODES = ("1", "L", "P", "I;16", "I;16B", "I")
_LOSSY = ("JPEG", "MPO")
WRITER = "dynamite_widget"
"""A text in our label maps, "Software": it tells them from those of others and photographs."""
_BIT_DEPTH = 24
"""The byte of a PNG that says how many bits a pixel has."""


def to_png(annotations: Annotations, *, bits: Literal[8, 16] | None = None) -> bytes:
    """Write a label map as PNG.

    It keeps ids and pixels, and of objects that overlap what lies on top (with a warning).

    Args:
        annotations: of one image.
        bits: of a pixel; None for the fewest that hold all ids.

    Raises:
        ValueError: if the ids do not fit.
    """
    highest = max(annotations.ids, default=0)
    if bits is None:
        bits = 8 if highest <= 0xFF else 16
    if bits not in (8, 16):
        raise ValueError(f"a label map has 8 or 16 bits a pixel, not {bits!r}")
    if highest >= 1 << bits:
        raise ValueError(
            f"the highest id is {highest}, and {bits} bits hold {(1 << bits) - 1}: take bits=16"
        )
    label_map = annotations.painted("a label map")
    return signed(Image.fromarray(label_map.astype(np.uint8) if bits == 8 else label_map))


def from_png(data: bytes) -> Annotations:
    """Read a label map of any bits, grey or palette: every number but 0 is an object.

    Raises:
        ValueError: if it is no image, a JPEG, or one in colours.
    """
    return Annotations.of_label_map(numbers(data))


def numbers(data: bytes) -> NDArray[np.integer]:
    """Read the numbers of an image's pixels, (H, W): grey values, or places in its palette.

    Raises:
        ValueError: if it is no image, a JPEG, too large, or in colours without a palette.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            checked_size(image.height, image.width, "this label map")
            if image.format in _LOSSY:
                raise ValueError(f"{image.format} does not keep numbers, whatever the file's name")
            if image.mode not in _PLAIN_MODES:
                raise ValueError(
                    f"its pixels are colours ({image.mode}): a label map has one number a pixel"
                )
            pixels = np.asarray(image)
            if image.format == "PNG" and image.mode == "L":
                bits = data[_BIT_DEPTH]
                pixels = pixels // (0xFF // ((1 << bits) - 1))  # Pillow spreads 2 and 4 bits to 8
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"this is no image of a label map: {error}") from error
    return pixels.astype(np.uint8) if pixels.dtype == bool else pixels


def in_colours(path: Path) -> bool:
    """Whether a file is a picture that no label map is: in colours, a JPEG, or too large."""
    try:
        with _opened(path) as image:
            return image.mode not in _PLAIN_MODES or image.format in _LOSSY
    except Image.DecompressionBombError:
        return True
    except (OSError, SyntaxError, ValueError):
        return False


def written_by(path: Path) -> str | None:
    """What a picture says of the program that wrote it, "" if nothing; None if it is no picture."""
    try:
        with _opened(path) as image:
            return str(image.info.get("Software", ""))
    except Image.DecompressionBombError:
        return ""
    except (OSError, SyntaxError, ValueError):
        return None


def _opened(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


def signed(image: Image.Image) -> bytes:
    """Write a label map as PNG, with a text that says who wrote it."""
    text = PngInfo()
    text.add_text("Software", WRITER)
    return encoded(image, text)


def encoded(image: Image.Image, text: PngInfo | None = None) -> bytes:
    """Write an image as PNG, with some text beside the pixels."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()
