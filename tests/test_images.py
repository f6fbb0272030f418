"""Anything a person calls an image is read, and what is not is refused in useful words."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dynamite_widget import images
from dynamite_widget.images import crop_preview, preview, size_of, swaps_sides, to_rgb

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 200, 30), (30, 30, 200), (120, 120, 120)

# One picture, 2 rows of 3 pixels, in every form below: red green blue over grey grey grey.
PICTURE = np.array([[RED, GREEN, BLUE], [GREY, GREY, GREY]], np.uint8)
LUMINANCE = np.array([[10, 128, 250], [0, 64, 255]], np.uint8)
GREYS = np.repeat(LUMINANCE[:, :, None], 3, axis=2)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png(width: int, height: int, bits: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG written by hand: Pillow writes neither 16-bit colour nor sizes that are lies."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def png_16_bit_colour() -> bytes:
    rows = b"".join(b"\0" + (row.astype(">u2") * 257).tobytes() for row in PICTURE)
    return png(3, 2, 16, 2, rows)


def palette(*, transparent: bool = False) -> bytes:
    image = Image.fromarray(PICTURE).quantize(4)
    if not transparent:
        return encoded(image, "PNG")
    grey = image.getpixel((0, 1))
    return encoded(image, "PNG", transparency=grey)


def rotated_by_exif() -> bytes:
    """Stored lying on its side, with the note that it must be turned upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.fromarray(np.rot90(PICTURE)), "PNG", exif=exif)


def with_alpha(mode: str) -> Image.Image:
    """Opaque above, wholly transparent below."""
    image = Image.fromarray(PICTURE if mode == "RGBA" else LUMINANCE)
    image.putalpha(Image.fromarray(np.array([[255] * 3, [0] * 3], np.uint8)))
    assert image.mode == mode
    return image


WHITE_BELOW = np.vstack([PICTURE[:1], np.full((1, 3, 3), 255, np.uint8)])
GREY_ABOVE = np.vstack([GREYS[:1], np.full((1, 3, 3), 255, np.uint8)])

FILES: dict[str, tuple[Callable[[], bytes], NDArray[np.uint8]]] = {
    "RGB": (lambda: encoded(Image.fromarray(PICTURE), "PNG"), PICTURE),
    "RGB, BMP": (lambda: encoded(Image.fromarray(PICTURE), "BMP"), PICTURE),
    "RGB, WebP": (lambda: encoded(Image.fromarray(PICTURE), "WEBP", lossless=True), PICTURE),
    "RGB, 16-bit PNG": (png_16_bit_colour, PICTURE),
    "RGBA": (lambda: encoded(with_alpha("RGBA"), "PNG"), WHITE_BELOW),
    "grey": (lambda: encoded(Image.fromarray(LUMINANCE), "PNG"), GREYS),
    "grey with alpha": (lambda: encoded(with_alpha("LA"), "PNG"), GREY_ABOVE),
    "grey, 16-bit PNG": (
        lambda: encoded(Image.fromarray(LUMINANCE.astype(np.uint16) * 257), "PNG"),
        GREYS,
    ),
    "grey, 16-bit TIFF": (
        lambda: encoded(Image.fromarray(LUMINANCE.astype(np.uint16) * 257), "TIFF"),
        GREYS,
    ),
    "grey, 32-bit TIFF": (
        lambda: encoded(Image.fromarray(LUMINANCE.astype(np.int32) * 257), "TIFF"),
        GREYS,
    ),
    "grey, float TIFF": (
        lambda: encoded(Image.fromarray(LUMINANCE.astype(np.float32) / 255), "TIFF"),
        GREYS,
    ),
    "one bit": (
        lambda: encoded(Image.fromarray(LUMINANCE).convert("1", dither=0), "PNG"),
        np.where(GREYS > 127, 255, 0),
    ),
    "palette": (palette, PICTURE),
    "palette with a transparent colour": (lambda: palette(transparent=True), WHITE_BELOW),
    "CMYK": (lambda: encoded(Image.fromarray(PICTURE).convert("CMYK"), "TIFF"), PICTURE),
    "rotated by EXIF": (rotated_by_exif, PICTURE),
    "first of several frames": (
        lambda: encoded(
            Image.fromarray(PICTURE),
            "TIFF",
            save_all=True,
            append_images=[Image.fromarray(255 - PICTURE)],
        ),
        PICTURE,
    ),
}

