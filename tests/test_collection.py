"""Many images: one is looked at, all are kept, and nothing is read that nobody looks at."""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from dynamite_widget import image_list, session
from dynamite_widget.collection import Collection
from dynamite_widget.features import Features
from dynamite_widget.formats import collection_file
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.fake_network import FakeRecord
from tests.fake_network import NearestClick as FakeNetwork
from tests.nearest_click import NearestClick
from tests.test_widget import Screen, shown, wait_until

WIDTH, HEIGHT = 48, 32


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Five small pictures, all different."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    paths = [folder / f"{letter}.png" for letter in "abcde"]
    for shade, path in enumerate(paths):
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(path)
    return paths


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the images that were decoded, in order."""
    names: list[str] = []
    to_rgb = session.to_rgb

    def noted(image: object, **options: object) -> object:
        names.append(Path(str(image)).name)
        return to_rgb(image, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "to_rgb", noted)
    return names


def label(collection: Collection, x: int = 10) -> None:
    work = collection.session
    work.click(x, 10, work.add_object())


# Order and memory ---------------------------------------------------------------------------------


def test_a_thousand_images_are_open_and_only_those_near_the_current_one_are_read(
    tmp_path: Path, decoded: list[str]
) -> None:
    paths = [tmp_path / f"{number:04}.png" for number in range(1000)]
    for path in paths[500:504]:
        Image.new("RGB", (WIDTH, HEIGHT)).save(path)
    segmenter = NearestClick()
    collection = Collection(paths, segmenter, path=tmp_path / "labels")
    assert (len(collection), decoded, segmenter.encoded) == (1000, [], 0)
    collection.go_to(501)
    label(collection)
    collection.wait()
    assert decoded == ["0501.png", "0502.png"]
    assert len(collection.to_frame()) == 1
    assert decoded == ["0501.png", "0502.png"]


def test_no_image_is_kept_but_the_current_one_and_its_neighbours(photographs: list[Path]) -> None:
    others = [one for one in gc.get_objects() if type(one) is Session]
    collection = Collection(photographs, NearestClick())
    for place in (1, 2, 3, 4):
        label(collection)
        collection.next()
        collection.wait()
        assert collection.in_memory == {place - 1, place, place + 1} & {*range(5)}
    gc.collect()
    kept = [one for one in gc.get_objects() if type(one) is Session and one not in others]
    assert len(kept) == 2
    assert len(collection.to_frame()) == 4


def test_the_next_image_is_encoded_while_one_is_labelled(
    photographs: list[Path], decoded: list[str]
) -> None:
    segmenter = NearestClick()
    collection = Collection(photographs, segmenter)
    collection.begin()
    collection.wait()
    assert segmenter.encoded == 2
    collection.next()
    assert collection.session.encoded
    assert decoded == ["b.png", "a.png"]


def test_moves_stop_at_both_ends_and_go_by_name_and_place(photographs: list[Path]) -> None:
    collection = Collection(photographs, NearestClick())
    assert not collection.previous()
    collection.go_to("e.png")
    assert (collection.place, collection.next()) == (4, False)
    collection.go_to(2)
    assert collection.name == "c.png"
    with pytest.raises(ValueError, match=r"there is no image 'z.png'"):
        collection.go_to("z.png")
    with pytest.raises(ValueError, match="from 0 to 4, not 5"):
        collection.go_to(5)
    with pytest.raises(TypeError, match="its name or its place"):
        collection.go_to(1.5)  # type: ignore[arg-type]
    assert collection.place == 2


@given(st.data())
@settings(max_examples=30)
def test_any_walk_of_moves_clicks_and_marks_keeps_what_was_done_on_every_image(
    data: st.DataObject,
) -> None:
    images = {name: np.full((HEIGHT, WIDTH, 3), ord(name), np.uint8) for name in "abcde"}
    collection = Collection(images, NearestClick())
    clicked: dict[str, list[int]] = {name: [] for name in images}
    marked: dict[str, str] = dict.fromkeys(images, "open")
    acts = st.sampled_from(["next", "previous", "go", "click", "undo", "mark", "wait"])
    for act in data.draw(st.lists(acts, max_size=25)):
        name = collection.name
        if act == "click":
            x = data.draw(st.integers(0, WIDTH - 1))
            label(collection, x)
            clicked[name].append(x)
        elif act == "undo" and clicked[name]:
            collection.session.undo()
            collection.session.undo()  # the click and the object it was on
            clicked[name].pop()
        elif act == "go":
            collection.go_to(data.draw(st.sampled_from("abcde")))
        elif act == "mark":
            marked[name] = data.draw(st.sampled_from(image_list.STATUSES))
            collection.mark(marked[name])  # type: ignore[arg-type]
        elif act in ("next", "previous", "wait"):
            getattr(collection, act)()
    table = collection.to_frame()
    assert {n: (table["image"] == n).sum() for n in images} == {
        n: len(xs) for n, xs in clicked.items()
    }
    assert collection.statuses == marked
    for name, xs in clicked.items():
        collection.go_to(name)
        assert [click.x for click in collection.session.clicks] == xs


def test_a_session_somebody_still_holds_is_the_one_that_comes_back(photographs: list[Path]) -> None:
    collection = Collection(photographs, NearestClick())
    held = collection.session
    collection.go_to(4)
    collection.wait()
    assert 0 not in collection.in_memory
    held.click(5, 5, held.add_object())
    assert len(collection.to_frame()) == 1
    collection.go_to(0)
    assert collection.session is held


def test_walking_through_many_images_keeps_the_features_of_three_at_most(
    tmp_path: Path,
) -> None:
    images = {f"{k}": np.full((HEIGHT, WIDTH, 3), 20 * k, np.uint8) for k in range(10)}
    network = FakeNetwork()
    # A cache that keeps nothing: what is in memory then is what sessions hold themselves.
    segmenter = Segmenter(network, FakeRecord(), device="cpu", cache_bytes_host=1)
    collection = Collection(images, segmenter, path=tmp_path / "labels")
    collection.begin()
    for place in range(10):
        collection.wait()
        gc.collect()
        assert 1 <= sum(type(one) is Features for one in gc.get_objects()) <= 3
        label(collection)
        assert collection.session.masks[0, 10, 10]
        assert collection.next() == (place < 9)
    assert len(network.journal.encoded) == 10
    assert len(collection.to_frame()) == 10
    assert segmenter.cache_info().entries == 0


# Files --------------------------------------------------------------------------------------------


def test_the_same_list_goes_on_where_it_stopped(photographs: list[Path], tmp_path: Path) -> None:
    first = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(first)
    first.mark("done")
    first.next()
    label(first)
    label(first, 30)
    first.mark("flagged")
    again = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    assert (again.name, again.status) == ("b.png", "flagged")
    assert len(again.session.objects) == 2
    again.session.undo()
    assert [click.x for click in again.session.clicks] == [10]
    assert again.counts == {"open": 3, "done": 1, "skipped": 0, "flagged": 1}


def test_labels_find_their_image_when_the_list_changes(
    photographs: list[Path], tmp_path: Path
) -> None:
    label(Collection(photographs[1:2], NearestClick(), path=tmp_path / "labels"))
    other = tmp_path / "others" / "b.png"
    other.parent.mkdir()
    Image.new("RGB", (WIDTH, HEIGHT), "blue").save(other)
    more = Collection([other, *photographs[::-1]], NearestClick(), path=tmp_path / "labels")
    assert more.to_frame()["image"].tolist() == ["photographs/b.png"]
    more.go_to("others/b.png")
    label(more)
    assert more.to_frame()["image"].tolist() == ["others/b.png", "photographs/b.png"]


def test_images_and_labels_may_move_together(photographs: list[Path], tmp_path: Path) -> None:
    label(Collection(photographs, NearestClick(), path=tmp_path / "photographs" / "labels"))
    (tmp_path / "photographs").rename(tmp_path / "elsewhere")
    moved = [tmp_path / "elsewhere" / path.name for path in photographs]
    again = Collection(moved, NearestClick(), path=tmp_path / "elsewhere" / "labels")
    assert again.to_frame()["image"].tolist() == ["a.png"]


@pytest.mark.parametrize(
    "name", ["../../x.jpg", "/etc/x", "..", ".hidden", "a\\b", "x" * 300, "Ä ö?*", "\udcff"]
)
def test_nothing_is_written_outside_the_folder_whatever_an_image_is_called(
    name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "labels"
    collection = Collection(
        {name: np.zeros((HEIGHT, WIDTH, 3), np.uint8)}, NearestClick(), path=folder
    )
    label(collection)
    collection.mark("done")
    written = {path.parent for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {folder}
    assert len(list(folder.glob("[!.]*.session.json"))) == 1


def test_paths_that_lead_elsewhere_write_nothing_there(
    photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "photographs")
    before = {*tmp_path.rglob("*")}
    label(Collection(["../photographs/../photographs/a.png"], NearestClick(), path="labels"))
    new = {*tmp_path.rglob("*")} - before
    assert {path.parent.name for path in new if path.is_file()} == {"labels"}


@given(st.lists(st.text(min_size=1), min_size=2, max_size=20, unique=True))
def test_different_images_have_different_files(names: list[str]) -> None:
    files = [image_list.session_file_name(name, name).casefold() for name in names]
    assert len({*files}) == len(names)


def test_looking_at_images_writes_nothing(photographs: list[Path], tmp_path: Path) -> None:
    collection = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    while collection.next():
        assert collection.session.objects == ()
    collection.wait()
    assert list((tmp_path / "labels").iterdir()) == []


def test_an_index_that_cannot_be_read_is_left_as_it_is(
    photographs: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "labels"
    Collection(photographs, NearestClick(), path=folder).mark("done")
    index = folder / collection_file.FILE_NAME
    whole = index.read_bytes()
    newer = json.dumps(json.loads(whole) | {"version": 2}).encode()
    odd = whole.replace(b"done", b"lost")
    for content, says in ((whole[:-9], "cut off"), (newer, "version 2"), (odd, "'lost'")):
        index.write_bytes(content)
        with pytest.raises(ValueError, match=says):
            Collection(photographs, NearestClick(), path=folder)
        assert index.read_bytes() == content


def test_marks_made_elsewhere_meanwhile_are_not_overwritten(
    photographs: list[Path], tmp_path: Path
) -> None:
    collection = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    collection.mark("done")
    index = tmp_path / "labels" / collection_file.FILE_NAME
    index.write_bytes(index.read_bytes() + b" ")
    with pytest.raises(ValueError, match="changed by somebody else"):
        collection.mark("skipped")
    assert collection.status == "done"


def test_marks_of_images_that_are_not_in_the_list_today_stay(
    photographs: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "labels"
    Collection(photographs[:1], NearestClick(), path=folder).mark("flagged")
    Collection(photographs[1:], NearestClick(), path=folder).mark("done")
    both = Collection(photographs, NearestClick(), path=folder)
    assert [*both.statuses.values()][:2] == ["flagged", "done"]


def test_how_a_screen_showed_the_images_is_kept_with_the_marks(
    photographs: list[Path], tmp_path: Path
) -> None:
    first = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    first.mark("done", 3)
    first.go_to(2)
    first.screen = {"opacity": 0.3}
    again = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    assert (again.screen, again.name) == ({"opacity": 0.3}, "c.png")
    again.mark("done")
    assert Collection(photographs, path=tmp_path / "labels").screen == {"opacity": 0.3}
    with pytest.raises(TypeError, match="plain JSON"):
        again.screen = {"opacity": {1, 2}}
    assert again.screen == {"opacity": 0.3}


@pytest.mark.parametrize(
    ("images", "error", "says"),
    [
        ("street.jpg", TypeError, "a list of paths"),
        ([], ValueError, "at least one"),
        (["a.png", "./a.png"], ValueError, "stands twice"),
        ([np.zeros((2, 2))], TypeError, "other images need names"),
        ({"": "a.png"}, TypeError, "not empty"),
        ({1: "a.png"}, TypeError, "names of images are texts"),
        (7, TypeError, "a list of paths"),
    ],
)
def test_what_is_no_list_of_images_is_refused(
    images: object, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        Collection(images)  # type: ignore[arg-type]


def test_the_folder_may_not_be_a_file(photographs: list[Path]) -> None:
    with pytest.raises(ValueError, match="is a file"):
        Collection(photographs, path=photographs[0])


# Marks, filters, tables ---------------------------------------------------------------------------


def test_moves_go_to_images_of_the_status_shown(photographs: list[Path]) -> None:
    collection = Collection(photographs, NearestClick())
    for place in (1, 3):
        collection.mark("flagged", place)
    collection.show_only("flagged")
    assert collection.name == "b.png"
    assert collection.next()
    assert (collection.name, collection.has_next, collection.has_previous) == ("d.png", False, True)
    collection.mark("done")
    assert collection.previous()
    assert collection.name == "b.png"
    collection.show_only("skipped")
    assert (collection.name, collection.has_next, collection.has_previous) == (
        "b.png",
        False,
        False,
    )
    collection.show_only(None)
    assert collection.has_next
    with pytest.raises(ValueError, match="open, done, skipped or flagged"):
        collection.mark("finished")  # type: ignore[arg-type]


def test_one_table_and_one_coco_file_for_all_without_reading_an_image(
    photographs: list[Path], tmp_path: Path, decoded: list[str]
) -> None:
    first = Collection(photographs, NearestClick(), ["cat", "dog"], tmp_path / "labels")
    for chosen in (["dog"], ["cat", "dog"]):
        for number, kind in enumerate(chosen):
            k = first.session.add_object(kind, attributes={"age": 3} if number else {})
            first.session.click(10 + 20 * number, 10, k)
        first.next()
    first.mark("done")  # there is nothing to label: an image of its own all the same
    del first
    decoded.clear()
    collection = Collection(photographs, NearestClick(), ["cat", "dog"], tmp_path / "labels")
    table = collection.to_frame()
    assert table[["image", "object_id", "label"]].values.tolist() == [
        ["a.png", 1, "dog"],
        ["b.png", 1, "cat"],
        ["b.png", 2, "dog"],
    ]
    assert table["age"].tolist() == [None, None, 3]
    content = collection.to_coco()
    assert decoded == []
    path = tmp_path / "all.json"
    path.write_text(json.dumps(content))
    coco = COCO(str(path))
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == [
        "a.png",
        "b.png",
        "c.png",
    ]
    masks = {a["image_id"]: coco.annToMask(a) for a in coco.loadAnns(coco.getAnnIds(catIds=[2]))}
    assert {k: mask[10, [10, 30]].tolist() for k, mask in masks.items()} == {1: [1, 0], 2: [0, 1]}


def test_a_table_without_objects_has_its_columns(photographs: list[Path]) -> None:
    table = Collection(photographs, NearestClick()).to_frame()
    assert (len(table), list(table)[:2]) == (0, ["image", "object_id"])


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
    wait_until(lambda: widget._image_info["place"] == place)


def test_a_widget_shows_one_image_or_many(photographs: list[Path]) -> None:
    with pytest.raises(TypeError, match="none of them came"):
        SegmentationWidget()
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
    wait_until(lambda: shown(widget))
    before = widget._image
    screen.send("next_image")
    arrive(widget)
    assert widget._image_info["name"] == "b.png"
    assert widget._image != before
    assert (widget._scene["recent_objects"], widget.masks.shape) == ((), (0, HEIGHT, WIDTH))
    assert widget.collection is not None
    assert widget.session is widget.collection.session
    widget.go_to("a.png")
    assert widget.masks[0, 10, 10]
    assert len(widget._scene["recent_objects"]) == 1


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
    assert "there is no file" in widget._error["message"]
    assert "there is no file" in widget._collection["problem"]
    assert (widget._image, widget._label_map, widget._scene["recent_objects"]) == (b"", b"", ())
    with pytest.raises(ValueError, match="there is no file"):
        _ = widget.masks
    screen.send("undo")
    assert "there is no file" in widget._error["message"]
    screen.send("next_image")
    arrive(widget)
    assert widget._collection["problem"]
    screen.send("mark_image", status="skipped")
    screen.send("next_image")
    arrive(widget)
    assert (widget._error, widget._collection["problem"]) == ({}, None)
    screen.click(10, 10)
    assert widget.to_frame()["image"].tolist() == ["a.png", "d.png"]


def test_a_jump_says_at_once_that_it_is_under_way_and_waits_for_nothing(
    photographs: list[Path], make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = make_widget(photographs, NearestClick())
    screen = Screen(widget)
    assert widget.collection is not None
    widget.collection.wait()
    wait_until(lambda: shown(widget))
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
    wait_until(lambda: shown(widget))
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
        assert widget._image == b""


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


def test_a_widget_of_many_images_closes_and_stays_readable(
    photographs: list[Path], make_widget: MakeWidget
) -> None:
    widget = make_widget(photographs, NearestClick())
    Screen(widget).click(10, 10)
    widget.close()
    assert widget._image == b""
    assert widget.masks[0, 10, 10]
    assert len(widget.to_frame()) == 1
