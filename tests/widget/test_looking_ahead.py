"""What the kernel does before a click: where the pointer rests, and while the button is down."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from dynamite_widget.extents import Box
from dynamite_widget.protocol import Press
from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest
from tests.nearest_click import NearestClick
from tests.widget.view import IMAGE, Screen, Wire, wait_until


class Foresighted(NearestClick):
    """Notes the objects that it was told might come."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[list[Box]] = []

    def look_ahead(self, _features: tuple[int, int], boxes: Sequence[Box]) -> None:
        self.expected.append(list(boxes))


def test_where_the_pointer_rests_the_model_makes_ready_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    segmenter = Foresighted()
    widget = SegmentationWidget(IMAGE, segmenter=segmenter)
    screen = Screen(widget)
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    wire = Wire(monkeypatch)
    assert wire.bytes_of(lambda: screen.send("aim", x=20, y=30), widget) == 0
    wait_until(lambda: segmenter.expected == [[Box(20, 30, 1, 1)]])
    screen.click(20, 30)
    wait_until(lambda: at_rest(widget))
    (disc,) = widget.objects
    screen.send("aim", x=40, y=30)  # the active object may grow
    wait_until(lambda: len(segmenter.expected) == 2)
    assert segmenter.expected[1] == [disc.box._replace(width=41 - disc.box.x)]
    screen.send("activate", object_id=None)
    screen.send("aim", x=60, y=30)  # a new one may be as large as the others, or small
    wait_until(lambda: len(segmenter.expected) == 3)
    assert segmenter.expected[2] == [disc.box.moved_around(60, 30), Box(60, 30, 1, 1)]
    assert not widget._error
    widget.close()


def test_what_cannot_be_made_ready_keeps_no_click_from_its_answer() -> None:
    class Blind(Foresighted):
        def look_ahead(self, _features: tuple[int, int], boxes: Sequence[Box]) -> None:
            super().look_ahead(_features, boxes)
            raise RuntimeError("no memory left")

    segmenter = Blind()
    widget = SegmentationWidget(IMAGE, segmenter=segmenter)
    screen = Screen(widget)
    screen.send("aim", x=20, y=30)
    wait_until(lambda: bool(segmenter.expected))
    screen.click(20, 30)
    wait_until(lambda: at_rest(widget))
    assert not widget._error
    assert widget.masks[0, 30, 20]
    widget.close()


def press(screen: Screen, x: int, y: int, object_id: int | None = None) -> None:
    """The button goes down, and is held until the model has answered."""
    screen.send("press", x=x, y=y, object_id=object_id)
    requests = screen.widget._shown.requests
    wait_until(lambda: requests.expected(Press(x, y, object_id)) is None)


def test_while_the_button_is_down_the_click_is_answered_already(
    screen: Screen, segmenter: NearestClick, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = screen.widget
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    wire = Wire(monkeypatch)
    for count, (x, owner) in enumerate([(20, None), (28, None), (36, 0)], start=1):
        before = widget.clicks
        assert wire.bytes_of(lambda x=x, owner=owner: press(screen, x, 30, owner), widget) == 0
        assert len(segmenter.asked) == count
        assert widget.clicks == before, "nothing is clicked yet"
        screen.click(x, 30, owner)
        assert at_rest(widget), "the click brings its answer with it"
        assert widget.label_map[30, x] == (1 if owner is None else 0)
        assert len(segmenter.asked) == count, "and the model is not asked twice"
        assert widget._status["last_seconds"] is not None


def test_a_press_that_no_click_follows_changes_nothing(
    screen: Screen, segmenter: NearestClick
) -> None:
    widget = screen.widget
    press(screen, 20, 30)
    screen.send("undo")
    assert not widget.objects
    screen.click(60, 30)
    assert not widget.label_map[30, 20]
    assert widget.label_map[30, 60] == 1
    assert [len(clicks) for clicks in segmenter.asked] == [1, 1]


def test_a_click_that_comes_before_its_answer_waits_for_that_one(
    screen: Screen, segmenter: NearestClick
) -> None:
    widget = screen.widget
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    segmenter.gate.clear()
    screen.send("press", x=20, y=30, object_id=None)
    wait_until(lambda: len(segmenter.asked) == 1)
    screen.click(20, 30)
    assert widget._status["activity"] == "segmenting"
    time.sleep(0.05)
    segmenter.gate.set()
    wait_until(lambda: at_rest(widget))
    assert widget.label_map[30, 20] == 1
    assert len(segmenter.asked) == 1
    assert widget._status["last_seconds"] >= 0.05, "so long it took"


def test_a_press_that_waits_for_its_turn_is_given_up_when_its_click_comes(
    screen: Screen, segmenter: NearestClick
) -> None:
    wait_until(lambda: screen.widget._status["encode_seconds"] is not None)
    segmenter.gate.clear()
    screen.click(10, 10)
    wait_until(lambda: len(segmenter.asked) == 1)
    for x in (30, 50):  # each press is overtaken by its click
        screen.send("press", x=x, y=30, object_id=None)
        screen.click(x, 30)
    segmenter.gate.set()
    wait_until(lambda: at_rest(screen.widget))
    assert [len(clicks) for clicks in segmenter.asked] == [1, 3]


def test_what_fails_while_the_button_is_down_is_said_when_the_click_comes(
    screen: Screen, segmenter: NearestClick
) -> None:
    widget = screen.widget
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    segmenter.fails = RuntimeError("no memory left")
    screen.send("press", x=20, y=30, object_id=None)
    wait_until(lambda: len(segmenter.asked) == 1)
    assert not widget._error
    screen.click(20, 30)
    wait_until(lambda: bool(widget._error))
    assert "no memory left" in widget._error["message"]
    assert widget.clicks == ()


def test_a_press_where_no_click_is_allowed_asks_nothing(
    screen: Screen, segmenter: NearestClick
) -> None:
    screen.click(20, 30)
    wait_until(lambda: at_rest(screen.widget))
    screen.send("lock", object_id=1)
    press(screen, 20, 30, 0)
    press(screen, 60, 30, 7)  # there is no such object
    assert len(segmenter.asked) == 1
    assert not screen.widget._error
