"""Many images: one is looked at, all are kept, and nothing is read that nobody looks at."""

from __future__ import annotations

import gc
import json
from errno import ENOSPC
from pathlib import Path
from weakref import ref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from dynamite_widget import image_list
from dynamite_widget.collection import Collection
from dynamite_widget.features import Features
from dynamite_widget.formats.frame import from_frame
from dynamite_widget.keeping import NotSavedWarning
from dynamite_widget.saving import AtomicFile
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.session import Session
from tests.collection.labelled import HEIGHT, WIDTH, label
from tests.fake_network import FakeRecord
from tests.fake_network import NearestClick as FakeNetwork
from tests.nearest_click import NearestClick

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


def test_what_is_opened_ahead_lies_in_the_direction_of_the_last_move(
    photographs: list[Path], decoded: list[str]
) -> None:
    collection = Collection(photographs, NearestClick())
    collection.go_to(3)
    collection.wait()
    assert {"d.png", "e.png"} <= {*decoded}
    collection.go_to(4)
    collection.wait()
    assert "c.png" not in decoded
    collection.previous()
    collection.wait()
    assert "c.png" in decoded


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


def test_a_status_is_asked_for_by_place_or_name_and_only_of_images_there(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick())
    collection.mark("done", 4)
    assert (collection.status_at(3), collection.status_at(4)) == ("open", "done")
    assert collection.status_at("e.png") == "done"
    for place in (-1, 7):
        with pytest.raises(ValueError, match=f"from 0 to 4, not {place}"):
            collection.status_at(place)
    with pytest.raises(ValueError, match="there is no image 'a'"):
        collection.status_at("a")
    with pytest.raises(TypeError, match="its name or its place"):
        collection.status_at(None)  # type: ignore[arg-type]


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


def test_what_is_done_on_a_session_that_was_let_go_is_not_lost_with_it(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick())
    label(collection)
    held = collection.session
    for steps in (4, 0, 4):
        collection.go_to(steps)
        collection.wait()
    held.click(30, 10, held.add_object())
    del held
    gc.collect()
    for place in (3, 0):
        assert len(collection.to_frame()) == 2
        collection.go_to(place)
        collection.wait()
    assert len(collection.session.objects) == 2


def test_nor_is_it_where_the_disk_is_full_at_that_time(
    photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: AtomicFile, data: bytes) -> None:
        raise OSError(ENOSPC, "No space left on device")

    collection = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    held = collection.session
    collection.go_to(4)
    collection.wait()
    with monkeypatch.context() as patched:
        patched.setattr(AtomicFile, "write", full)
        with pytest.warns(NotSavedWarning, match="No space left"):
            held.click(10, 10, held.add_object())
    del held
    gc.collect()
    assert len(collection.to_frame()) == 1
    collection.previous()
    collection.wait()
    again = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    assert len(again.to_frame()) == 1


def test_a_collection_goes_at_once_with_its_sessions(photographs: list[Path]) -> None:
    collection = Collection(photographs, NearestClick())
    label(collection)
    session = ref(collection.session)
    gc.disable()
    try:
        del collection
        assert session() is None
    finally:
        gc.enable()


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
        held = [one for one in gc.get_objects() if type(one) is Features]
        assert 1 <= sum(one.made_by == segmenter._id for one in held) <= 3
        del held
        label(collection)
        assert collection.session.masks[0, 10, 10]
        assert collection.next() == (place < 9)
    assert len(network.journal.encoded) == 10
    assert len(collection.to_frame()) == 10
    assert segmenter.cache_info().entries == 0


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


def test_a_status_to_be_shown_is_looked_for_ahead_first_then_behind(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick())
    for place in (1, 3):
        collection.mark("flagged", place)
    for begin, found in ((0, "b.png"), (2, "d.png"), (3, "d.png"), (4, "d.png")):
        collection.show_only(None)
        collection.go_to(begin)
        collection.show_only("flagged")
        assert collection.name == found


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
    first.wait()  # what is opened ahead is read before its reading is watched
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


def test_whole_numbers_stay_whole_in_a_table_where_images_lack_them(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick())
    values = ({"age": 2**53 + 1}, {}, {"age": 4, "old": True, "note": "x"})
    for attributes in values:
        collection.session.add_object(attributes=attributes)
        collection.next()
    table = collection.to_frame()
    assert table["age"].tolist() == [2**53 + 1, None, 4]
    assert {type(age) for age in table["age"].dropna()} == {int}
    assert table["old"].tolist() == [None, None, True]
    assert table["note"].tolist() == [None, None, "x"]
    for name, attributes in zip(collection.names, values, strict=False):
        assert from_frame(table[table["image"] == name]).objects[0].attributes == attributes


def test_the_table_of_all_images_is_their_own_tables_one_after_the_other(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick(), ["cat", "dog"])
    for attributes in ([{"age": 3, "sure": 0.5}, {"age": 4, "sure": 1}], [], [{"age": 5}]):
        for each in attributes:
            label(collection)
            collection.session.click(30, 20, collection.session.add_object("cat", attributes=each))
        collection.next()
    collection.mark("done")
    table = collection.to_frame()
    expected = []
    for name in ("a.png", "c.png"):
        collection.go_to(name)
        rows = collection.session.to_frame().to_dict("records")
        expected += [{"image": name, "age": None, "sure": None} | row for row in rows]
    assert table.to_dict("records") == expected
    assert [*table] == ["image", *rows[0], "sure"]
    whole = ("object_id", "area", "n_clicks", "edited_pixels")
    assert {str(table[name].dtype) for name in whole} == {"int64"}


def test_an_attribute_that_says_yes_for_one_image_and_a_number_for_another_stays_as_it_is(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick())
    for checked in (False, 4, 0.5):
        collection.session.add_object(attributes={"checked": checked})
        collection.next()
    values = collection.to_frame()["checked"].tolist()
    assert [(type(each), each) for each in values] == [(bool, False), (int, 4), (float, 0.5)]


def test_a_table_without_objects_has_its_columns(photographs: list[Path]) -> None:
    table = Collection(photographs, NearestClick()).to_frame()
    assert (len(table), list(table)[:2]) == (0, ["image", "object_id"])
