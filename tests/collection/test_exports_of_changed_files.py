"""Exports read what others wrote or broke meanwhile, write nothing of it, and say what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynamite_widget import collection
from dynamite_widget.clicks import Click
from dynamite_widget.collection import Collection
from dynamite_widget.commands import AddClick
from dynamite_widget.keeping import NotSavedWarning
from dynamite_widget.session import Session
from tests.collection.labelled import HEIGHT, WIDTH, label
from tests.nearest_click import NearestClick

SIZE = (HEIGHT, WIDTH)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.*")}


def clicked(photographs: list[Path], folder: Path) -> Session:
    """A session with a click that nobody has asked the model about yet."""
    work = Collection(photographs, NearestClick(), path=folder).session
    work.apply(AddClick(Click(10, 10, work.add_object("car"))))
    return work


def test_an_export_says_what_reads_the_rest_of_a_session_that_was_cut_off(
    photographs: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "labels"
    label(Collection(photographs, NearestClick(), path=folder))
    (file,) = folder.glob("*.session.json")
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"a\.png-.* cannot be read: .*Session\.recover reads"):
        Collection(photographs, NearestClick(), path=folder).to_coco()


def test_clicks_that_a_crash_left_without_an_answer_are_answered_before_they_are_exported(
    photographs: list[Path], tmp_path: Path
) -> None:
    broken_off = clicked(photographs, tmp_path / "labels")
    assert broken_off.pending is not None
    again = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    again.go_to(4)
    answer = NearestClick().segment(SIZE, [Click(10, 10, 1)])
    assert list(again.to_frame()["area"]) == [np.count_nonzero(answer)]


def test_an_export_elsewhere_writes_nothing_while_somebody_waits_for_an_answer(
    photographs: list[Path], tmp_path: Path
) -> None:
    work = clicked(photographs, tmp_path / "labels")
    before = contents(tmp_path / "labels")
    other = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    other.go_to(4)
    assert other.to_coco()["annotations"][0]["area"] > 0
    assert 0 not in other.in_memory
    assert contents(tmp_path / "labels") == before
    work.click(30, 20, work.add_object("car"))
    assert work.unsaved is None
    assert len(other.to_coco()["annotations"]) == 2


def test_what_somebody_else_saved_since_is_exported_of_images_in_memory_too(
    photographs: list[Path], tmp_path: Path
) -> None:
    looking = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(looking)
    looking.next()
    looking.wait()
    assert looking.in_memory == {0, 1, 2}
    other = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    for name in other.names:
        other.go_to(name)
        label(other, 30)
    assert [each.ids for each in looking.annotations.values()] == [(1, 2), (1,), (1,), (1,), (1,)]


def test_where_two_have_gone_on_a_warning_names_the_image(
    photographs: list[Path], tmp_path: Path
) -> None:
    here = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    work = here.session
    other = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(other)
    with pytest.warns(NotSavedWarning, match="belongs to something opened later"):
        work.add_object("here")
    says = "'a.png' is taken as it is in memory, and its file holds something else: .* left as it"
    with pytest.warns(UserWarning, match=says):
        assert here.annotations["a.png"].labels == ("here",)


def test_what_is_in_memory_is_exported_where_somebody_broke_its_file(
    photographs: list[Path], tmp_path: Path
) -> None:
    collection = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(collection)
    (file,) = (tmp_path / "labels").glob("*.session.json")
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.warns(UserWarning, match=r"'a.png' is taken as it is in memory: .* be read"):
        assert len(collection.to_frame()) == 1


def test_whoever_listens_exports_what_was_just_done(
    photographs: list[Path], tmp_path: Path
) -> None:
    collection = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(collection)
    counts: list[int] = []
    collection.session.listen(lambda change: counts.append(len(collection.to_frame())))
    collection.session.add_object("car")
    collection.session.undo()
    assert counts == [2, 1]


def test_images_of_another_size_than_when_they_were_labelled_are_named(
    photographs: list[Path], tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    first = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(first)
    _ = first.next() and first.session
    first.mark("done")
    first.next()
    label(first)
    Collection(photographs, NearestClick(), path=tmp_path / "labels").to_coco()
    assert len(recwarn) == 0
    for path in photographs[:2]:
        Image.new("RGB", (2 * WIDTH, HEIGHT)).save(path)
    photographs[2].unlink()
    again = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    with pytest.warns(UserWarning, match=r"^2 of these .* as they were \('a.png', 'b.png'\)"):
        coco = again.to_coco()
    assert {(each["height"], each["width"]) for each in coco["images"]} == {(HEIGHT, WIDTH)}


def test_headers_are_read_only_of_images_that_are_newer_than_their_labels(
    photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(path: str) -> tuple[int, int]:
        read.append(Path(path).name)
        return HEIGHT, WIDTH

    monkeypatch.setattr(collection, "size_of", noted)
    work = Collection(photographs, NearestClick(), path=tmp_path / "labels")
    label(work)
    work.next()
    label(work)
    os.utime(photographs[1])
    work.to_coco()
    assert read == ["b.png"]