ARRAYS: dict[str, tuple[NDArray[Any], NDArray[np.uint8]]] = {
    "uint8 (H, W, 3)": (PICTURE, PICTURE),
    "uint8 (H, W)": (LUMINANCE, GREYS),
    "uint8 (H, W, 1)": (LUMINANCE[:, :, None], GREYS),
    "uint8 (H, W, 2)": (np.asarray(with_alpha("LA")), GREY_ABOVE),
    "uint8 (H, W, 4)": (np.asarray(with_alpha("RGBA")), WHITE_BELOW),
    "uint8 (3, H, W)": (
        np.moveaxis(np.tile(PICTURE, (3, 2, 1)), 2, 0),
        np.tile(PICTURE, (3, 2, 1)),
    ),
    "uint8 (1, H, W)": (np.tile(LUMINANCE, (3, 2))[None], np.tile(GREYS, (3, 2, 1))),
    "bool": (LUMINANCE > 100, np.where(GREYS > 100, 255, 0)),
    "uint16 of 16 bits": (LUMINANCE.astype(np.uint16) * 257, GREYS),
    "uint16 of 12 bits": (np.array([[0, 4095]], np.uint16), np.array([[[0] * 3, [255] * 3]])),
    "uint16 of 8 bits": (LUMINANCE.astype(np.uint16), GREYS),
    "int64": (LUMINANCE.astype(np.int64), GREYS),
    "float32 from 0 to 1": (LUMINANCE.astype(np.float32) / 255, GREYS),
    "float64 from 0 to 1": (LUMINANCE / 255, GREYS),
    "float16 from 0 to 1": (np.array([[0, 0.5, 1]], np.float16), np.array([[[0], [128], [255]]])),
    "float from 0 to 255": (LUMINANCE.astype(np.float32), GREYS),
    "big-endian": (LUMINANCE.astype(">u2") * np.uint16(257), GREYS),
    "turned over without copying": (PICTURE[::-1, ::-1], PICTURE[::-1, ::-1]),
    "read-only": (np.frombuffer(PICTURE.tobytes(), np.uint8).reshape(PICTURE.shape), PICTURE),
}


def check(read: NDArray[np.uint8], expected: NDArray[Any]) -> None:
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous
    assert read.shape == (*expected.shape[:2], 3)
    np.testing.assert_array_equal(read, np.broadcast_to(expected, read.shape))


@pytest.mark.parametrize("mode", FILES)
def test_files_of_every_mode_show_the_same_picture(mode: str, tmp_path: Path) -> None:
    make, expected = FILES[mode]
    data = make()
    path = tmp_path / "picture.bin"
    path.write_bytes(data)
    check(to_rgb(data), expected)
    check(to_rgb(path), expected)
    check(to_rgb(str(path)), expected)
    check(to_rgb(io.BytesIO(data)), expected)
    check(to_rgb(Image.open(io.BytesIO(data))), expected)


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_every_kind_show_the_same_picture(kind: str) -> None:
    array, expected = ARRAYS[kind]
    before = array.copy()
    check(to_rgb(array), expected)
    np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "LAB"])
def test_pillow_images_of_other_colour_spaces_are_converted(mode: str) -> None:
    if mode == "LAB":
        image = Image.new("LAB", (2, 2), (255, 128, 128))  # a signed zero is stored as 128
        assert to_rgb(image).shape == (2, 2, 3)
        return
    read = to_rgb(Image.fromarray(PICTURE).convert(mode)).astype(int)
    assert np.abs(read - PICTURE).max() <= 4


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_pillow_images_whose_colours_are_already_multiplied_are_read(mode: str) -> None:
    image = with_alpha(mode)
    read = to_rgb(image.convert({"LA": "La", "RGBA": "RGBa"}[mode])).astype(int)
    assert np.abs(read - to_rgb(image)).max() <= 1


