"""Locks, hand edits and boxes are stronger than the model."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick
from tests.session.scene import HEIGHT, WIDTH, disc

# Locks


def test_a_locked_object_never_changes(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, car)
    session.lock(car)
    session.click(28, 20, person)
    session.brush(person, [(24, 24)], 4)
    session.erase([(20, 20)], 3)
    session.click(32, 24)
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20))
    assert session.objects[0].locked
    assert session.label_map[20, 27] == person
    session.unlock(car)
    assert session.label_map[20, 26] == person


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        ("click", (50, 30, 1)),
        ("click", (20, 20, 2)),
        ("click", (20, 20)),
        ("move_click", (0, 50, 30)),
        ("move_click", (1, 20, 20)),
        ("delete_click", (0,)),
        ("brush", (1, [(50, 30)], 3)),
        ("erase", ([(20, 20)], 3, 1)),
        ("prompt_box", (1, (1, 1, 5, 5))),
        ("set_bound", (1, (1, 1, 5, 5))),
        ("remove_object", (1,)),
        ("lock", (1,)),
    ],
)
def test_what_would_change_a_locked_object_is_refused(
    session: Session, act: str, arguments: tuple[object, ...]
) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, car)
    session.click(50, 10, person)
    session.lock(car)
    with pytest.raises(ValueError, match=r"object 1( is|, which is) locked"):
        getattr(session, act)(*arguments)
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20))


def test_a_locked_object_may_still_be_named(session: Session) -> None:
    car = session.add_object()
    session.lock(car)
    session.rename(car, "done")
    session.set_label(car, "car")
    assert (session.objects[0].name, session.objects[0].label) == ("done", "car")


def test_starting_over_leaves_locked_objects(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, car)
    session.click(50, 10, person)
    session.lock(car)
    session.reset()
    assert [each.id for each in session.objects] == [car]
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20))


def test_paint_that_met_a_lock_does_not_come_out_when_it_is_opened(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, car)
    session.lock(car)
    session.brush(person, [(20, 20)], 8)
    session.unlock(car)
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20))


def test_a_locked_object_does_not_grow_when_what_covered_it_goes(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    for object_id in (car, person):
        session.click(20, 20, object_id)
        session.brush(object_id, [(40, 20)], 3)
    before = session.label_map == car
    session.lock(car)
    session.remove_object(person)
    np.testing.assert_array_equal(session.label_map == car, before)


# Hand edits


def test_paint_is_stronger_than_the_model_and_survives_later_clicks(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    square = np.zeros((HEIGHT, WIDTH), bool)
    square[10:20, 10:20] = True
    session.paint(car, square)
    session.click(25, 15, person)
    session.click(40, 30)
    np.testing.assert_array_equal(session.label_map == car, square)
    painted, clicked = session.objects
    assert (painted.edited_pixels, clicked.edited_pixels) == (100, 0)
    np.testing.assert_array_equal(painted.edited.to_array(), square)
    assert clicked.edited.area == 0


def test_an_eraser_takes_from_one_object_or_from_all(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, car)
    session.click(28, 20, person)
    both = session.label_map
    session.erase([(24, 20)], 5, car)
    np.testing.assert_array_equal(session.label_map == person, both == person)
    np.testing.assert_array_equal(
        session.label_map == car, (both == car) & ~(disc_of_centres(24, 20, 5))
    )
    session.erase([(24, 20)], 5)
    assert not session.label_map[disc_of_centres(24, 20, 5)].any()


def disc_of_centres(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return np.hypot(columns - x, rows - y) <= radius


def test_a_later_click_has_the_last_word_on_its_own_pixel(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.brush(car, [(20, 20)], 4)
    painted = session.label_map == car
    session.click(20, 20, person)
    painted[20, 20] = False
    np.testing.assert_array_equal(session.label_map == car, painted)
    assert session.label_map[20, 20] == person
    session.undo()
    assert session.label_map[20, 20] == car
    session.click(22, 21, car)
    assert session.objects[0].edited_pixels == painted.sum() + 1


def test_paint_covers_an_earlier_click(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, person)
    session.brush(car, [(20, 20)], 3)
    assert session.label_map[20, 20] == car


def test_released_pixels_follow_the_model_again(session: Session) -> None:
    car = session.add_object()
    session.click(20, 20, car)
    session.erase([(20, 20)], 3)
    session.brush(car, [(50, 30)], 3)
    session.release(np.ones((HEIGHT, WIDTH)))
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20))
    assert session.objects[0].edited_pixels == 0


def test_a_lasso_fills_what_it_goes_around(session: Session) -> None:
    car = session.add_object()
    label_map = session.polygon(car, [(10, 5), (20, 5), (20, 15), (10, 15)])
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[5:15, 10:20] = True
    np.testing.assert_array_equal(label_map == car, expected)


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        ("paint", (1, np.zeros((HEIGHT, WIDTH)))),
        ("release", (np.zeros((HEIGHT, WIDTH)),)),
        ("brush", (1, [(WIDTH + 20, 5)], 3)),
        ("polygon", (1, [(-9, -9), (-5, -9), (-5, -5)])),
        ("erase", ([(-20, 5)], 3)),
        ("erase", ([(50, 5)], 3, 1)),
        ("brush", (1, [(20, 20)], 2)),
    ],
)
def test_an_edit_without_pixels_is_no_step(
    session: Session, act: str, arguments: tuple[object, ...]
) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, person)
    session.lock(person)
    session.rename(car, "blue")
    session.rename(car, "red")
    session.undo()
    before = session.view.state
    getattr(session, act)(*arguments)
    assert session.view.state is before
    session.redo()
    assert session.objects[0].name == "red"
    session.undo()
    session.undo()
    assert session.objects[0].name == ""


# Boxes


def test_a_box_starts_an_object_in_one_step(session: Session, segmenter: NearestClick) -> None:
    car = session.add_object(box=(10, 10, 9, 5))
    assert segmenter.asked[-1] == (Click(14, 12, car),)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[10:15, 10:19] = True
    np.testing.assert_array_equal(session.label_map == car, disc(14, 12) & inside)
    assert session.objects[0].bound == (10, 10, 9, 5)
    session.undo()
    assert session.objects == ()
    assert not session.can_undo


def test_a_box_around_clicks_bounds_them_and_adds_none(session: Session) -> None:
    car = session.add_object()
    session.click(20, 20, car)
    session.prompt_box(car, (18, 0, 10, 40))
    assert session.clicks == (Click(20, 20, car),)
    assert not (session.label_map[:, :18] == car).any()


def test_a_click_outside_its_box_ends_the_bound(session: Session) -> None:
    car = session.add_object(box=(10, 10, 9, 5))
    session.click(30, 12, car)
    assert session.objects[0].bound is None
    np.testing.assert_array_equal(session.label_map == car, disc(14, 12) | disc(30, 12))
    session.undo()
    assert session.objects[0].bound == (10, 10, 9, 5)


def test_a_background_click_leaves_boxes_alone(session: Session) -> None:
    car = session.add_object(box=(10, 10, 9, 5))
    session.click(40, 30)
    assert session.objects[0].bound == (10, 10, 9, 5)
    session.set_bound(car, None)
    assert session.objects[0].area == disc(14, 12).sum()
