"""Label maps as PNG of 8 or 16 bits and as NPZ come back bit for bit."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.files import read_annotations
from dynamite_widget.formats.label_png import from_png, to_png
from dynamite_widget.formats.npz import from_npz, to_npz
from dynamite_widget.masks import Mask
from tests.mask_examples import PIXELS, Pixels, annotations


def with_ids(*ids: int) -> Annotations:
    return Annotations.of_label_map(np.array([[0, *ids]]))


@given(annotations())
def test_a_png_keeps_ids_and_pixels(taken: Annotations) -> None:
    back = from_png(to_png(taken))
    np.testing.assert_array_equal(back.label_map, taken.label_map)
    assert back.ids == tuple(sorted(each.id for each in taken.objects if each.area))


@given(PIXELS)
def test_sixteen_bits_keep_every_mask_as_well(pixels: Pixels) -> None:
    taken = Annotations.of_label_map(pixels * 40_000)
    data = to_png(taken)
    np.testing.assert_array_equal(from_png(data).label_map, taken.label_map)
    independent = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(independent, taken.label_map)


def test_the_fewest_bits_that_hold_all_ids_are_taken() -> None:
    modes = [Image.open(io.BytesIO(to_png(with_ids(high)))).mode for high in (255, 256)]
    assert modes == ["L", "I;16"]
    assert Image.open(io.BytesIO(to_png(with_ids(1), bits=16))).mode == "I;16"


def test_ids_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="highest id is 256, and 8 bits hold 255"):
        to_png(with_ids(256), bits=8)
    with pytest.raises(ValueError, match="8 or 16 bits"):
        to_png(with_ids(1), bits=4)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "P"])
def test_pngs_of_others_are_read_too(mode: str) -> None:
    image = Image.new(mode, (3, 1))
    image.putpixel((2, 0), 1)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    assert from_png(buffer.getvalue()).label_map.tolist() == [[0, 0, 1]]


def png(bits: int, palette: bool) -> bytes:
    """A PNG of one row with the numbers 0 to 2**bits - 1, written byte by byte."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    count = 1 << bits
    row = int("".join(f"{number:0{bits}b}" for number in range(count)), 2)
    header = struct.pack(">IIBBBBB", count, 1, bits, 3 if palette else 0, 0, 0, 0)
    row <<= -count * bits % 8
    content = zlib.compress(b"\0" + row.to_bytes((count * bits + 7) // 8))
    colours = chunk(b"PLTE", bytes(range(7, 7 + 3 * count))) if palette else b""
    chunks = chunk(b"IHDR", header) + colours + chunk(b"IDAT", content) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("palette", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_pngs_of_few_bits_keep_their_numbers(bits: int, palette: bool) -> None:
    data = png(bits, palette)
    assert Image.open(io.BytesIO(data)).mode == ("P" if palette else "1" if bits == 1 else "L")
    assert from_png(data).label_map.tolist() == [[*range(1 << bits)]]


def test_a_jpeg_under_a_pngs_name_is_no_label_map(tmp_path: Path) -> None:
    path = tmp_path / "labels.png"
    Image.fromarray(np.kron(np.eye(2), np.full((9, 9), 9)).astype(np.uint8)).save(path, "JPEG")
    with pytest.raises(ValueError, match=r"labels\.png' cannot be read: JPEG does not keep"):
        read_annotations(path)


def test_a_picture_in_colours_is_no_label_map() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (3, 1)).save(buffer, "PNG")
    with pytest.raises(ValueError, match="colours"):
        from_png(buffer.getvalue())


@pytest.mark.parametrize("read", [from_png, from_npz])
@pytest.mark.parametrize("cut", [0, 8, -100])
def test_what_is_cut_off_is_refused(read: object, cut: int) -> None:
    write = to_png if read is from_png else to_npz
    data = write(Annotations.of_label_map(np.arange(600).reshape(20, 30)))[:cut]
    with pytest.raises(ValueError, match=r"this (is no|archive)"):
        read(data)  # type: ignore[operator]


@given(annotations())
def test_an_archive_keeps_everything(taken: Annotations) -> None:
    back = from_npz(to_npz(taken))
    assert back.objects == taken.objects
    assert (back.size, back.categories) == (taken.size, taken.categories)


def test_names_colours_and_attributes_stay_in_an_archive() -> None:
    mask = Mask.from_array(np.ones((2, 2)))
    object_ = Annotation(mask, 3, "car\0", "Herbie ü", {"wheels": 4, "old": True}, "#102030")
    taken = Annotations((2, 2), (object_,), ("car\0", "bus"))
    back = from_npz(to_npz(taken))
    assert back.objects == (object_,)
    assert back.categories == ("car\0", "bus")


def test_numpy_alone_reads_the_archive() -> None:
    with np.load(io.BytesIO(to_npz(with_ids(7)))) as archive:
        assert archive["label_map"].tolist() == [[0, 7]]
        assert archive["label_map"].dtype == np.uint16


def test_an_archive_of_others_needs_no_more_than_a_label_map() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, label_map=np.array([[0, 5]]))
    assert from_npz(buffer.getvalue()).ids == (5,)


@pytest.mark.parametrize(
    "content",
    [
        {"masks": np.zeros((1, 2))},
        {"label_map": np.zeros((1, 2))},
        {"label_map": np.zeros((2, 1, 2), int)},
        {"label_map": np.array([[0, 1]]), "objects": "{}"},
        {"label_map": np.array([[0, 1]]), "objects": "["},
        {"label_map": np.array([[0, 1]]), "objects": '{"objects": [], "categories": null}'},
        {"label_map": np.array([[None]])},
    ],
)
def test_an_archive_of_something_else_is_refused(content: dict[str, object]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **content)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="archive"):
        from_npz(buffer.getvalue())


@pytest.mark.parametrize("write", [to_png, to_npz])
def test_hidden_pixels_are_named_before_they_are_lost(write: object) -> None:
    below, above = Mask.from_array(np.ones((1, 3))), Mask.from_array(np.array([[0, 0, 1]]))
    taken = Annotations((1, 3), (Annotation(below, 7), Annotation(above, 2)))
    with pytest.warns(UserWarning, match="of objects 7 it keeps what later ones leave free"):
        write(taken)  # type: ignore[operator]