def test_a_jpeg_in_cmyk_looks_as_it_did() -> None:
    data = encoded(Image.new("RGB", (16, 16), RED).convert("CMYK"), "JPEG", quality=95)
    assert np.abs(to_rgb(data).astype(int) - RED).max() <= 6


def test_opencv_arrays_say_that_blue_comes_first() -> None:
    check(to_rgb(PICTURE[:, :, ::-1], channel_order="bgr"), PICTURE)
    bgra = np.asarray(with_alpha("RGBA"))[:, :, [2, 1, 0, 3]]
    check(to_rgb(bgra, channel_order="bgr"), WHITE_BELOW)
    check(to_rgb(LUMINANCE, channel_order="bgr"), GREYS)


def test_half_transparent_pixels_lie_on_white() -> None:
    half = np.array([[[0, 0, 0, 128]]], np.uint8)
    check(to_rgb(half), np.array([[[127] * 3]]))


def test_torch_tensors_are_channels_first_unless_that_cannot_be() -> None:
    torch = pytest.importorskip("torch")
    square = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    check(to_rgb(torch.from_numpy(square)), np.moveaxis(square, 0, 2))
    check(to_rgb(square), square)
    wide = np.tile(PICTURE, (3, 2, 1))
    check(to_rgb(torch.from_numpy(wide)), wide)
    floats = torch.from_numpy(np.moveaxis(wide, 2, 0) / 255).requires_grad_()
    check(to_rgb(floats), wide)
    check(to_rgb(torch.ones(3, 5, 5, dtype=torch.bfloat16)), np.full((5, 5, 3), 255))


def test_reading_images_needs_no_torch() -> None:
    look = "import sys, dynamite_widget.images; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


NOT_IMAGES: dict[str, tuple[Any, type[Exception], str]] = {
    "nothing": (None, TypeError, "not NoneType"),
    "a number": (3, TypeError, "not int"),
    "a list": ([[1, 2]], TypeError, "not list"),
    "text": (b"hello", ValueError, "not an image"),
    "no bytes": (b"", ValueError, "not an image"),
    "a missing file": ("no/such/file.jpg", FileNotFoundError, "no file"),
    "a missing file, as a mistake": ("no/such/file.jpg", ValueError, "current folder"),
    "a folder": (".", ValueError, "not a file"),
    "a URL": ("https://example.org/a.jpg", ValueError, "download it"),
    "a data URL": ("data:image/png;base64,AAAA", ValueError, "download it"),
    "half a file": (encoded(Image.fromarray(PICTURE), "PNG")[:60], ValueError, "decoded|image"),
    "an empty array": (np.zeros((0, 5, 3), np.uint8), ValueError, "empty"),
    "one row of numbers": (np.zeros(5), ValueError, r"\(H, W\)"),
    "a batch": (np.zeros((2, 5, 5, 3)), ValueError, r"\(2, 5, 5, 3\)"),
    "five channels": (np.zeros((5, 5, 5)), ValueError, "1 to 4 channels"),
    "not a number": (np.array([[0.5, np.nan]]), ValueError, "NaN"),
    "infinity": (np.array([[0.5, np.inf]]), ValueError, "not finite"),
    "normalised floats": (np.array([[-2.1, 2.4]]), ValueError, "normalisation"),
    "floats a little above 1": (np.array([[0.2, 1.4]]), ValueError, "0 to 1"),
    "negative whole numbers": (np.array([[-1, 4]]), ValueError, "0 to 65535"),
    "huge whole numbers": (np.array([[0, 2**20]]), ValueError, "0 to 65535"),
    "complex numbers": (np.zeros((2, 2), complex), TypeError, "complex"),
    "texts": (np.array([["a"]]), TypeError, "<U1"),
    "objects": (np.array([[None]]), TypeError, "object"),
}


@pytest.mark.parametrize("what", NOT_IMAGES)
def test_what_is_no_image_is_refused_in_useful_words(what: str) -> None:
    image, error, words = NOT_IMAGES[what]
    with pytest.raises(error, match=words):
        to_rgb(image)


