"""Rows for Hugging Face datasets hold plain values and bring every object back."""

from __future__ import annotations

import json
from typing import Any

import datasets
import numpy as np
import pytest
from hypothesis import given

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.hugging_face import features, from_row, to_row
from dynamite_widget.masks import Mask
from tests.mask_examples import annotations

HERBIE = Annotation(
    Mask.from_array(np.eye(3)), 7, "<script>", "Herbie", {"wheels": 4, "old": True}, "#102030"
)
NOTHING = Annotation(Mask.empty(3, 3), 9)


@given(annotations(overlapping=True))
def test_objects_come_back_as_they_were(taken: Annotations) -> None:
    row = json.loads(json.dumps(to_row(taken, "street.jpg")))
    back = from_row(row)
    assert back.objects == taken.objects
    assert (back.size, back.categories) == (taken.size, taken.categories)


def test_a_row_has_an_objects_column_of_lists_side_by_side() -> None:
    row = to_row(Annotations((3, 3), (HERBIE, NOTHING), ("car",)), "a.png")
    assert (row["image"], row["height"], row["width"]) == ("a.png", 3, 3)
    assert row["objects"]["id"] == [7, 9]
    assert row["objects"]["label"] == ["<script>", None]
    assert row["objects"]["area"] == [3, 0]
    assert row["objects"]["bbox"] == [[0.0, 0.0, 3.0, 3.0], [0.0, 0.0, 0.0, 0.0]]
    assert {len(column) for column in row["objects"].values()} == {2}


def test_names_colours_and_attributes_come_back() -> None:
    taken = Annotations((3, 3), (HERBIE, NOTHING), ("car", "bus"))
    back = from_row(to_row(taken))
    assert back.objects == taken.objects
    assert back.categories == ("car", "bus")


def test_datasets_takes_the_rows_and_gives_them_back() -> None:
    taken = Annotations((3, 3), (HERBIE, NOTHING), ("car",))
    rows = [to_row(taken), to_row(Annotations((4, 5)))]
    first, second = datasets.Dataset.from_list(rows, features=features())
    assert from_row(first).objects == taken.objects
    assert from_row(first).categories == ("car",)
    assert (from_row(second).size, from_row(second).objects) == ((4, 5), ())


def test_rows_of_numpy_and_pandas_come_back_as_plain_values() -> None:
    taken = Annotations((3, 3), (HERBIE, NOTHING), ("car", "<script>"))
    rows = datasets.Dataset.from_list([to_row(taken)], features=features())
    for row in (rows.with_format("numpy")[0], rows.to_pandas().iloc[0]):
        assert json.loads(json.dumps(to_row(from_row(row)))) == to_row(taken)


@pytest.mark.parametrize(
    ("column", "content"),
    [
        ("height", 4),
        ("height", None),
        ("width", 0),
        ("objects", {}),
        ("objects", None),
    ],
)
def test_a_row_of_something_else_is_refused(column: str, content: Any) -> None:  # noqa: ANN401
    row = to_row(Annotations((3, 3), (HERBIE,))) | {column: content}
    with pytest.raises(ValueError, match=r"this row|object 7 has a mask of 3 x 3 pixels"):
        from_row(row)


@pytest.mark.parametrize(
    ("column", "content"),
    [
        ("id", []),
        ("id", [0]),
        ("attributes", ["{"]),
        ("segmentation", [{"size": [3, 3], "counts": "zz"}]),
        ("color", ["red"]),
    ],
)
def test_a_broken_list_is_refused(column: str, content: list[Any]) -> None:
    row = to_row(Annotations((3, 3), (HERBIE,)))
    row["objects"][column] = content
    with pytest.raises(ValueError, match="this row"):
        from_row(row)
