"""A slip of the hand in code is answered in plain words, and nothing has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dynamite_widget.collection import Collection
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.files import read_annotations
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick
from tests.session.scene import HEIGHT, IMAGE, WIDTH, disc


@pytest.mark.parametrize(
    ("act", "arguments", "error", "words"),
    [
        ("click", ("a", 1, 1), TypeError, "x and y are numbers, not 'a' and 1"),
        ("click", (1, "b", 1), TypeError, "x and y are numbers, not 1 and 'b'"),
        ("move_click", (0, "a", 1), TypeError, "x and y are numbers"),
        ("move_click", (0.5, 1, 1), TypeError, "time step is a whole number, not 0.5"),
        ("delete_click", (0.5,), TypeError, "time step is a whole number, not 0.5"),
        ("polygon", (1, "abc"), ValueError, r"a polygon is made of points \(x, y\), not of 'abc'"),
        ("polygon", (1, [(1, 2), (3,), (4, 5)]), ValueError, "a polygon is made of points"),
        ("brush", (1, [(1, "a")], 3), ValueError, "a brush stroke is made of points"),
        ("erase", ([(1, None), (2, {})], 3), ValueError, "a brush stroke is made of points"),
        ("set_visible", (1, "no"), TypeError, "visible is True or False, not 'no'"),
        ("set_visible", (1, 0), TypeError, "visible is True or False, not 0"),
    ],
)
def test_what_is_no_number_point_or_truth_value_is_named(
    session: Session, act: str, arguments: tuple[object, ...], error: type[Exception], words: str
) -> None:
    session.click(5, 5, session.add_object("car"))
    before = session.view.state
    with pytest.raises(error, match=words):
        getattr(session, act)(*arguments)
    assert session.view.state is before


def test_truth_values_of_numpy_are_truth_values(session: Session) -> None:
    car = session.add_object()
    session.set_visible(car, np.array([3, 4])[0] > 5)
    assert session.objects[0].visible is False


@pytest.mark.parametrize("masks", [1, None, np.array(5)])
def test_what_could_hold_no_masks_is_refused_with_what_could(
    session: Session, masks: object
) -> None:
    words = r"masks are \(N, H, W\), a list of masks \(H, W\), or one label map \(H, W\), not "
    with pytest.raises(TypeError, match=words):
        session.masks = masks  # type: ignore[assignment]
    with pytest.raises(TypeError, match=words):
        session.label_map = masks  # type: ignore[assignment]
    with pytest.raises(TypeError, match=words):
        Session.from_masks(IMAGE, masks)  # type: ignore[arg-type]
    assert session.objects == ()


def test_masks_may_come_one_by_one(session: Session) -> None:
    session.masks = (disc(x, 10) for x in (10, 40))  # type: ignore[assignment]
    np.testing.assert_array_equal(session.masks, [disc(10, 10), disc(40, 10)])
    assert session.masks.shape == (2, HEIGHT, WIDTH)


BLANK_OR_BROKEN = [" ", "\t", "\u3000", "a\nb", "car\r", "a\x00b", "a\u2028b", "\x1b[1mcar"]


@pytest.mark.parametrize("label", BLANK_OR_BROKEN)
def test_labels_that_no_line_of_a_file_could_hold_are_refused(label: str) -> None:
    words = "more than white space.*no line breaks or other control characters"
    for begin in (Session, Collection):
        images = IMAGE if begin is Session else {"a": IMAGE}
        with pytest.raises(ValueError, match=f"^labels are {words}"):
            begin(images, NearestClick(), ["car", label])  # type: ignore[operator]
    session = Session(IMAGE, NearestClick())
    car = session.add_object("car")
    with pytest.raises(ValueError, match=f"^a label is {words}"):
        session.set_label(car, label)
    with pytest.raises(ValueError, match=f"^a label is {words}"):
        session.add_object(label)
    with pytest.raises(ValueError, match=f"^a label is {words}"):
        Session.from_masks(IMAGE, [disc(10, 10)], labels=[label])
    assert [each.label for each in session.objects] == ["car"]


def test_labels_of_several_words_and_scripts_are_welcome(segmenter: NearestClick) -> None:
    labels = ("traffic light", " car", "Zürich ‘Tram’", "汽车", "👩‍🚀", "می‌خواهم")
    assert Session(IMAGE, segmenter, labels).labels == labels
    session = Session(IMAGE, segmenter)
    for label in labels:
        session.add_object(label)
    assert tuple(each.label for each in session.objects) == labels


def test_a_session_file_with_such_labels_still_opens_and_its_work_comes_out(
    tmp_path: Path, segmenter: NearestClick
) -> None:
    path = tmp_path / "old.session.json"
    session = Session(IMAGE, segmenter, ["car", "person"])
    session.click(20, 20, session.add_object("person"))
    session.save(path)
    path.write_text(path.read_text().replace('"person"', r'"a\nb"').replace('"car"', '" "'))
    again = Session.load(path, IMAGE, segmenter)
    assert again.labels == (" ", "a\nb")
    again.set_label(1, " ")
    again.undo()
    file = again.export(tmp_path / "old.json")
    (read,) = read_annotations(file).objects
    assert read.label == "a\nb"
    with pytest.raises(ValueError, match=r"^labels are more than white space"):
        Session.from_annotations(IMAGE, read_annotations(file))
    renamed = Session.from_annotations(
        IMAGE, Annotations(again.size, (replace(read, label="a b"),)), choices=["a b"]
    )
    np.testing.assert_array_equal(renamed.label_map, again.label_map)
