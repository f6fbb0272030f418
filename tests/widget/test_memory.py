"""A widget that nobody sees, or that its cell replaced, gives its memory back."""

from __future__ import annotations

import gc
import weakref
from threading import Thread

import pytest

from dynamite_widget.cells import Run
from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest
from tests.nearest_click import NearestClick
from tests.widget.view import IMAGE, Screen, wait_until


def test_a_widget_that_nobody_sees_gives_its_memory_back_and_comes_back_when_shown(
    screen: Screen, segmenter: NearestClick
) -> None:
    widget = screen.widget
    screen.click(10, 10)
    wait_until(lambda: at_rest(widget))
    widget.set_state({"_view_count": 1})
    widget.set_state({"_view_count": 0})
    assert not widget.encoded
    assert widget._image == b""
    screen.send("send_image")
    assert widget._image.startswith(b"\x89PNG")
    screen.click(50, 40)
    assert widget.masks[0, 40, 50]
    assert segmenter.encoded == 2


class TestRunningACellAgain:
    """Runs are named by hand: there is no notebook."""

    @pytest.fixture(autouse=True)
    def _run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = Run("first cell", "1")
        monkeypatch.setattr("dynamite_widget.widget.current_run", lambda: self.run)

    def make(
        self, execution: str, cell: str = "first cell", segmenter: NearestClick | None = None
    ) -> SegmentationWidget:
        self.run = Run(cell, execution)
        return SegmentationWidget(IMAGE, segmenter=segmenter or NearestClick())

    def test_the_widget_that_stood_there_closes_when_its_view_has_gone(self) -> None:
        old = self.make("1")
        Screen(old).click(10, 10)
        old.set_state({"_view_count": 1})
        new = self.make("2")
        assert old.comm is not None
        old.set_state({"_view_count": 0})
        assert old.comm is None
        assert old.masks[0, 10, 10]
        assert new.comm is not None
        new.close()

    def test_it_does_not_wait_for_what_it_is_doing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dynamite_widget.answering_thread.FINISH_SECONDS", 60)
        segmenter = NearestClick()
        segmenter.gate.clear()
        old = self.make("1", segmenter=segmenter)
        old.set_state({"_view_count": 1})
        Screen(old).click(10, 10)
        wait_until(lambda: len(segmenter.asked) == 1)
        new = self.make("2")
        gone = Thread(target=old.set_state, args=[{"_view_count": 0}])
        gone.start()
        wait_until(lambda: old._closed)
        segmenter.gate.set()
        gone.join(10)
        assert not gone.is_alive()
        assert old.comm is None
        new.close()

    def test_what_another_cell_made_or_shows_stays(self) -> None:
        elsewhere, shown_below = self.make("1", "other cell"), self.make("1")
        for widget in (elsewhere, shown_below):
            widget.set_state({"_view_count": 1})
        new = self.make("2")
        assert elsewhere.comm is not None
        assert shown_below.comm is not None
        for widget in (elsewhere, shown_below, new):
            widget.close()

    def test_two_widgets_of_one_run_do_not_replace_each_other(self) -> None:
        left, right = self.make("1"), self.make("1")
        for widget in (left, right):
            widget.set_state({"_view_count": 1})
            widget.set_state({"_view_count": 0})
        assert left.comm is not None
        assert right.comm is not None
        left.close()
        right.close()

    def test_replaced_widgets_leave_nothing_behind(self) -> None:
        gone = []
        for number in range(5):
            widget = self.make(str(number))
            gone.append(weakref.ref(widget))
            widget.set_state({"_view_count": 1})
            Screen(widget).click(10, 10)
            assert widget.masks[0, 10, 10]
            widget.set_state({"_view_count": 0})
        del widget
        wait_until(lambda: gc.collect() >= 0 and sum(ref() is not None for ref in gone) <= 1)
