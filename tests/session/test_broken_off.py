"""A session that was broken off before its answer waits for it, whatever comes in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dynamite_widget.clicks import Click
from dynamite_widget.commands import (
    Act,
    AddClick,
    AddObject,
    DeleteClick,
    MoveClick,
    Paint,
    RemoveObject,
    Rename,
)
from dynamite_widget.regions import Region
from dynamite_widget.session import Change, Session
from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
from tests.session.scene import HEIGHT, IMAGE, WIDTH, disc
from tests.widget.view import wait_until

LEFT, RIGHT = np.zeros((2, HEIGHT, WIDTH), bool)
LEFT[20:34, 4:20] = RIGHT[20:34, 22:36] = True

ACTS: tuple[Act | None, ...] = (  # None is an undo
    AddClick(Click(5, 5, 1)),
    AddClick(Click(12, 27, 1)),
    AddObject(at=(50, 10)),
    Rename(3, "Herbie"),
    AddClick(Click(30, 30, 2)),
    RemoveObject(2),
    None,
    Paint(3, Region.brush([(40, 5)], 2, size=(HEIGHT, WIDTH))),
    MoveClick(0, 9, 9),
    AddClick(Click(55, 14, 0)),
    None,
    DeleteClick(1),
)


def left_behind(path: Path, answered: int, said: int) -> Session:
    """What a crash leaves after so many acts were answered and so many were said."""
    path.unlink(missing_ok=True)
    session = Session.from_masks(IMAGE, [LEFT, RIGHT], segmenter=NearestClick(), path=path)
    for number, act in enumerate(ACTS[:said], 1):
        if act is None:
            session.step_back()
        else:
            session.apply(act)
        if number <= answered:
            session.settle()
    return session


def crashes(path: Path) -> Iterator[tuple[Session, Session]]:
    """The session that broke off, and the one opened anew, for every moment of a crash."""
    for said in range(1, len(ACTS) + 1):
        for answered in range(said):
            yield left_behind(path, answered, said), Session(IMAGE, NearestClick(), path=path)


def segmenter_of(session: Session) -> NearestClick:
    segmenter = session._answers._asker._find_segmenter()
    assert isinstance(segmenter, NearestClick)
    return segmenter


def close(session: Session) -> None:
    session.close()


def fail(session: Session) -> None:
    if session.pending is None:
        return
    segmenter = segmenter_of(session)
    segmenter.fails = RuntimeError("out of memory")
    heard: list[Change] = []
    stop = session.listen(heard.append)
    with pytest.raises(RuntimeError, match="out of memory"):
        session.settle()
    stop()
    assert heard[-1].error is segmenter.fails
    segmenter.fails = None


def fail_after_a_click(session: Session) -> None:
    state = session.view.state
    session.apply(AddClick(Click(40, 30, 1)))
    fail(session)
    assert session.view.state == state


def click_and_undo(session: Session) -> None:
    session.apply(AddClick(Click(40, 30, 1)))
    session.step_back()


MEANWHILE: dict[str, Callable[[Session], None]] = {
    "closed": close,
    "failed": fail,
    "a click more failed": fail_after_a_click,
    "a click more was undone": click_and_undo,
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_wherever_a_session_broke_off_it_shows_what_it_would_have(
    meanwhile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)  # no power fails here, and it takes its time
    path = tmp_path / "street.session.json"
    waited = 0
    for before, after in crashes(path):
        waited += after.pending is not None
        for _ in range(2):
            MEANWHILE[meanwhile](after)
        saved = Session.load(path, IMAGE, NearestClick())
        assert after.pending == before.pending == saved.pending
        assert after.view.state == before.view.state == saved.view.state
        assert after.can_undo
        np.testing.assert_array_equal(after.label_map, before.label_map)
        np.testing.assert_array_equal(saved.label_map, before.label_map)
    assert waited > 40


def test_acts_that_need_no_model_stay_when_the_answer_fails_again(tmp_path: Path) -> None:
    left_behind(tmp_path / "a", answered=2, said=3)
    session = Session(IMAGE, NearestClick(), path=tmp_path / "a")
    session.rename(3, "Herbie")
    session.rename(3, "Christine")
    session.step_back()
    fail(session)
    assert session.view.objects[-1].name == "Herbie"
    assert session.can_redo
    session.redo()
    assert session.objects[-1].name == "Christine"
    assert session.objects[-1].area == disc(50, 10).sum()


def test_who_asks_is_told_that_the_clicks_wait_until_they_are_answered(tmp_path: Path) -> None:
    left_behind(tmp_path / "a", answered=2, said=3)
    session = Session(IMAGE, NearestClick(), path=tmp_path / "a")
    segmenter_of(session).fails = error = RuntimeError("out of memory")
    for ask in (session.to_frame, session.to_coco, lambda: session.click(30, 5, 1)):
        with pytest.raises(RuntimeError):
            ask()
        assert "still wait" in error.__notes__[-1]
    assert len(session.clicks) == 3


def test_a_screen_asks_again_when_somebody_acts_and_not_for_ever(tmp_path: Path) -> None:
    left_behind(tmp_path / "a", answered=2, said=3)
    segmenter = NearestClick()
    segmenter.fails = RuntimeError("out of memory")
    widget = SegmentationWidget(IMAGE, segmenter=segmenter, path=tmp_path / "a")

    def is_idle() -> bool:
        for _ in range(2):  # what is being done may bring something more
            widget._shown.answering.do(lambda: None).result(timeout=30)
        return widget._status["activity"] == "idle"

    wait_until(lambda: widget._error != {} and is_idle())
    for turn, name in enumerate(("Herbie", "Christine"), 1):
        assert widget.session.pending is not None
        assert widget._status["answered"] == widget._scene["version"], "nobody is to wait"
        assert len(segmenter.asked) == turn
        widget.session.rename(3, name)
        wait_until(is_idle)
    segmenter.fails = None
    widget.session.rename(3, "Dudu")
    wait_until(lambda: widget.session.pending is None and is_idle())
    assert widget._status["answered"] == widget._scene["version"]
    assert widget.session.view.objects[-1].area == disc(50, 10).sum()
    widget.close()


def test_an_act_that_only_the_model_could_answer_does_not_pass_for_answered() -> None:
    session = Session.from_masks(IMAGE, [LEFT, RIGHT], segmenter=NearestClick())
    seen = session.click(12, 27, 1)
    session.close()
    segmenter_of(session).fails = RuntimeError("out of memory")
    session.apply(AddClick(Click(5, 5, 1)))
    session.apply(RemoveObject(2))
    with pytest.raises(RuntimeError):
        session.settle()
    np.testing.assert_array_equal(session.label_map, seen)
    segmenter_of(session).fails = None
    session.remove_object(2)
    assert [each.id for each in session.objects] == [1]
