"""Many images in one widget: what screens are told, and what they may ask."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from dynamite_widget import photographs as photographs_module
from dynamite_widget import session
from dynamite_widget.collection import Collection
from dynamite_widget.formats import collection_file
from dynamite_widget.images import RGBImage, to_rgb
from dynamite_widget.images import preview as to_preview
from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest
from tests.collection.labelled import HEIGHT, WIDTH
from tests.nearest_click import NearestClick
from tests.widget.view import Screen, Wire, wait_until

# On screen ----------------------------------------------------------------------------------------

MakeWidget = Callable[..., SegmentationWidget]


@pytest.fixture
def make_widget() -> Iterator[MakeWidget]:
    made: list[SegmentationWidget] = []

    def make(images: object, segmenter: NearestClick, **more: object) -> SegmentationWidget:
        made.append(SegmentationWidget(images=images, segmenter=segmenter, **more))
        return made[-1]

    yield make
    for widget in made:
        widget.close()


def arrive(widget: SegmentationWidget) -> None:
    """Wait until the image that was moved to is on the screen."""
    assert widget.collection is not None
    place = widget.collection.place

    def arrived() -> bool:
        with widget._wire:  # all that belongs to it, and not the first of its traits alone
            return widget._image_info["place"] == place

    wait_until(arrived)


@contextmanager
def nothing_opened_ahead(collection: Collection) -> Iterator[None]:
    """Moves inside the block are all that happens; then what is ahead is opened."""
    collection._sessions.pause = 3600
    yield
    collection._sessions.pause = 0
    collection.begin()
    collection.wait()


def photograph(widget: SegmentationWidget) -> bytes:
    """What screens show."""
    return getattr(widget, widget._image_info["held_in"])


def test_a_widget_shows_one_image_or_many(photographs: list[Path]) -> None:
    with pytest.raises(TypeError, match="none of them came"):
        SegmentationWidget()
    for many in (photographs, tuple(photographs), {"a": photographs[0]}, Collection(photographs)):
        with pytest.raises(TypeError, match=r"several are SegmentationWidget\(images=...\)"):
            SegmentationWidget(many)
    with pytest.raises(TypeError, match="both of them came"):
        SegmentationWidget(photographs[0], images=photographs)
    single = SegmentationWidget(photographs[0], segmenter=NearestClick())
    assert single.collection is None
    with pytest.raises(ValueError, match="shows one image"):
        single.next()
    Screen(single).send("next_image")
    assert "only one image" in single._error["message"]
    single.close()


def test_moving_brings_the_next_image_and_everything_of_the_widget_is_its(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    screen = Screen(widget)
    screen.click(10, 10)
    wait_until(lambda: at_rest(widget))
    before = photograph(widget)
    screen.send("next_image")
    arrive(widget)
    assert widget._image_info["name"] == "b.png"
    assert photograph(widget) not in (before, b"")
    assert (widget._scene["recent_objects"], widget.masks.shape) == ((), (0, HEIGHT, WIDTH))
    assert widget.collection is not None
    assert widget.session is widget.collection.session
    widget.go_to("a.png")
    assert widget.masks[0, 10, 10]
    assert len(widget._scene["recent_objects"]) == 1


def test_the_next_image_is_sent_ahead_so_that_a_move_takes_one_short_message(
    make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(0)
    images = {name: chance.integers(0, 256, (300, 200, 3), np.uint8) for name in "abcd"}
    wire = Wire(monkeypatch)
    widget = make_widget(images, NearestClick())
    collection = widget.collection
    assert collection is not None

    def sent_by(move: str) -> tuple[int, int]:
        collection.wait()
        wait_until(lambda: at_rest(widget))
        with nothing_opened_ahead(collection):
            wire.sizes.clear()
            Screen(widget).send(move)
            arrive(widget)
            wait_until(lambda: at_rest(widget))
            moving = sum(wire.sizes)
            assert photograph(widget) == to_preview(images[collection.name]).data
        return moving, sum(wire.sizes) - moving

    short, whole = 5_000, 100_000
    for move in ("next_image", "next_image"):
        moving, ahead = sent_by(move)
        assert (moving < short, ahead > whole) == (True, True)
    moving, ahead = sent_by("previous_image")  # the other direction: b was replaced by d
    assert (moving > whole, ahead > whole) == (True, True)
    moving, ahead = sent_by("previous_image")
    assert (moving < short, ahead < short) == (True, True)


def test_screens_know_which_neighbour_is_at_hand(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    collection = widget.collection
    assert collection is not None

    def at_hand() -> str | None:
        info = widget._collection["at_hand"]
        if info is None:
            return None
        shown, held = photograph(widget), getattr(widget, info["held_in"])
        assert held not in (shown, b"")
        assert (info["width"], info["height"]) == (WIDTH, HEIGHT)
        return info["name"]

    collection.wait()
    assert at_hand() == "b.png"
    with nothing_opened_ahead(collection):
        Screen(widget).send("next_image")
        assert at_hand() == "a.png"  # until the next one is there
    assert at_hand() == "c.png"
    with nothing_opened_ahead(collection):
        collection.mark("done", "c.png")
        collection.show_only("open")  # c is none of those that moves go to
        assert at_hand() is None
    assert at_hand() == "d.png"
    widget.go_to(4)
    arrive(widget)
    collection.wait()
    assert at_hand() is None  # nothing comes next, and what was sent is no neighbour


def test_photographs_are_not_sent_ahead_where_two_would_be_too_many_bytes_or_nobody_looks(
    photographs: list[Path], make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make_widget(photographs, NearestClick())
    assert widget.collection is not None
    widget.collection.wait()
    assert widget._other_image != b""
    widget.set_state({"_view_count": 1})
    widget.set_state({"_view_count": 0})
    widget.collection.begin()
    widget.collection.wait()
    assert (widget._image, widget._other_image) == (b"", b"")
    monkeypatch.setattr(photographs_module, "BOTH_BYTES", 100)
    widget.next()
    widget.collection.wait()
    assert photograph(widget) == to_preview(widget.session.image).data
    assert [widget._image, widget._other_image].count(b"") == 1


def test_a_click_on_the_way_belongs_to_the_image_that_the_person_saw(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    segmenter = NearestClick()
    widget = make_widget(photographs, segmenter)
    screen = Screen(widget)
    wait_until(lambda: segmenter.encoded >= 1)
    segmenter.gate.clear()
    screen.click(10, 10)
    wait_until(lambda: len(segmenter.asked) == 1)
    maps: list[bytes] = []
    widget.next()
    arrive(widget)
    widget.observe(lambda change: maps.append(change["new"]), "_label_map")
    late = {"id": 99, "view": "slow", "place": 0, "command": "add_click"}
    widget._handle_custom_msg(late | {"x": 40, "y": 20, "object_id": None}, [])
    assert widget._error == {}
    assert widget._scene["received"]["slow"] == 99
    segmenter.gate.set()
    assert widget.session.clicks == ()
    table = widget.to_frame()
    assert (table["image"].tolist(), table["n_clicks"].tolist()) == (["a.png"], [2])
    assert maps == []  # nothing of the first image is painted on the second
    assert widget.previous()
    assert widget.masks[0, [10, 20], [10, 40]].all()


def test_the_image_still_seen_can_be_clicked_on_while_a_far_one_is_opened(
    photographs: list[Path], make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = Event()

    def read(image: object, **options: object) -> RGBImage:
        if str(image) == str(photographs[3]):
            assert opening.wait(10)
        return to_rgb(image, **options)

    monkeypatch.setattr("dynamite_widget.session.to_rgb", read)
    widget = make_widget(photographs, NearestClick())
    screen = Screen(widget)
    assert widget.collection is not None
    widget.collection.wait()
    screen.send("go_to_image", to=3)
    wait_until(lambda: 0 not in widget.collection.in_memory)
    late = {"id": 99, "view": "slow", "place": 0, "command": "add_click"}
    widget._handle_custom_msg(late | {"x": 40, "y": 20, "object_id": None}, [])
    assert widget._image_info["place"] == 0
    assert [click[:2] for click in widget._click_log.list.clicks] == [(40, 20)]
    wait_until(lambda: len(widget._scene["recent_objects"]) == 1)
    opening.set()
    arrive(widget)
    assert (widget._image_info["place"], widget._click_log.list.clicks) == (3, ())


def test_a_mark_is_for_the_image_that_the_person_saw(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    screen = Screen(widget)
    screen.send("mark_image", status="done")
    assert widget._collection["status"] == "done"
    widget.next()
    arrive(widget)
    late = {"id": 2, "view": "slow", "place": 0, "command": "mark_image", "status": "flagged"}
    widget._handle_custom_msg(late, [])
    assert widget.collection is not None
    assert [*widget.collection.statuses.values()][:2] == ["flagged", "open"]
    screen.send("show_images", status="flagged")
    arrive(widget)
    assert widget._image_info["place"] == 0
    screen.send("mark_image", status="lost")
    assert "one of open, done, skipped, flagged" in widget._error["message"]


def test_a_missing_or_broken_image_is_said_and_one_can_go_on(
    photographs: list[Path], tmp_path: Path, make_widget: MakeWidget
) -> None:
    photographs[1].unlink()
    photographs[2].write_bytes(photographs[2].read_bytes()[:40])
    widget = make_widget(photographs, NearestClick(), path=tmp_path / "labels")
    screen = Screen(widget)
    screen.click(10, 10)
    screen.send("next_image")
    arrive(widget)
    assert "there is no file" in widget._collection["problem"]
    assert widget._error == {}  # it is said once, where the photograph would be
    assert (photograph(widget), widget._label_map) == (b"", b"")
    assert widget._scene["recent_objects"] == ()
    with pytest.raises(ValueError, match="there is no file"):
        _ = widget.masks
    screen.send("aim", x=0, y=0)  # a pointer that rests there asks for nothing
    assert widget._error == {}
    screen.send("undo")
    assert "there is no file" in widget._error["message"]
    screen.send("dismiss_error")
    screen.send("next_image")
    arrive(widget)
    assert widget._collection["problem"]
    screen.send("mark_image", status="skipped")
    screen.send("next_image")
    arrive(widget)
    assert (widget._error, widget._collection["problem"]) == ({}, None)
    screen.click(10, 10)
    assert widget.to_frame()["image"].tolist() == ["a.png", "d.png"]


def test_what_was_refused_on_one_image_is_not_said_of_the_next(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    Screen(widget).click(1000, 0)
    assert "x must be from 0" in widget._error["message"]
    widget.next()
    arrive(widget)
    assert widget._error == {}


def test_a_jump_says_at_once_that_it_is_under_way_and_waits_for_nothing(
    photographs: list[Path], make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make_widget(photographs, NearestClick())
    screen = Screen(widget)
    assert widget.collection is not None
    widget.collection.wait()
    wait_until(lambda: at_rest(widget))
    may_read, to_rgb = Event(), session.to_rgb

    def gated(image: object, **options: object) -> object:
        may_read.wait(timeout=30)
        return to_rgb(image, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "to_rgb", gated)
    screen.send("mark_image", status="done")
    screen.send("go_to_image", to=4)
    assert (widget._image_info["name"], widget._status["activity"]) == ("a.png", "encoding")
    assert widget._collection["status"] == "done"  # what is on the screen is still the first image
    screen.click(10, 10)
    screen.send("go_to_image", to=3)
    may_read.set()
    arrive(widget)
    wait_until(lambda: at_rest(widget))
    assert (widget._image_info["name"], widget._error) == ("d.png", {})
    assert widget.to_frame()["image"].tolist() == ["a.png"]


def test_nothing_comes_to_a_screen_after_the_widget_was_closed(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    for _ in range(20):
        widget = make_widget(photographs, NearestClick())
        widget.go_to(4)
        widget.close()
        widget._opening.submit(lambda: None).result()
        assert (widget._image, widget._other_image) == (b"", b"")


def test_an_act_for_an_image_left_long_ago_is_still_done_there(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    widget.go_to(4)
    assert widget.collection is not None
    widget.collection.wait()
    late = {"id": 1, "view": "slow", "place": 0, "command": "add_click"}
    widget._handle_custom_msg(late | {"x": 7, "y": 7, "object_id": None}, [])
    assert widget.to_frame()["image"].tolist() == ["a.png"]
    widget._handle_custom_msg(late | {"place": 70, "x": 7, "y": 7, "object_id": None}, [])
    assert "no image at place 70" in widget._error["message"]


def test_moves_among_clicks_lose_none(photographs: list[Path], make_widget: MakeWidget) -> None:
    widget = make_widget(photographs, NearestClick())
    screen = Screen(widget)
    chance = random.Random(0)
    made = dict.fromkeys(range(5), 0)
    for _ in range(60):
        if chance.random() < 0.5:
            made[widget._image_info["place"]] += 1
            screen.click(chance.randrange(WIDTH), chance.randrange(HEIGHT), 0)
        else:
            screen.send(chance.choice(["next_image", "previous_image"]))
    assert widget._error == {}
    for place, count in made.items():
        widget.go_to(place)
        assert len(widget.clicks) == count


def test_opacity_and_the_like_are_as_they_were_when_the_list_is_opened_again(
    photographs: list[Path], tmp_path: Path, make_widget: MakeWidget
) -> None:
    first = make_widget(photographs, NearestClick(), path=tmp_path / "labels", height=700)
    for tenths in range(9):
        first.set_state({"opacity": tenths / 10})
    first.next()
    assert first.opacity == 0.8
    first.close()
    again = make_widget(photographs, NearestClick(), path=tmp_path / "labels", numbers=True)
    assert (again.opacity, again.height, again.numbers) == (0.8, 700, True)
    index = tmp_path / "labels" / collection_file.FILE_NAME
    index.write_bytes(index.read_bytes() + b" ")
    again.set_state({"opacity": 0.1})
    wait_until(lambda: "changed by somebody else" in again._error.get("message", ""))
    assert again.opacity == 0.1


def test_pictures_of_images_of_one_name_lie_in_folders_of_their_own(
    make_widget: MakeWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("a.jpg", "a.png", "day/a.png", "day_a.png", "../A.jpg", "?")
    images = {name: np.full((HEIGHT, WIDTH, 3), k, np.uint8) for k, name in enumerate(names)}
    widget = make_widget(images, NearestClick())
    screen = Screen(widget)
    folders = []
    for number, name in enumerate(names, start=1):
        widget.go_to(name)
        arrive(widget)
        screen.click(10, 10)
        screen.send("save_pictures")
        wait_until(lambda number=number: widget._saved.get("number") == number)
        folders.append(widget._saved["folder"])
    assert folders[1:2] == ["a.png_pictures"]
    assert len({folder.casefold() for folder in folders}) == len(names)
    assert {path.name for path in tmp_path.iterdir()} == {*folders}
    assert all(len(list((tmp_path / folder).iterdir())) == 4 for folder in folders)


def test_a_widget_of_many_images_closes_and_stays_readable(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    Screen(widget).click(10, 10)
    widget.close()
    assert (widget._image, widget._other_image) == (b"", b"")
    assert widget.masks[0, 10, 10]
    assert len(widget.to_frame()) == 1
