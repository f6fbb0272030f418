"""Saying and answering are apart, and a model that fails takes nothing with it."""

from __future__ import annotations

from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest

from dynamite_widget.asking import Asker
from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick, AddObject, Paint, Rename
from dynamite_widget.regions import Region
from dynamite_widget.session import Change, Session
from tests.nearest_click import NearestClick
from tests.session.scene import HEIGHT, IMAGE, WIDTH, disc

# Errors of the segmenter


def test_a_click_that_cannot_be_answered_stays_out(
    session: Session, segmenter: NearestClick
) -> None:
    car = session.add_object()
    seen = session.click(5, 5, car)
    segmenter.fails = RuntimeError("out of memory")
    with pytest.raises(RuntimeError, match="out of memory") as caught:
        session.click(30, 30, car)
    assert "taken back" in caught.value.__notes__[0]
    assert session.clicks == (Click(5, 5, car),)
    np.testing.assert_array_equal(session.label_map, seen)
    segmenter.fails = None
    session.click(30, 30, car)
    np.testing.assert_array_equal(session.label_map == car, disc(5, 5) | disc(30, 30))
    session.undo()
    np.testing.assert_array_equal(session.label_map, seen)


def test_only_clicks_go_when_an_answer_fails(session: Session, segmenter: NearestClick) -> None:
    car = session.add_object()
    session.click(5, 5, car)
    segmenter.fails = RuntimeError("out of memory")
    session.apply(AddClick(Click(30, 30, car)))
    session.apply(Rename(car, "Herbie"))
    session.apply(AddObject(at=(50, 30)))
    started = session.view.objects[-1].id
    session.apply(Rename(started, "Christine"))
    session.apply(Paint(car, Region.brush([(50, 10)], 3, size=session.size)))
    with pytest.raises(RuntimeError):
        session.settle()
    (seen,) = session.objects
    assert (seen.id, seen.name, seen.clicks) == (car, "Herbie", (Click(5, 5, car),))
    assert session.label_map[10, 50] == car
    segmenter.fails = None
    for _ in range(4):
        session.undo()
    assert session.objects == ()
    assert session.add_object() > started


def test_an_undo_that_cannot_be_answered_is_taken_back(
    session: Session, segmenter: NearestClick
) -> None:
    car = session.add_object()
    session.click(5, 5, car)
    session.click(30, 30, car)
    session.close()
    segmenter.fails = RuntimeError("out of memory")
    with pytest.raises(RuntimeError):
        session.undo()
    assert len(session.clicks) == 2
    segmenter.fails = None
    np.testing.assert_array_equal(session.undo() == car, disc(5, 5))


@pytest.mark.parametrize(
    "answer",
    [np.zeros((3, 3), np.uint16), np.zeros((HEIGHT, WIDTH)), np.full((HEIGHT, WIDTH), -1), None],
)
def test_an_answer_that_is_no_label_map_is_refused(answer: object) -> None:
    wrong = SimpleNamespace(encode=lambda image: None, segment=lambda features, clicks: answer)
    session = Session(IMAGE, wrong)
    car = session.add_object()
    with pytest.raises(ValueError, match=r"must be a label map|labels go from 0"):
        session.click(5, 5, car)
    assert session.clicks == ()