def test_a_pillow_image_that_turns_out_to_be_cut_off_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    half = encoded(Image.fromarray(noise), "PNG")[:6000]
    with pytest.raises(ValueError, match="cannot be decoded"):
        to_rgb(Image.open(io.BytesIO(half)))
    with pytest.raises(ValueError, match="6000 bytes cannot be decoded"):
        to_rgb(half)


def test_a_file_stays_open_for_whoever_opened_it(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    Image.fromarray(PICTURE).save(path)
    with path.open("rb") as file:
        check(to_rgb(file), PICTURE)
        assert not file.closed


def test_an_unknown_channel_order_is_refused() -> None:
    with pytest.raises(ValueError, match='"rgb" or "bgr"'):
        to_rgb(PICTURE, channel_order="rbg")  # type: ignore[arg-type]


def test_a_photograph_of_fifty_megapixels_is_read() -> None:
    read = to_rgb(encoded(Image.new("L", (8192, 6144), 7), "PNG", compress_level=1))
    assert read.shape == (6144, 8192, 3)
    assert read[-1, -1].tolist() == [7, 7, 7]


@pytest.mark.parametrize("times", [1, 1000])
def test_a_file_that_claims_to_be_huge_is_refused_before_it_is_decoded(times: int) -> None:
    bomb = png(images.MAX_PIXELS // 1000 * times + 1, 1000, 8, 0, b"\0")
    with pytest.raises(ValueError, match=f"too large.*{images.MAX_PIXELS}"):
        to_rgb(bomb)


def test_a_huge_array_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        to_rgb(np.broadcast_to(np.uint8(0), (images.MAX_PIXELS // 1000 + 1, 1000)))


def decoded(shown: images.Preview) -> Image.Image:
    image = Image.open(io.BytesIO(shown.data))
    assert Image.MIME[image.format] == shown.mime
    return image


def test_a_small_image_is_shown_without_loss() -> None:
    np.testing.assert_array_equal(np.asarray(decoded(preview(PICTURE))), PICTURE)


def test_a_large_photograph_is_shown_smaller_and_detail_comes_when_asked_for() -> None:
    ramp = np.linspace(0, 255, 3000).astype(np.uint8)
    photograph = np.repeat(np.tile(ramp, (1500, 1))[:, :, None], 3, axis=2)
    shown = decoded(preview(photograph, max_side=1000))
    assert shown.size == (1000, 500)
    assert np.abs(np.asarray(shown)[250, ::100, 0].astype(int) - ramp[::300]).max() <= 3
    part = photograph[300:500, 700:1000]
    detail = decoded(crop_preview(photograph, 700, 300, 300, 200))
    np.testing.assert_array_equal(np.asarray(detail), part)


def test_even_noise_fits_through_the_wire() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    assert len(preview(noise).data) <= images.PREVIEW_BYTES < 4_000_000


@pytest.mark.parametrize("part", [(0, 0, 0, 1), (-1, 0, 2, 1), (2, 0, 2, 1), (0, 0, 1, 3)])
def test_a_part_outside_the_image_is_refused(part: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="leaves the image of 3 x 2"):
        crop_preview(PICTURE, *part)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["photograph.jpg", "scan.tif", "lzw.tif", "map.png", "small.webp"])
def test_the_size_of_a_file_is_that_of_the_image_as_it_is_read(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / kind
    options = {"compression": "tiff_lzw"} if kind == "lzw.tif" else {}
    Image.new("RGB", (40, 30)).save(path, exif=exif, **options)
    upright = (40, 30) if orientation > 4 else (30, 40)
    assert size_of(path) == size_of(to_rgb(path)) == to_rgb(path).shape[:2] == upright
    with Image.open(path) as file:
        assert swaps_sides(file) == (orientation > 4)
        file.load()
        assert swaps_sides(file) == (orientation > 4)


def test_the_size_of_what_is_no_image_is_an_error_as_reading_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("no image")
    for image in (tmp_path / "notes.jpg", tmp_path / "nothing.jpg", 7):
        with pytest.raises((ValueError, TypeError)) as reading:
            to_rgb(image)
        with pytest.raises(reading.type):
            size_of(image)
