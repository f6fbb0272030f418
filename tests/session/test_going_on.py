"""A session lets each answer go on from the one before, wherever that is still at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick
from dynamite_widget.evaluation import Scene, run_noc
from dynamite_widget.segmenting import Answered, TakesPrevious
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick
from tests.session.scene import IMAGE, disc


class GoesOn(NearestClick):
    """Remembers from which answer each question went on.

    Attributes:
        since: for each question the number of clicks already answered, None if it starts anew.
        shown: the label maps of those answers.
    """

    takes_previous = True

    def __init__(self) -> None:
        super().__init__()
        self.since: list[int | None] = []
        self.shown: list[NDArray[np.integer] | None] = []

    def segment(
        self, features: tuple[int, int], clicks: Sequence[Click], previous: Answered | None = None
    ) -> NDArray[np.uint16]:
        self.since.append(previous and previous.clicks)
        self.shown.append(previous and previous.label_map)
        return super().segment(features, clicks)


@pytest.fixture
def goes_on() -> GoesOn:
    return GoesOn()


def test_each_click_goes_on_from_the_answer_that_is_shown(goes_on: GoesOn) -> None:
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    seen = session.click(5, 5, car)
    session.click(30, 30, car)
    session.click(50, 10)
    assert goes_on.since == [None, 1, 2]
    np.testing.assert_array_equal(goes_on.shown[1], seen)


def test_clicks_made_meanwhile_are_all_new(goes_on: GoesOn) -> None:
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    session.click(5, 5, car)
    for x in (20, 30, 40):
        session.apply(AddClick(Click(x, 20, car)))
    session.settle()
    assert goes_on.since[-1] == 1


def test_an_answer_to_a_click_that_was_taken_back_is_gone(goes_on: GoesOn) -> None:
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    session.click(5, 5, car)
    session.click(30, 30, car)
    session.undo()
    session.click(50, 10, car)
    assert goes_on.since == [None, 1, 1]
    assert not goes_on.shown[-1][30, 30]


def test_moving_the_first_click_starts_anew(goes_on: GoesOn) -> None:
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    session.click(5, 5, car)
    session.click(30, 30, car)
    session.move_click(0, 8, 8)
    assert goes_on.since == [None, 1, None]


def test_a_session_that_is_opened_again_goes_on_from_what_it_showed(
    goes_on: GoesOn, tmp_path: Path
) -> None:
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    session.click(5, 5, car)
    shown = session.click(30, 30, car)
    session.save(tmp_path / "car.session.json")
    again = GoesOn()
    opened = Session.load(tmp_path / "car.session.json", IMAGE, again)
    opened.click(50, 10, car)
    assert again.since == [2]
    np.testing.assert_array_equal(again.shown[0], shown)


def test_benchmarks_ask_as_sessions_do(goes_on: GoesOn) -> None:
    scene = Scene("disc", IMAGE, (disc(30, 20, radius=15))[None])
    run_noc(goes_on, [scene], max_clicks=4)
    assert goes_on.since == [None, 1, 2, 3]


def test_a_segmenter_of_two_verbs_is_asked_as_ever() -> None:
    plain = NearestClick()
    assert not isinstance(plain, TakesPrevious)
    session = Session(IMAGE, plain)
    car = session.add_object()
    session.click(5, 5, car)
    session.click(30, 30, car)
    assert [len(clicks) for clicks in plain.asked] == [1, 2]


def test_a_segmenter_to_which_it_makes_no_difference_is_not_told(goes_on: GoesOn) -> None:
    goes_on.takes_previous = False
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    session.click(5, 5, car)
    session.click(30, 30, car)
    assert goes_on.since == [None, None]


@pytest.mark.parametrize("waiting", [False, True])
def test_after_memory_was_given_back_the_next_click_goes_on_from_what_is_shown(
    goes_on: GoesOn, *, waiting: bool
) -> None:
    session = Session(IMAGE, goes_on)
    car = session.add_object()
    session.click(5, 5, car)
    seen = session.click(30, 30, car)
    if waiting:
        session.apply(AddClick(Click(20, 20, car)))
    session.close()
    session.click(50, 10)
    assert goes_on.since == [None, 1, 2]
    np.testing.assert_array_equal(goes_on.shown[-1], seen)
