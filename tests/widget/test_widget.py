"""A widget without a browser: what screens are told, and what they may ask."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamite_widget import run_lengths
from dynamite_widget.answering_thread import AnsweringThread
from dynamite_widget.clicks import Click
from dynamite_widget.collection import Collection
from dynamite_widget.commands import AddClick
from dynamite_widget.latency import Latency
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest
from tests.nearest_click import NearestClick
from tests.widget.view import HEIGHT, IMAGE, WIDTH, Screen, Wire, wait_until


def test_the_first_click_starts_an_object_and_the_next_ones_are_its(screen: Screen) -> None:
    screen.click(10, 10)
    screen.click(30, 10)
    widget = screen.widget
    assert [(o.id, len(o.clicks)) for o in widget.objects] == [(1, 2)]
    assert widget.label_map[10, 30] == 1
    assert widget._scene["active"] == 1


def test_three_quick_clicks_before_any_answer_are_one_object(
    screen: Screen, segmenter: NearestClick
) -> None:
    segmenter.gate.clear()
    for x in (10, 30, 50):
        screen.click(x, 10)
    segmenter.gate.set()
    assert screen.widget.masks.shape == (1, HEIGHT, WIDTH)
    assert screen.widget.masks[0, 10, [10, 30, 50]].all()


def test_that_an_answer_is_on_its_way_is_said_with_the_click_itself(
    screen: Screen, segmenter: NearestClick, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: screen.widget._status["encode_seconds"] is not None)
    segmenter.gate.clear()
    wire = Wire(monkeypatch)
    screen.click(10, 10)
    first = next(state for state in wire.states if "_scene" in state)
    assert first["_scene"]["click_change"]["added"] == ((10, 10, 1),)
    assert first["_status"]["activity"] == "segmenting"
    segmenter.gate.set()
    wait_until(lambda: at_rest(screen.widget))


def test_clicks_that_come_meanwhile_are_answered_together(
    screen: Screen, segmenter: NearestClick
) -> None:
    wait_until(lambda: segmenter.encoded == 1)
    segmenter.gate.clear()
    screen.click(10, 10)
    wait_until(lambda: len(segmenter.asked) == 1)
    for x in (20, 30, 40, 50):
        screen.click(x, 40)
    segmenter.gate.set()
    wait_until(lambda: at_rest(screen.widget))
    assert [len(clicks) for clicks in segmenter.asked] == [1, 5]


def test_a_screen_never_gets_an_answer_that_newer_clicks_have_overtaken(
    screen: Screen, segmenter: NearestClick
) -> None:
    widget = screen.widget
    painted: list[np.ndarray] = []
    widget.observe(lambda change: painted.append(run_lengths.decode(change["new"])), "_label_map")
    wait_until(lambda: segmenter.encoded == 1)
    segmenter.gate.clear()
    screen.click(10, 10)
    wait_until(lambda: len(segmenter.asked) == 1)
    screen.send("undo")
    screen.click(50, 40)
    segmenter.gate.set()
    wait_until(lambda: at_rest(widget))
    assert all(label_map[10, 12] == 0 for label_map in painted)
    assert painted[-1][40, 50] == 2


def test_the_next_cell_reads_the_answer_to_every_click(
    screen: Screen, segmenter: NearestClick
) -> None:
    segmenter.gate.clear()
    screen.click(10, 10)
    threading.Timer(0.05, segmenter.gate.set).start()
    assert screen.widget.label_map[10, 10] == 1


def test_what_a_screen_needs_is_all_in_the_traits(screen: Screen) -> None:
    screen.click(10, 10)
    screen.click(30, 40, 0)
    widget = screen.widget
    wait_until(lambda: at_rest(widget))
    state = widget.get_state()
    assert np.array_equal(run_lengths.decode(state["_label_map"]), widget.label_map)
    assert state["_clicks"]["clicks"] == ((10, 10, 1), (30, 40, 0))
    assert state["_clicks"]["number"] == state["_scene"]["click_change"]["number"]
    assert [row["id"] for row in state["_scene"]["recent_objects"]] == [1]
    assert widget.get_state("_image")["_image"].startswith(b"\x89PNG")
    assert (state["_image_info"]["width"], state["_image_info"]["height"]) == (WIDTH, HEIGHT)


def test_a_click_made_in_a_cell_reaches_the_screen(widget: SegmentationWidget) -> None:
    k = widget.add_object(name="left one")
    widget.click(20, 20, k)
    wait_until(lambda: at_rest(widget))
    (row,) = widget._scene["recent_objects"]
    assert (row["name"], row["clicks"], row["area"] > 0) == ("left one", 1, True)
    assert run_lengths.decode(widget._label_map)[20, 20] == k


def test_a_bad_message_is_shown_and_changes_nothing(screen: Screen) -> None:
    screen.click(10, 10)
    widget = screen.widget
    before = widget.view.state
    screen.send("add_click", x=1000, y=1, object_id=1)
    assert "x must be from 0 to 80, not 1000" in widget._error["message"]
    assert "ProtocolError" in widget._error["details"]
    screen.send("lock", object_id=99)
    assert "there is no object 99" in widget._error["message"]
    assert widget.view.state == before
    assert widget._scene["received"] == {"left": 3}


def test_a_dismissed_error_is_gone_from_every_screen(screen: Screen) -> None:
    screen.send("lock", object_id=99)
    assert screen.widget._error
    screen.send("dismiss_error")
    assert screen.widget._error == {}


def test_clicks_that_the_model_cannot_answer_are_taken_back_and_said(
    screen: Screen, segmenter: NearestClick
) -> None:
    screen.click(10, 10)
    widget = screen.widget
    assert widget.label_map[10, 10] == 1
    segmenter.fails = RuntimeError("out of ideas")
    screen.click(50, 40)
    wait_until(lambda: bool(widget._error))
    assert "out of ideas" in widget._error["message"]
    assert "Traceback" in widget._error["details"]
    wait_until(lambda: at_rest(widget))
    assert len(widget.clicks) == 1
    segmenter.fails = None
    screen.click(50, 40)
    assert widget.label_map[40, 50] == 1


def test_a_dot_is_deleted_or_moved_where_it_is_and_nowhere_else(screen: Screen) -> None:
    screen.click(10, 10)
    screen.click(30, 10)
    screen.send("move_click", index=1, at=[30, 10], x=40, y=40)
    screen.send("delete_click", index=0, at=[10, 10])
    assert [(c.x, c.y) for c in screen.widget.clicks] == [(40, 40)]
    screen.send("delete_click", index=0, at=[10, 10])
    assert "no longer there" in screen.widget._error["message"]
    assert len(screen.widget.clicks) == 1


def test_every_request_does_what_its_session_method_does(screen: Screen) -> None:
    screen.send("add_object")
    screen.send("set_label", object_id=1, label="cat")
    screen.send("rename", object_id=1, name="Chelsea")
    screen.send("set_color", object_id=1, color="#123456")
    screen.send("set_attribute", object_id=1, name="age", value=3)
    screen.send("set_visible", object_id=1, visible=False)
    screen.click(10, 10)
    screen.send("brush", object_id=1, path=[[40, 40], [50, 40]], radius=2)
    screen.send("lock", object_id=1)
    (cat,) = screen.widget.objects
    assert (cat.label, cat.name, cat.color, dict(cat.attributes)) == (
        "cat",
        "Chelsea",
        "#123456",
        {"age": 3},
    )
    assert (cat.visible, cat.locked, cat.edited_pixels > 0) == (False, True, True)
    screen.send("unlock", object_id=1)
    screen.send("erase", object_id=1, path=[[50, 40]], radius=1)
    screen.send("polygon", object_id=None, points=[[60, 40], [70, 40], [70, 50]])
    assert screen.widget.label_map[40, [45, 50]].tolist() == [1, 0]
    assert screen.widget.label_map[43, 68] == 1
    screen.send("set_bound", object_id=1, bound=[0, 0, 30, 30])
    assert screen.widget.objects[0].bound == (0, 0, 30, 30)
    screen.send("remove_object", object_id=1)
    assert screen.widget.objects == ()
    assert screen.widget._error == {}


def test_a_name_for_the_active_object_is_nobodys_where_a_new_one_was_refused(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.send("rename", object_id=None, name="nobody")
    screen.send("add_object")
    screen.send("rename", object_id=None, name="Chelsea")
    monkeypatch.setattr("dynamite_widget.commands.objects.MAX_OBJECT_ID", 1)
    screen.send("add_object")
    assert "at most 1 objects" in screen.widget._error["message"]
    screen.send("rename", object_id=None, name="Rex")
    assert [found.name for found in screen.widget.objects] == ["Chelsea"]


def test_the_eraser_takes_from_the_active_object_or_from_any_where_none_is_active(
    screen: Screen,
) -> None:
    def erase() -> list[int]:
        screen.send("erase", object_id=None, path=[[10, 10], [50, 10]], radius=1)
        return [int(screen.widget.label_map[10, x]) for x in (10, 50)]

    for x in (10, 50):
        screen.send("add_object")
        screen.send("brush", object_id=None, path=[[x, 10]], radius=2)
    assert erase() == [1, 0]
    screen.send("activate", object_id=None)
    assert erase() == [0, 0]
    assert screen.widget._error == {}


def test_a_stroke_that_misses_the_image_is_no_act(screen: Screen) -> None:
    screen.send("brush", object_id=None, path=[[-30, 10], [-10, 10]], radius=2)
    assert screen.widget.objects == ()
    assert not screen.widget.session.can_undo
    screen.send("polygon", object_id=None, points=[[60, 40], [70, 40], [70, 50]])
    screen.send("undo")
    assert screen.widget.objects == (), "it was drawn in one step"


def test_a_box_without_an_active_object_starts_one_inside_it(screen: Screen) -> None:
    screen.send("prompt_box", object_id=None, box=[10, 10, 20, 10])
    (found,) = screen.widget.objects
    assert found.bound == (10, 10, 20, 10)
    assert found.area > 0


def test_undo_and_redo_are_the_sessions(screen: Screen) -> None:
    screen.click(10, 10)
    screen.send("undo")
    assert screen.widget.objects == ()
    assert screen.widget._scene["can_redo"]
    screen.send("redo")
    assert screen.widget.label_map[10, 10] == 1
    screen.send("reset")
    assert screen.widget.objects == ()


def test_the_newest_object_is_active_and_none_is_after_it_went(screen: Screen) -> None:
    screen.send("add_object")
    screen.send("add_object")
    assert screen.widget._scene["active"] == 2
    screen.send("activate", object_id=1)
    assert screen.widget._scene["active"] == 1
    screen.send("remove_object", object_id=1)
    assert screen.widget._scene["active"] is None
    screen.send("undo")
    assert screen.widget._scene["active"] == 1


def test_new_objects_carry_the_label_chosen_last() -> None:
    widget = SegmentationWidget(IMAGE, labels=["car", "person"], segmenter=NearestClick())
    screen = Screen(widget)
    screen.click(10, 10)
    screen.send("set_label", object_id=1, label="person")
    screen.send("add_object")
    screen.send("set_label", object_id=None, label="car")  # of the object just begun
    screen.send("activate", object_id=None)
    screen.send("set_label", object_id=None, label="person")  # of the one to come
    screen.send("add_object")
    assert [o.label for o in widget.objects] == ["person", "car", "person"]
    screen.send("set_label", object_id=None, label="tree")
    assert "'tree' is not one of the labels here: car, person" in widget._error["message"]
    widget.close()


def test_an_object_that_changes_unasked_is_named(screen: Screen) -> None:
    widget = screen.widget
    screen.click(20, 20)
    wait_until(lambda: at_rest(widget))
    screen.send("add_object")
    screen.click(28, 20)
    wait_until(lambda: at_rest(widget))
    assert widget._scene["others"] == (1,)


def test_two_screens_are_told_apart(widget: SegmentationWidget) -> None:
    left, right = Screen(widget, "left"), Screen(widget, "right")
    left.click(10, 10)
    right.click(50, 40)
    right.click(52, 40)
    assert widget._scene["received"] == {"left": 1, "right": 2}


def test_settings_are_keywords_and_attributes_and_travel_to_screens() -> None:
    widget = SegmentationWidget(IMAGE, segmenter=NearestClick(), opacity=0.3, height=700)
    widget.numbers = True
    state = widget.get_state()
    assert (state["opacity"], state["height"], state["numbers"]) == (0.3, 700, True)
    widget.set_state({"opacity": 0.8})
    assert widget.opacity == 0.8
    widget.close()


def test_a_setting_out_of_bounds_says_what_is_allowed(widget: SegmentationWidget) -> None:
    with pytest.raises(ValueError, match="opacity is a number from 0 to 1, not 3"):
        SegmentationWidget(IMAGE, segmenter=NearestClick(), opacity=3)
    with pytest.raises(ValueError, match="click_radius is a number from 0 to 10, not 'big'"):
        widget.click_radius = "big"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="outline is True or False, not 7"):
        widget.outline = 7  # type: ignore[assignment]
    widget.set_state({"opacity": 9})
    assert "opacity is a number from 0 to 1, not 9" in widget._error["message"]
    assert widget.opacity == 0.5


def test_an_unknown_keyword_gets_a_hint() -> None:
    with pytest.raises(TypeError, match="no keyword 'opacty'; did you mean 'opacity'"):
        SegmentationWidget(IMAGE, opacty=0.4)
    with pytest.raises(TypeError, match="no keyword 'colour'"):
        SegmentationWidget(IMAGE, colour="red")


def test_the_widget_has_everything_its_session_has(widget: SegmentationWidget) -> None:
    public = {name for name in dir(Session) if not name.startswith("_")}
    assert public <= set(dir(widget))
    assert widget.size == (HEIGHT, WIDTH)
    assert widget.click.__doc__ == Session.click.__doc__
    with pytest.raises(AttributeError):
        widget.size = (1, 1)
    widget.masks = np.ones((1, HEIGHT, WIDTH), bool)
    assert widget.session.label_map.all()


def test_what_makes_a_session_makes_a_widget_that_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    session = Session.from_masks(IMAGE, [np.ones((HEIGHT, WIDTH), bool)], labels=["car"])
    session.save(path)
    segmenter = NearestClick()
    recovered, lost = SegmentationWidget.recover(path, IMAGE, segmenter=segmenter, opacity=0.2)
    made = [
        SegmentationWidget.load(path, IMAGE, segmenter, opacity=0.2),
        recovered,
        SegmentationWidget.from_saved(session.to_saved(), IMAGE, segmenter, opacity=0.2),
        SegmentationWidget.from_annotations(
            IMAGE, session.annotations, segmenter=segmenter, opacity=0.2
        ),
        SegmentationWidget.from_masks(
            IMAGE, session.masks, labels=["car"], segmenter=segmenter, opacity=0.2
        ),
    ]
    assert lost == ()
    for widget in made:
        assert isinstance(widget, SegmentationWidget)
        assert widget.opacity == 0.2
        assert [row["label"] for row in widget._scene["recent_objects"]] == ["car"]
        assert run_lengths.decode(widget._label_map).all()
        widget.close()
    assert "saved session stopped" in (SegmentationWidget.load.__doc__ or "")
    with pytest.raises(TypeError, match="opacty"):
        SegmentationWidget.load(path, IMAGE, opacty=0.2)
    for name in ("load", "recover", "from_masks", "from_annotations", "from_saved"):
        with pytest.raises(TypeError, match=rf"makes a new widget: SegmentationWidget\.{name}"):
            getattr(made[0], name)(path)


def test_a_session_can_be_shown() -> None:
    session = Session(IMAGE, NearestClick(), labels=["a"])
    session.click(10, 10, session.add_object("a"))
    widget = SegmentationWidget(session)
    assert widget.session is session
    assert [row["label"] for row in widget._scene["recent_objects"]] == ["a"]
    widget.close()


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("labels", ["b"]),
        ("segmenter", NearestClick()),
        ("path", "elsewhere.session.json"),
        ("channel_order", "bgr"),
    ],
)
def test_what_a_session_brings_itself_is_not_silently_ignored(keyword: str, value: object) -> None:
    shown: dict[str, Any] = {"image": Session(IMAGE), "images": Collection({"a": IMAGE})}
    for name, one in shown.items():
        kind = type(one).__name__
        with pytest.raises(TypeError, match=rf"a {kind} brings its own .* give {keyword} to"):
            SegmentationWidget(**{name: one, keyword: value})
        SegmentationWidget(**{name: one}, height=300).close()


def test_the_same_path_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    first = SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path)
    Screen(first).click(10, 10)
    wait_until(lambda: at_rest(first))
    first.close()
    second = SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path)
    assert run_lengths.decode(second._label_map)[10, 10] == 1
    assert second.label_map[10, 10] == 1
    second.close()


def test_the_image_is_encoded_before_anybody_clicks(
    widget: SegmentationWidget, segmenter: NearestClick
) -> None:
    wait_until(lambda: segmenter.encoded == 1)
    wait_until(lambda: widget._status["encode_seconds"] is not None)
    Screen(widget).click(10, 10)
    wait_until(lambda: widget._status["last_seconds"] is not None)
    assert segmenter.encoded == 1


def test_a_model_that_cannot_read_the_image_is_said_at_once() -> None:
    class Broken(NearestClick):
        def encode(self, image: np.ndarray) -> tuple[int, int]:
            raise RuntimeError("no such layer")

    widget = SegmentationWidget(IMAGE, segmenter=Broken())
    wait_until(lambda: bool(widget._error))
    assert "no such layer" in widget._error["message"]
    widget.close()


def test_a_closed_widget_sends_nothing_and_its_masks_can_still_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    widget = SegmentationWidget(IMAGE, segmenter=NearestClick())
    Screen(widget).click(10, 10)
    wait_until(lambda: at_rest(widget))
    widget.close()
    wire = Wire(monkeypatch)
    widget.click(50, 40, 1)
    widget.close()
    assert wire.sizes == []
    assert widget.masks[0, 40, 50]


def test_messages_from_many_threads_are_each_done_once(screen: Screen) -> None:
    screen.click(5, 5)
    threads = [
        threading.Thread(target=Screen(screen.widget, f"view {k}").click, args=(k, 30, 1))
        for k in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(click.x for click in screen.widget.clicks[1:]) == list(range(24))
    wait_until(lambda: at_rest(screen.widget))
    drawn = run_lengths.decode(screen.widget._label_map)
    assert np.array_equal(drawn, screen.widget.label_map)


def test_clicks_that_a_crash_left_without_an_answer_are_answered_when_they_are_shown(
    tmp_path: Path,
) -> None:
    path = tmp_path / "street.session.json"
    broken_off = Session(IMAGE, NearestClick(), path=path)
    broken_off.apply(AddClick(Click(10, 10, broken_off.add_object())))
    widget = SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path)
    wait_until(lambda: at_rest(widget))
    assert widget._scene["version"] == widget._status["answered"] > 0
    assert widget.session.view.answered
    assert widget.session.view.label_map[10, 10] == 1
    widget.close()


def test_a_message_that_cannot_be_sent_costs_no_click() -> None:
    session = Session(IMAGE, NearestClick())
    failures: list[BaseException] = []

    def publish() -> None:
        if session.pending is not None and len(failures) < 1:
            failures.append(OSError("the wire is cut"))
            raise failures[0]

    answering = AnsweringThread(session, Latency(), publish=publish, failed=failures.append)
    session.apply(AddClick(Click(10, 10, session.add_object())))
    answering.wake()
    answering.finish()
    assert answering.status(0).activity == "idle"
    assert [str(failure) for failure in failures] == ["the wire is cut"]
    assert session.view.state.clicks == (Click(10, 10, 1),)
    assert session.label_map[10, 10] == 1