def test_of_many_answers_the_oldest_are_forgotten_and_asked_for_anew(
    segmenter: NearestClick, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = Asker(IMAGE, lambda: segmenter)
    clicks = tuple(Click(x, 5, 1) for x in range(5, 35))
    one = asker.ask(clicks[:1]).nbytes
    monkeypatch.setattr("dynamite_widget.asking.REMEMBERED_BYTES", 10 * one)
    for _ in range(2):  # what is asked twice is not counted twice
        for count in range(1, len(clicks) + 1):
            asker.ask(clicks[:count])
            asker.remember(clicks[:count], asker.ask(clicks[:count]))
    known = [asker.remembered(clicks[:count]) is not None for count in range(1, len(clicks) + 1)]
    assert known == sorted(known)
    assert 3 <= sum(known) <= 10
    assert len(segmenter.asked) == 1 + 2 * len(clicks) - 1


def test_closing_gives_memory_back_and_the_session_goes_on(
    session: Session, segmenter: NearestClick
) -> None:
    car = session.add_object()
    session.click(5, 5, car)
    assert session.encoded
    session.close()
    assert not session.encoded
    session.click(30, 30, car)
    assert segmenter.encoded == 2


# Saying and answering apart


def test_a_screen_says_first_and_answers_later(session: Session, segmenter: NearestClick) -> None:
    car = session.start_object(AddObject())
    snapshot = session.apply(AddClick(Click(5, 5, car)))
    assert snapshot is not None
    assert snapshot.clicks == (Click(5, 5, car),)
    assert session.pending == snapshot
    assert segmenter.asked == []
    assert session.view.label_map[5, 5] == car
    assert session.view.objects[0].area == 1
    change = session.install(snapshot, session.compute(snapshot))
    assert change is not None
    assert session.pending is None
    np.testing.assert_array_equal(session.view.label_map == car, disc(5, 5))


def test_a_stale_answer_is_never_shown(session: Session, segmenter: NearestClick) -> None:
    car = session.add_object()
    first = session.apply(AddClick(Click(5, 5, car)))
    assert first is not None
    answer = session.compute(first)
    second = session.apply(AddClick(Click(30, 30, car)))
    assert second is not None
    assert session.install(first, answer) is None
    assert session.pending == second
    assert session.view.objects[0].area == 2
    session.settle()
    assert segmenter.asked == [first.clicks, second.clicks]
    session.undo()
    assert len(segmenter.asked) == 2
    np.testing.assert_array_equal(session.label_map == car, disc(5, 5))


def test_a_new_name_does_not_make_an_answer_stale(session: Session) -> None:
    car = session.add_object()
    snapshot = session.apply(AddClick(Click(5, 5, car)))
    assert snapshot is not None
    answer = session.compute(snapshot)
    session.apply(Rename(car, "Herbie"))
    assert session.install(snapshot, answer) is not None
    assert session.objects[0].name == "Herbie"
    assert session.objects[0].area == disc(5, 5).sum()


def test_what_is_read_holds_the_answer_to_every_click(session: Session) -> None:
    car = session.add_object()
    session.apply(AddClick(Click(5, 5, car)))
    session.apply(AddClick(Click(30, 30, car)))
    np.testing.assert_array_equal(session.masks[0], disc(5, 5) | disc(30, 30))


def test_listeners_hear_which_other_objects_changed(session: Session) -> None:
    heard: list[Change] = []
    car, person = session.add_object(), session.add_object()
    session.click(20, 20, car)
    stop = session.listen(heard.append)
    session.click(28, 20, person)
    said, answered = heard
    assert (said.changed, said.others) == ({person}, set())
    assert (answered.changed, answered.acted_on, answered.others) == (
        {car, person},
        {person},
        {car},
    )
    heard.clear()
    session.click(16, 20)
    assert heard[-1].changed == {car}
    assert heard[-1].others == set()
    stop()
    session.click(50, 5, person)
    assert len(heard) == 2


def test_listeners_hear_why_clicks_were_taken_back(
    session: Session, segmenter: NearestClick
) -> None:
    heard: list[Change] = []
    session.listen(heard.append)
    car = session.add_object()
    segmenter.fails = RuntimeError("out of memory")
    with pytest.raises(RuntimeError):
        session.click(5, 5, car)
    assert heard[-1].error is segmenter.fails
    assert heard[-1].changed == {car}


def test_a_session_may_be_used_from_many_threads(session: Session, segmenter: NearestClick) -> None:
    ids = [session.add_object() for _ in range(4)]

    def label(object_id: int) -> None:
        for turn in range(10):
            session.click(10 * object_id, 3 * turn + 1, object_id)
            session.rename(object_id, f"turn {turn}")
            assert session.label_map[3 * turn + 1, 10 * object_id] == object_id

    threads = [Thread(target=label, args=(object_id,)) for object_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(session.clicks) == 40
    assert [each.name for each in session.objects] == ["turn 9"] * 4
    assert segmenter.encoded == 1
    for click in session.clicks:
        assert session.label_map[int(click.y), int(click.x)] == click.object_id
    for _ in range(80):
        session.undo()
    assert session.clicks == ()


def test_while_one_thread_computes_another_may_speak(
    session: Session, segmenter: NearestClick
) -> None:
    car = session.add_object()
    segmenter.gate.clear()
    worker = Thread(target=session.click, args=(5, 5, car))
    worker.start()
    while not segmenter.asked:
        pass
    session.rename(car, "Herbie")
    session.apply(AddClick(Click(30, 30, car)))
    assert session.view.objects[0].name == "Herbie"
    segmenter.gate.set()
    worker.join()
    np.testing.assert_array_equal(session.label_map == car, disc(5, 5) | disc(30, 30))
