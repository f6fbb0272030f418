"""A folder of labels knows whose they are, however often and in whatever formats is exported."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.data_sets import DataSetFormat, others_in, write_data_set
from dynamite_widget.formats.exported_images import read_index
from dynamite_widget.image_identity import ImageIdentity, SourceFile

FORMATS: tuple[DataSetFormat, ...] = get_args(DataSetFormat)
NAMES = ("a.jpg", "more/a.jpg", "b.jpg")


def photograph(shade: int, source: SourceFile | None = None) -> Annotations:
    pixels = np.full((2, 3, 3), shade, np.uint8)
    return Annotations((2, 3), image=ImageIdentity.of(pixels, source))


EXPORTS = st.tuples(st.sampled_from(FORMATS), st.sampled_from(NAMES), st.integers(0, 2))


@given(st.lists(EXPORTS, max_size=8))
def test_labels_are_replaced_by_those_of_the_same_image_and_by_no_others(
    exports: list[tuple[DataSetFormat, str, int]],
) -> None:
    owners: dict[tuple[str, str], int] = {}
    with TemporaryDirectory() as folder:
        for format, name, shade in exports:
            if owners.setdefault((format, name), shade) == shade:
                write_data_set(folder, {name: photograph(shade)}, format)
            else:
                with pytest.raises(ValueError, match="has the labels of an image without a file"):
                    write_data_set(folder, {name: photograph(shade)}, format)
        for format in FORMATS:
            written = [name for kind, name in owners if kind == format]
            assert len(others_in(folder, [], format)) == len(written)
            assert others_in(folder, written, format) == []


def test_the_same_file_is_the_same_image_whatever_a_decoder_makes_of_it(tmp_path: Path) -> None:
    pair = [photograph(shade, SourceFile("day/a.jpg", "digest")) for shade in (1, 2)]
    for each in pair:
        write_data_set(tmp_path, {"a.jpg": each}, "npz")
    assert pair[1].image is not None
    assert read_index(tmp_path)["npz"] == {"a.npz": asdict(pair[1].image)}


def test_labels_of_nobody_knows_which_image_are_written_and_replaced(tmp_path: Path) -> None:
    for labels in (Annotations((2, 3)), photograph(1), Annotations((2, 3)), photograph(2)):
        write_data_set(tmp_path, {"a.jpg": labels}, "geojson")
        record = read_index(tmp_path)["geojson"]["a.geojson"]
        assert record == (labels.image and asdict(labels.image))


def test_the_index_tells_no_one_where_photographs_lie(tmp_path: Path) -> None:
    source = SourceFile("/home/jane/secret/day/a.jpg", "digest")
    write_data_set(tmp_path, {"a.jpg": photograph(1, source)}, "yolo")
    assert read_index(tmp_path)["yolo"]["labels/a.txt"]["source"] == "day/a.jpg"
    assert b"jane" not in (tmp_path / ".exported.json").read_bytes()
