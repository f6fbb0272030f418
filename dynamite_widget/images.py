"""Anything a person calls an image becomes RGB; and what a screen shows of it first."""

from __future__ import annotations

import io
import os
import re
import warnings
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

RGBImage = NDArray[np.uint8]
"""(H, W, 3) uint8, red, green, blue."""

MAX_PIXELS = 150_000_000
"""Larger images are refused before they are decoded: a small file can claim any size."""

PREVIEW_BYTES = 3_000_000
"""What a notebook's wire takes in one message without complaint, with room to spare."""

_LOSSLESS_PIXELS = 512 * 512
_LYING = (5, 6, 7, 8)
"""EXIF orientations in which rows are the photograph's columns."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|data:")


def to_rgb(image: Any, *, channel_order: Literal["rgb", "bgr"] = "rgb") -> RGBImage:  # noqa: ANN401
    """Read anything a person calls an image.

    | what | how it is read |
    |---|---|
    | path, bytes, open binary file | decoded by Pillow; EXIF rotation applied; first frame |
    | `PIL.Image.Image` | any mode, EXIF rotation applied |
    | array, tensor | (H, W), (H, W, C), or (C, H, W) where only the first side can be channels |
    | C = 1, 2, 3, 4 | grey, grey + alpha, colour, colour + alpha |
    | bool | False black, True white |
    | uint8 | as it is |
    | 16-bit files, other whole numbers | by the fewest of 8, 10, 12, 14, 16 bits that hold all |
    | floats | 0 to 1, or 0 to 255 where some are above 2 |
    | alpha | laid on white |
    | palette, CMYK, YCbCr, LAB, HSV | converted by Pillow; colour profiles are not applied |

    A tensor is whatever has `detach` and `cpu`, as torch's; where both ends could be channels,
    an array is (H, W, C) and a tensor (C, H, W).

    Args:
        image: the image. Nothing is fetched: a URL is refused.
        channel_order: order of the colours in an array or tensor; OpenCV's is "bgr".

    Returns:
        (H, W, 3) uint8, C-contiguous. It may share memory with an array handed in.

    Raises:
        TypeError: if it is nothing that could be an image.
        FileNotFoundError: if there is no such file (it is a ValueError too).
        ValueError: if it cannot be read as an image, is empty, has more than `MAX_PIXELS`
            pixels, or holds values that are not finite or out of range.
    """
    if channel_order not in ("rgb", "bgr"):
        raise ValueError(f'channel_order is "rgb" or "bgr", not {channel_order!r}')
    if isinstance(image, Image.Image):
        return _from_pillow(image, "the image")
    if isinstance(image, str | os.PathLike):
        return _from_path(os.fspath(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return _from_file(io.BytesIO(image), f"{len(image)} bytes")
    if hasattr(image, "read"):
        return _from_file(image, "this file")
    is_tensor = hasattr(image, "detach") and hasattr(image, "cpu")
    if is_tensor:
        image = _tensor_to_array(image)
    elif not hasattr(image, "__array__"):
        raise TypeError(
            f"an image is a path, bytes, an open file, a PIL image, an array or a tensor, "
            f"not {type(image).__name__}"
        )
    return _from_array(np.asarray(image), channel_order, channels_first=is_tensor)


def size_of(image: Any) -> tuple[int, int]:  # noqa: ANN401 - see to_rgb
    """Return (H, W) of what `to_rgb` would make of an image; of a file only the header is read.

    Raises:
        TypeError, FileNotFoundError, ValueError: as `to_rgb`, but what is broken further on in a
            file is not found.
    """
    if not isinstance(image, str | os.PathLike):
        height, width = to_rgb(image).shape[:2]
        return height, width
    with _opened(_existing(os.fspath(image)), repr(image)) as file:
        width, height = _held_size(file)
        return (width, height) if swaps_sides(file) else (height, width)


def swaps_sides(file: Image.Image) -> bool:
    """Whether EXIF turns what an image file holds so that its rows become columns."""
    lying = file.getexif().get(ExifTags.Base.Orientation, 1) in _LYING
    return lying or file.size != _held_size(file)  # a TIFF that was read has lost the tag


def _held_size(file: Image.Image) -> tuple[int, int]:
    """(W, H) of the pixels in a file; newer versions of Pillow give that of a TIFF turned."""
    tags = getattr(file, "tag_v2", {})
    width = tags.get(ExifTags.Base.ImageWidth, file.width)
    return int(width), int(tags.get(ExifTags.Base.ImageLength, file.height))


class _NoSuchFileError(FileNotFoundError, ValueError):
    """There is no file of this name: a user's mistake (ValueError), in the words of the system."""


class Preview(NamedTuple):
    """An encoded picture for a screen.

    Attributes:
        data: the encoded file.
        mime: its media type.
    """

    data: bytes
    mime: str


