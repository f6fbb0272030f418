"""A list of images opened again goes on where it stopped, and writes nothing outside its folder."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dynamite_widget import image_list
from dynamite_widget.collection import Collection
from dynamite_widget.formats import collection_file
from tests.collection.labelled import HEIGHT, WIDTH, label
from tests.nearest_click import NearestClick

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows' names are text")

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


@pytest.mark.parametrize(("before", "after"), [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("labels_too", [False, True])
def test_a_name_spelled_in_other_unicode_is_that_of_the_same_image(
    before: Literal["NFC", "NFD"], after: Literal["NFC", "NFD"], labels_too: bool, tmp_path: Path
) -> None:
    names = [f"{word}.png" for word in ("grün", "한국", "café")]
    paths = [tmp_path / unicodedata.normalize(before, name) for name in names]
    for shade, path in enumerate(paths):
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(path)
    folder = tmp_path / "labels"
    first = Collection(paths, NearestClick(), path=folder)
    for _ in names:
        label(first)
        first.next()
    first.mark("flagged", 1)
    for path in [*paths, *(folder.glob("*.session.json") if labels_too else ())]:
        path.rename(path.with_name(unicodedata.normalize(after, path.name)))
    moved = [path.with_name(unicodedata.normalize(after, path.name)) for path in paths]
    again = Collection(moved, NearestClick(), path=folder)
    assert len(again.to_frame()) == 3
    assert (again.place, [*again.statuses.values()]) == (1, ["open", "flagged", "open"])
    label(again, 30)
    assert len(list(folder.glob("*.session.json"))) == 3


def test_two_images_of_one_name_in_different_unicode_are_two(tmp_path: Path) -> None:
    paths = [tmp_path / unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")]
    for shade, path in enumerate(paths):
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(path)
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("to this file system they are one")
    for count in (1, 2, 3):
        both = Collection(paths, NearestClick(), path=tmp_path / "labels")
        for place in (0, 1):
            both.go_to(place)
            label(both, 10 * count)
        assert [len(each.ids) for each in both.annotations.values()] == [count, count]


def test_images_without_their_labels_are_told_that_there_are_some_of_such_names(
    photographs: list[Path], tmp_path: Path
) -> None:
    label(Collection(photographs, NearestClick(), path=tmp_path / "labels"))
    (tmp_path / "photographs").rename(tmp_path / "elsewhere")
    moved = [tmp_path / "elsewhere" / path.name for path in photographs]
    with pytest.warns(
        UserWarning, match=r"1 of these images have no session .* \('a.png': 'a.png-"
    ):
        Collection(moved, NearestClick(), path=tmp_path / "labels")


def test_an_index_that_was_removed_is_written_anew(photographs: list[Path], tmp_path: Path) -> None:
    collection = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    collection.mark("done")
    (tmp_path / "labels" / "collection.json").unlink()
    collection.mark("flagged", 1)
    again = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    assert [*again.statuses.values()][:2] == ["done", "flagged"]


@posix
def test_a_file_whose_name_is_no_text_is_labelled_and_found_again(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "a.png")
    os.rename(tmp_path / "a.png", path)
    first = Collection([path], NearestClick(), path=tmp_path / "labels")
    label(first)
    assert first.session.unsaved is None
    again = Collection([path], NearestClick(), path=tmp_path / "labels")
    assert again.session.clicks == first.session.clicks
    first.export(tmp_path / "all.json")
    assert json.loads((tmp_path / "all.json").read_bytes())["images"][0]["file_name"] == first.name


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


def test_a_list_is_opened_while_files_come_and_go_in_its_folder(
    photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "labels"
    label(Collection(photographs, NearestClick(), path=folder))
    for name in (".0.tmp", "z.session.json"):
        (folder / name).touch()
    scandir = os.scandir

    @contextmanager
    def seen_before_they_went(path: Path) -> Iterator[list[os.DirEntry[str]]]:
        with scandir(path) as entries:
            seen = list(entries)
        for name in (".0.tmp", "z.session.json"):
            (folder / name).unlink()
        yield seen

    monkeypatch.setattr(os, "scandir", seen_before_they_went)
    again = Collection(photographs, NearestClick(), path=folder)
    monkeypatch.undo()
    assert len(again.to_frame()) == 1


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


@given(
    st.dictionaries(
        st.text(),
        st.builds(
            collection_file.Mark,
            st.text(),
            st.sampled_from(image_list.STATUSES[1:]),
            st.none() | st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
        ),
    ),
    st.none() | st.text(),
    st.dictionaries(st.text(), st.none() | st.booleans() | st.floats(0, 1) | st.text()),
)
def test_an_index_holds_any_marks_one_image_a_line(
    marks: dict[str, collection_file.Mark], current: str | None, screen: dict[str, object]
) -> None:
    saved = collection_file.SavedCollection(marks, current, screen)
    data = collection_file.dumps(saved)
    assert collection_file.loads(data) == saved
    assert [*json.loads(data)] == ["format", "version", "current", "screen", "images"]
    rows = [line for line in data.decode().splitlines() if line.startswith("  ")]
    assert len(rows) == len(marks)


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
