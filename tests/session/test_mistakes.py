"""A slip of the hand in code is answered in plain words, and nothing has changed."""

from __future__ import annotations

import numpy as np
import pytest

from dynamite_widget.session import Session
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
