"""Where the pointer rests the click is answered before it comes, unless something else is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from dynamite_widget.asking import Asker
from dynamite_widget.clicks import Click
from dynamite_widget.segmenting import Answered
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest
from tests.nearest_click import NearestClick
from tests.widget.view import IMAGE, Screen, Wire, wait_until


class Guesser(NearestClick):
    """Guesses while `slow` until it is told that nobody wants that, else at once.

    Attributes:
        guessed: the clicks of every guess that was begun.
        given_up: of those that were not ended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self.guessed: list[tuple[Click, ...]] = []
        self.given_up: list[tuple[Click, ...]] = []

    def guess(
        self,
        features: tuple[int, int],
        clicks: Sequence[Click],
        _previous: Answered | None,
        unwanted: Callable[[], bool],
    ) -> NDArray[np.uint16] | None:
        self.guessed.append(tuple(clicks))
        time.sleep(0.01)
        while self.slow and not unwanted():
            time.sleep(0.002)
        if unwanted():
            self.given_up.append(tuple(clicks))
            return None
        label_map = self.segment(features, clicks)
        self.asked.pop()
        return label_map


class Turn:
    """A lock that lets the last one who waits go first."""

    def __init__(self) -> None:
        self.waits = 0
        self._gates: list[Event] = []

    def __enter__(self) -> None:
        gate = Event()
        self._gates.append(gate)
        self.waits += 1
        assert gate.wait(10)

    def __exit__(self, *_: object) -> None:
        if self._gates:
            self.give_to_the_last()

    def give_to_the_last(self) -> None:
        self._gates.pop().set()


@pytest.fixture
def segmenter() -> Guesser:
    return Guesser()


@pytest.fixture
def screen(widget: SegmentationWidget) -> Screen:
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    return Screen(widget)


def rest(screen: Screen, x: int, y: int) -> None:
    """The pointer rests until the model has guessed."""
    screen.send("aim", x=x, y=y)
    answering = screen.widget._shown.answering
    wait_until(lambda: answering._ahead[-1].done())
    assert screen.widget.session.pending is None


def test_a_click_where_the_pointer_rested_brings_its_answer(
    screen: Screen, segmenter: Guesser, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget, wire = screen.widget, Wire(monkeypatch)
    for count, x in enumerate([20, 28], start=1):
        assert wire.bytes_of(lambda x=x: rest(screen, x, 30), widget) == 0
        assert len(widget.clicks) == count - 1, "nothing is clicked yet"
        screen.click(x, 30)
        assert at_rest(widget)
        assert widget.label_map[30, x] == 1
    assert [len(clicks) for clicks in segmenter.guessed] == [1, 2]
    assert segmenter.asked == []


def test_its_time_is_shown_when_the_click_came_and_not_before(screen: Screen) -> None:
    status = lambda: screen.widget._status["last_seconds"]  # noqa: E731
    rest(screen, 20, 30)
    screen.send("activate", object_id=None)
    assert status() is None
    screen.click(20, 30)
    wait_until(lambda: status() is not None)
    assert status() >= 0.01


def test_a_click_elsewhere_does_not_wait_for_the_guess(screen: Screen, segmenter: Guesser) -> None:
    segmenter.slow = True
    screen.send("aim", x=20, y=30)
    wait_until(lambda: len(segmenter.guessed) == 1)
    screen.click(60, 30)
    wait_until(lambda: at_rest(screen.widget))
    assert screen.widget.label_map[30, 60] == 1
    assert not screen.widget.label_map[30, 20]
    assert segmenter.given_up == segmenter.guessed


def test_a_press_elsewhere_and_a_new_place_give_the_guess_up(
    screen: Screen, segmenter: Guesser
) -> None:
    segmenter.slow = True
    for count, (command, more) in enumerate([("press", {"object_id": None}), ("aim", {})], 1):
        screen.send("aim", x=20, y=30)
        wait_until(lambda count=count: len(segmenter.guessed) == count)
        screen.send(command, x=50, y=30, **more)
        wait_until(lambda count=count: len(segmenter.given_up) == count)


def test_a_press_at_the_place_waits_for_the_guess_that_is_under_way(
    screen: Screen, segmenter: Guesser
) -> None:
    segmenter.slow = True
    screen.send("aim", x=20, y=30)
    wait_until(lambda: len(segmenter.guessed) == 1)
    screen.send("press", x=20, y=30, object_id=None)
    screen.click(20, 30)
    segmenter.slow = False
    wait_until(lambda: at_rest(screen.widget))
    assert screen.widget.label_map[30, 20] == 1
    assert (segmenter.given_up, segmenter.asked) == ([], [])
    wait_until(lambda: screen.widget._status["last_seconds"] is not None)


def test_a_cell_that_asks_does_not_wait_for_the_guess(screen: Screen, segmenter: Guesser) -> None:
    segmenter.slow = True
    session: Session = screen.widget.session
    screen.send("aim", x=20, y=30)
    wait_until(lambda: len(segmenter.guessed) == 1)
    assert session.click(60, 30, session.add_object())[30, 60] == 1
    assert segmenter.given_up == segmenter.guessed


def test_a_guess_that_begins_while_a_cell_waits_for_its_turn_ends_at_once(
    segmenter: Guesser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = Asker(IMAGE, lambda: segmenter)
    asker.encode()
    segmenter.slow = True
    turn = Turn()
    monkeypatch.setattr(asker, "_one_at_a_time", turn)
    with ThreadPoolExecutor() as threads:
        cell = threads.submit(asker.ask, (Click(x=60, y=30, object_id=1),))
        wait_until(lambda: turn.waits == 1)
        threads.submit(asker.guess, (Click(x=20, y=30, object_id=1),))
        wait_until(lambda: turn.waits == 2)
        turn.give_to_the_last()
        try:
            assert cell.result(10).to_array()[30, 60] == 1
        finally:
            segmenter.slow = False
    assert segmenter.given_up == segmenter.guessed


def test_closing_does_not_wait_for_the_guess(screen: Screen, segmenter: Guesser) -> None:
    segmenter.slow = True
    screen.send("aim", x=20, y=30)
    wait_until(lambda: len(segmenter.guessed) == 1)
    screen.widget.close()
    assert segmenter.given_up == segmenter.guessed


def test_nothing_is_guessed_where_a_click_touches_an_imported_object(
    segmenter: Guesser,
) -> None:
    masks = np.zeros(IMAGE.shape[:2], np.uint16)
    masks[20:40, 10:40] = 1
    widget = SegmentationWidget(Session.from_masks(IMAGE, masks, segmenter=segmenter))
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    screen = Screen(widget)
    rest(screen, 20, 30)
    assert segmenter.guessed == []
    rest(screen, 70, 50)
    assert len(segmenter.guessed) == 1
    widget.close()
