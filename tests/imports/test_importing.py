"""Masks from elsewhere show exactly, come in one step, and are kept in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dynamite_widget import run_lengths
from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.masks import Mask
from dynamite_widget.palette import color_of
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.imports.scene import CAR, HEIGHT, IMAGE, TREE, WIDTH, box
from tests.nearest_click import NearestClick

# Imported masks show exactly


def test_imported_masks_show_exactly_and_nobody_is_asked(
    session: Session, segmenter: NearestClick
) -> None:
    np.testing.assert_array_equal(session.masks, [CAR, TREE])
    np.testing.assert_array_equal(session.label_map, 1 * CAR + 2 * TREE)
    assert [(o.id, o.label, o.area, o.clicks) for o in session.objects] == [
        (1, "car", 400, ()),
        (2, "tree", 375, ()),
    ]
    assert (segmenter.encoded, segmenter.asked) == (0, [])


label_maps = arrays.arrays(np.uint16, (5, 7), elements=st.sampled_from([0, 0, 1, 2, 5, 65535]))
planes = st.lists(arrays.arrays(np.bool_, (5, 7)), max_size=4)


@given(label_maps)
def test_any_label_map_comes_back_bit_for_bit(label_map: NDArray[np.uint16]) -> None:
    session = Session.from_masks(np.zeros((5, 7, 3), np.uint8), label_map)
    np.testing.assert_array_equal(session.label_map, label_map)
    assert [o.id for o in session.objects] == [k for k in np.unique(label_map).tolist() if k]
    session.label_map = label_map[::-1]
    np.testing.assert_array_equal(session.label_map, label_map[::-1])
    session.undo()
    np.testing.assert_array_equal(session.label_map, label_map)


@given(planes)
def test_where_masks_overlap_the_later_one_lies_on_top(masks: list[NDArray[np.bool_]]) -> None:
    session = Session.from_masks(np.zeros((5, 7, 3), np.uint8), masks)
    assert len(session.objects) == len(masks)
    above = np.zeros((5, 7), bool)
    for mask, shown in zip(reversed(masks), reversed(session.masks), strict=True):
        np.testing.assert_array_equal(shown, mask & ~above)
        above |= mask


def test_all_that_is_known_of_objects_comes_along() -> None:
    session = Session.from_masks(
        IMAGE,
        [CAR, Mask.from_array(TREE)],
        ids=[7, 3],
        labels=["car", None],
        names=["Herbie", ""],
        attributes=[{"wheels": 4}, {}],
        colors=["#112233", None],
        choices=["car", "tree"],
    )
    tree, car = session.objects
    assert (car.id, car.label, car.name, dict(car.attributes), car.color) == (
        *(7, "car", "Herbie", {"wheels": 4}, "#112233"),
    )
    assert (tree.id, tree.label, tree.name, tree.color) == (3, None, "", color_of(3))
    assert session.labels == ("car", "tree")
    assert session.add_object() == 8


def test_annotations_of_any_file_become_objects() -> None:
    annotations = Annotations(
        (HEIGHT, WIDTH),
        (
            Annotation(Mask.from_array(TREE), 4, "tree"),
            Annotation(Mask.from_array(box(60, 20, 10, 20)), 2, "bird"),
        ),
        categories=("tree",),
    )
    session = Session.from_annotations(IMAGE, annotations)
    np.testing.assert_array_equal(session.label_map, annotations.label_map)
    assert [(o.id, o.label) for o in session.objects] == [(2, "bird"), (4, "tree")]
    assert session.labels == ("tree", "bird")


# One step, in a session that has begun


def test_an_import_is_one_step_of_the_history(session: Session) -> None:
    session.click(80, 10, session.add_object("house"))
    session.brush(1, [(5, 50)], 3)
    before, state = session.label_map, session.view.state
    annotations = Annotations.of_label_map(7 * TREE.astype(np.uint8))
    np.testing.assert_array_equal(session.import_annotations(annotations), 7 * TREE)
    assert (session.clicks, session.view.state.edits) == ((), ())
    np.testing.assert_array_equal(session.undo(), before)
    assert session.view.state == state
    np.testing.assert_array_equal(session.redo(), 7 * TREE)


def test_masks_that_are_set_are_those_of_the_objects_there(session: Session) -> None:
    session.click(80, 10, session.add_object("house"))
    grown = [box(8, 8, 24, 24), TREE, box(80, 0, 5, 5)]
    session.masks = grown
    np.testing.assert_array_equal(session.masks, grown)
    assert [(o.id, o.label) for o in session.objects] == [(1, "car"), (2, "tree"), (3, "house")]
    session.label_map = np.where(session.label_map == 1, 0, session.label_map)
    assert [(o.id, o.label) for o in session.objects] == [(2, "tree"), (3, "house")]
    session.masks = [CAR]
    assert [(o.id, o.label) for o in session.objects] == [(4, None)]


def test_an_id_of_an_object_that_is_gone_is_not_used_again(session: Session) -> None:
    session.remove_object(1)
    with pytest.raises(ValueError, match=r"ids 1 are no longer free.*gone.*from 3 on"):
        session.label_map = 1 * CAR
    np.testing.assert_array_equal(session.label_map, 2 * TREE)


def test_an_id_that_was_left_out_is_not_called_that_of_an_object(segmenter: NearestClick) -> None:
    session = Session(IMAGE, segmenter)
    session.label_map = 5 * CAR
    with pytest.raises(ValueError, match=r"ids 1 .*ids rise.*or were left out; .*from 6 on"):
        session.label_map = 1 * CAR


def test_a_locked_object_is_not_replaced(session: Session) -> None:
    session.lock(2)
    before = session.view.state
    with pytest.raises(ValueError, match="object 2 is locked"):
        session.masks = [CAR]
    assert session.view.state is before


@pytest.mark.parametrize(
    ("masks", "options", "words"),
    [
        (np.zeros((2, 5, 5)), {}, r"\(N, 60, 90\).*one of \(5, 5\)"),
        (np.zeros((5, 5), int), {}, r"numbers \(60, 90\); one of \(5, 5\)"),
        (np.zeros((HEIGHT, WIDTH)), {}, "whole numbers, not float"),
        (np.full((HEIGHT, WIDTH), 70000), {}, "0 to 65535"),
        (np.zeros(7), {}, "came"),
        ([CAR], {"labels": ["car", "tree"]}, "1 objects need as many values of label"),
        ([CAR, TREE, CAR], {"labels": "car"}, "3 objects need as many"),
        ([CAR, TREE], {"ids": [1, 1]}, "twice"),
        ([CAR], {"ids": [0]}, "1 to 65535"),
        ([CAR], {"colors": ["red"]}, "#RRGGBB"),
        ([CAR], {"labels": ["dog"], "choices": ["car"]}, "not one of the labels here"),
        ([CAR], {"attributes": [{"area": 3}]}, "taken names"),
    ],
)
def test_what_cannot_be_imported_is_explained(
    masks: NDArray[np.bool_], options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Session.from_masks(IMAGE, masks, **options)


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        ("lab.png", r"not str; .*read_annotations\('lab\.png'\)"),
        (Path("x.geojson"), r"read_annotations\('x\.geojson'\)"),
        ({"type": "FeatureCollection"}, "not dict; .*from_geojson"),
        (CAR, "not ndarray; Session.from_masks"),
        (None, "not NoneType"),
    ],
)
def test_what_are_no_annotations_is_said_with_what_reads_some(
    session: Session, instead: Annotations, words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        session.import_annotations(instead)
    with pytest.raises(TypeError, match=words):
        Session.from_annotations(IMAGE, instead)
    assert len(session.objects) == 2


# Kept in a file


@pytest.mark.parametrize("clicks", [0, 1, 2])
def test_imported_objects_are_kept_in_the_file(
    tmp_path: Path, segmenter: NearestClick, clicks: int
) -> None:
    path = tmp_path / "street.session.json"
    session = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick(), path=path)
    for at in [(32, 20), (20, 33)][:clicks]:
        session.click(*at, 1)
    again = Session.load(path, IMAGE, segmenter)
    np.testing.assert_array_equal(again.label_map, session.label_map)
    assert segmenter.asked == []
    while session.can_undo:
        np.testing.assert_array_equal(again.undo(), session.undo())
    while session.can_redo:
        np.testing.assert_array_equal(again.redo(), session.redo())


def test_objects_refined_before_the_file_was_opened_stay_as_they_are(
    tmp_path: Path, segmenter: NearestClick
) -> None:
    path = tmp_path / "street.session.json"
    session = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick(), path=path)
    session.click(32, 20, 1)
    before = session.masks[0]
    again = Session.load(path, IMAGE, segmenter)
    again.click(48, 35, 2)
    assert {click.object_id for clicks in segmenter.asked for click in clicks} - {0} == {2}
    np.testing.assert_array_equal(again.masks[0], before)
    again.close()
    asked = len(segmenter.asked)
    again.click(60, 47, 2)
    assert len(segmenter.asked) == asked + 1
    np.testing.assert_array_equal(again.masks[0], before)


def test_the_same_cell_run_again_does_not_import_again(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    for turn in range(3):
        session = Session.from_masks(IMAGE, [CAR], segmenter=NearestClick(), path=path)
        assert [len(o.clicks) for o in session.objects] == [turn]
        session.click(32, 15 + turn, 1)


# On a screen


def test_masks_given_to_a_widget_are_refined_by_clicks_on_it(segmenter: NearestClick) -> None:
    widget = SegmentationWidget(IMAGE, segmenter=segmenter)
    widget.masks = [CAR, TREE]
    widget._publish()
    np.testing.assert_array_equal(run_lengths.decode(widget._label_map), 1 * CAR + 2 * TREE)
    click = {"command": "add_click", "x": 32, "y": 20, "object_id": 1}
    widget._handle_custom_msg({"id": 1, "view": "left", "place": 0, **click}, [])
    twin = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick())
    np.testing.assert_array_equal(widget.label_map, twin.click(32, 20, 1))
    widget._publish()
    assert widget._scene["click_change"]["added"] == ((32, 20, 1),)
    widget.label_map = 2 * TREE
    assert [o.id for o in widget.objects] == [2]
    with pytest.raises(AttributeError, match="no setter"):
        widget.objects = ()
    widget.close()