def preview(rgb: RGBImage, max_side: int = 2048) -> Preview:
    """Encode an image for the screen, in at most `PREVIEW_BYTES`, smaller where that is needed.

    Few pixels go without loss (PNG), so that they stay sharp however far one zooms in; many as
    JPEG, which is encoded in a tenth of WebP's time, with a quality that fits.

    Args:
        rgb: (H, W, 3) uint8.
        max_side: of the result, in pixels.
    """
    image = Image.fromarray(rgb)
    image.thumbnail((max_side, max_side), Image.Resampling.BOX, reducing_gap=None)
    if image.width * image.height <= _LOSSLESS_PIXELS:
        return Preview(_encoded(image, "PNG"), "image/png")
    for quality in (92, 85, 75, 60, 40):
        encoded = _encoded(image, "JPEG", quality=quality, subsampling=0 if quality > 80 else 2)
        if len(encoded) <= PREVIEW_BYTES:
            return Preview(encoded, "image/jpeg")
    return preview(rgb, max(image.size) * 3 // 4)


def crop_preview(
    rgb: RGBImage, x: int, y: int, width: int, height: int, max_side: int = 2048
) -> Preview:
    """Encode a part of an image for the screen: detail for somebody who has zoomed in.

    Args:
        rgb: (H, W, 3) uint8.
        x: left-most column of the part.
        y: top-most row of the part.
        width: columns of the part.
        height: rows of the part.
        max_side: of the result, in pixels.

    Raises:
        ValueError: if the part is empty or leaves the image.
    """
    rows, columns, _ = rgb.shape
    if not (0 <= x < x + width <= columns and 0 <= y < y + height <= rows):
        raise ValueError(
            f"the part {width} x {height} at ({x}, {y}) is empty or leaves the image of "
            f"{columns} x {rows}"
        )
    return preview(np.ascontiguousarray(rgb[y : y + height, x : x + width]), max_side)


def _encoded(image: Image.Image, file_format: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def _from_path(path: str | bytes) -> RGBImage:
    name = _existing(path)
    return _from_file(name, repr(name))


def _existing(path: str | bytes) -> str:
    """Name of a file that is there."""
    name = os.path.expanduser(os.fsdecode(path))
    if _URL.match(name):
        raise ValueError(
            f"{name[:80]!r} is a URL, and nothing is fetched here: "
            "download it and give its path or its bytes"
        )
    if not os.path.exists(name):
        raise _NoSuchFileError(f"there is no file {name!r}; the current folder is {os.getcwd()!r}")
    if not os.path.isfile(name):
        raise ValueError(f"{name!r} is not a file")
    return name


def _from_file(file: Any, what: str) -> RGBImage:  # noqa: ANN401 - a name or an open file
    with _opened(file, what) as opened:
        return _from_pillow(opened, what)


def _opened(file: Any, what: str) -> Image.Image:  # noqa: ANN401
    """Read the header of an image file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is lower
        try:
            return Image.open(file)
        except UnidentifiedImageError as error:
            raise ValueError(
                f"{what} is not an image that can be read here (JPEG, PNG, TIFF, WebP ...)"
            ) from error
        except Image.DecompressionBombError as error:
            raise ValueError(_too_large(what)) from error
        except (OSError, SyntaxError) as error:
            raise ValueError(f"{what} cannot be opened as an image: {error}") from error


def _from_pillow(image: Image.Image, what: str) -> RGBImage:
    _check_pixels(image.width * image.height, f"{what} of {image.width} x {image.height}")
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{what} cannot be decoded: {error}") from error
    image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        return _from_array(np.asarray(image), "rgb", channels_first=False)
    if image.mode == "La":
        image = image.convert("LA")  # the only mode that Pillow makes of it
    if image.mode in ("RGBA", "RGBa", "LA", "PA") or "transparency" in image.info:
        return _from_array(np.asarray(image.convert("RGBA")), "rgb", channels_first=False)
    return np.asarray(image.convert("RGB")).copy()


def _tensor_to_array(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - torch is not imported here
    tensor = tensor.detach().cpu()
    if "bfloat16" in str(tensor.dtype):
        tensor = tensor.float()  # numpy has no bfloat16
    return tensor.numpy()


def _from_array(array: NDArray[Any], order: str, *, channels_first: bool) -> RGBImage:
    if array.dtype.kind not in "buif":
        raise TypeError(f"an image holds truth values or numbers, not {array.dtype}")
    array = _channels_last(array, channels_first=channels_first)
    height, width, channels = array.shape
    _check_pixels(height * width, f"the array of {width} x {height}")
    array = _to_uint8(array)
    if channels in (2, 4):
        alpha = array[:, :, -1:].astype(np.uint16)
        colour = array[:, :, :-1]
        array = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    elif order == "bgr":
        array = array[:, :, ::-1]
    return np.ascontiguousarray(array)


def _channels_last(array: NDArray[Any], *, channels_first: bool) -> NDArray[Any]:
    counts = (1, 2, 3, 4)
    if array.ndim == 2:
        return array[:, :, None]
    if array.ndim == 3:
        first, last = array.shape[0] in counts, array.shape[2] in counts
        if first and (channels_first or not last):
            return np.moveaxis(array, 0, 2)
        if last:
            return array
    raise ValueError(
        f"an image is (H, W), (H, W, C) or (C, H, W) with 1 to 4 channels, not {array.shape}"
    )


def _to_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("the image holds values that are not finite (NaN or infinity); fill them")
    if array.dtype.kind == "f":
        return _float_to_uint8(array, float(low), float(high))
    if low < 0 or high > 0xFFFF:
        raise ValueError(f"whole numbers in an image go from 0 to 65535, not {low} to {high}")
    bits = next(bits for bits in (8, 10, 12, 14, 16) if high < 2**bits)
    top = 2**bits - 1
    return ((array.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)


def _float_to_uint8(array: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    tolerance = 1e-3  # resampling overshoots a little
    if low < -tolerance or 1 + tolerance < high <= 2 or high > 255 + tolerance:
        raise ValueError(
            f"floats in an image go from 0 to 1, or from 0 to 255, not {low:g} to {high:g}; "
            "undo a normalisation by mean and deviation before"
        )
    scale = 255.0 if high <= 1 + tolerance else 1.0
    return np.rint(np.clip(array * scale, 0, 255)).astype(np.uint8)


def _check_pixels(pixels: int, what: str) -> None:
    if pixels == 0:
        raise ValueError(f"{what} pixels is empty")
    if pixels > MAX_PIXELS:
        raise ValueError(_too_large(what))


def _too_large(what: str) -> str:
    return f"{what} pixels is too large, scale or cut it: an image has at most {MAX_PIXELS}"
