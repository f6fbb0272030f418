"""The noun that all formats share refuses what no session could hold, and paints in its order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.files import read_annotations, write_annotations
from dynamite_widget.formats.yolo import read_yolo, write_yolo
from dynamite_widget.masks import Mask
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick


def mask(rows: object) -> Mask:
    return Mask.from_array(np.array(rows))


@given(arrays(np.int64, (5, 7), elements=st.sampled_from([0, 1, 2, 300, 65535])))
def test_a_label_map_becomes_objects_and_back(label_map: NDArray[np.int64]) -> None:
    annotations = Annotations.of_label_map(label_map)
    np.testing.assert_array_equal(annotations.label_map, label_map)
    assert set(annotations.ids) == set(np.unique(label_map)) - {0}
    assert list(annotations.ids) == sorted(annotations.ids)
    assert annotations.overlapping == ()


def test_a_notebook_shows_them_in_few_words() -> None:
    annotations = Annotations.of_label_map(np.eye(300, 200, dtype=int))
    assert repr(annotations) == "<Annotations of 200 x 300 pixels: 1 objects>"
    assert repr(annotations.masks[0]) == (
        "<Mask of 200 x 300 pixels: area=200, box=(0, 0, 200, 200)>"
    )


def test_a_truth_map_is_one_object() -> None:
    annotations = Annotations.of_label_map(np.array([[False, True, True]]))
    assert annotations.ids == (1,)
    assert annotations.masks[0].area == 2


def test_later_objects_lie_on_earlier_ones() -> None:
    below, above = mask([[1, 1, 1]]), mask([[0, 0, 1]])
    annotations = Annotations((1, 3), (Annotation(below, 7), Annotation(above, 2)))
    assert annotations.label_map.tolist() == [[7, 7, 2]]
    assert annotations.overlapping == (7,)
    assert annotations.masks == (below, above)  # what lies below is still known


def test_a_sessions_objects_come_with_all_that_is_known_of_them() -> None:
    session = Session(np.zeros((9, 9, 3), np.uint8), NearestClick(), labels=["car", "person"])
    car = session.add_object("car", name="Herbie", color="#123456", attributes={"wheels": 4})
    session.click(4, 4, car)
    empty = session.add_object()
    taken = Annotations.of(session.objects, size=session.size, categories=session.labels)
    first, second = taken.objects
    assert (first.id, first.label, first.name, first.color) == (car, "car", "Herbie", "#123456")
    assert first.attributes == {"wheels": 4}
    assert (second.id, second.label, second.mask.area) == (empty, None, 0)
    assert taken.categories == ("car", "person")
    np.testing.assert_array_equal(taken.label_map, session.label_map)


def test_a_mask_of_another_size_is_refused_by_name() -> None:
    with pytest.raises(
        ValueError, match="object 3 has a mask of 1 x 2 pixels, the image has 2 x 1"
    ):
        Annotations((2, 1), (Annotation(mask([[1, 1]]), 3),))


def test_ids_and_labels_may_be_numpys(tmp_path: Path) -> None:
    pixels = np.array([[0, 3, 3], [9, 9, 0]], np.uint8)
    objects = [Annotation(mask(pixels == k), k, np.str_("car")) for k in np.unique(pixels)[1:]]
    taken = Annotations(pixels.shape, tuple(objects), np.array(["car", "bus"]))  # type: ignore[arg-type]
    for ending in (".json", ".geojson", ".npz"):
        back = read_annotations(write_annotations(tmp_path / f"x{ending}", taken))
        assert back.label_map.tolist() == pixels.tolist()
        assert back.categories == ("car", "bus")
    path = write_yolo(tmp_path / "yolo", {"a.png": taken})
    assert read_yolo(path.parent, {"a.png": taken.size})["a.png"].labels == ("car", "car")


@pytest.mark.parametrize("size", [[2, 3], np.array([2, 3]), (np.uint8(2), np.int64(3))])
def test_a_size_may_be_any_two_whole_numbers(size: tuple[int, int]) -> None:
    annotations = Annotations(size, (Annotation(mask([[1, 1, 1], [0, 0, 0]]), 1),))
    assert annotations.size == (2, 3)
    assert {type(side) for side in annotations.size} == {int}
    with pytest.raises(TypeError):
        Annotations((2.5, 3))  # type: ignore[arg-type]


def test_two_objects_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[4\] stand there twice"):
        Annotations((1, 1), (Annotation(mask([[1]]), 4), Annotation(mask([[0]]), 4)))


@pytest.mark.parametrize("wrong", [0, -1, 65536])
def test_an_id_that_no_label_map_can_hold_is_refused(wrong: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 65535"):
        Annotation(mask([[1]]), wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"label": ""}, {"color": "red"}, {"attributes": {"area": 3}}, {"attributes": {"a": np.nan}}],
)
def test_what_no_object_may_have_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"label|colour|attribute"):
        Annotation(mask([[1]]), 1, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 2, 2), int), np.zeros((0, 3), int), np.zeros((2, 2)), np.array([[-1]])]
)
def test_what_is_no_label_map_is_refused(wrong: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match="label"):
        Annotations.of_label_map(wrong)


def test_a_label_that_looks_like_markup_is_kept_as_it_is() -> None:
    assert Annotation(mask([[1]]), 1, "<script>alert(1)</script>").label is not None
    taken = Annotations((1, 1), (Annotation(mask([[1]]), 1, "<script>"),), ("car",))
    assert taken.used_labels == ("car", "<script>")
