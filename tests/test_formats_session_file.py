"""A session saved is a session resumed; what is not one is refused and left alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick
from dynamite_widget.keeping import NotSavedWarning
from dynamite_widget.run_lengths import decode
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
OTHER = 255 - IMAGE


def labelled(path: Path | None = None) -> Session:
    """A session with something of everything, two steps of it undone."""
    session = Session(IMAGE, NearestClick(), labels=["car", "person"], path=path)
    car = session.add_object("car", name="Herbie", attributes={"wheels": 4, "old": True})
    session.click(10.5, 10, car)
    person = session.add_object("person", box=(28, 10, 9, 20))
    session.click(5, 30)
    session.brush(person, [(45, 10), (50, 15)], 3)
    session.erase([(12, 10)], 2, car)
    session.lock(car)
    session.set_visible(person, False)
    session.remove_object(session.add_object())
    session.click(50, 30, person)
    session.rename(person, "Nemo")
    session.undo()
    session.undo()
    return session


def same(one: Session, other: Session) -> None:
    assert one.view.state == other.view.state
    np.testing.assert_array_equal(one.label_map, other.label_map)
    assert (one.labels, one.can_undo, one.can_redo) == (
        other.labels,
        other.can_undo,
        other.can_redo,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "street.session.json"


def test_the_same_cell_run_again_goes_on(path: Path) -> None:
    labelled(path)
    segmenter = NearestClick()
    after = Session(IMAGE, segmenter, labels=["car", "person"], path=path)
    twin = labelled()
    same(after, twin)
    assert segmenter.asked == []
    for _ in range(2):
        after.redo()
        twin.redo()
        same(after, twin)
    while twin.can_undo:
        after.undo()
        twin.undo()
        same(after, twin)
    assert after.add_object() == 4


def test_every_act_is_in_the_file_at_once(path: Path) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    assert not path.exists()
    car = session.add_object("car")
    for act in (
        lambda: session.click(10, 10, car),
        lambda: session.rename(car, "Herbie"),
        session.undo,
        session.redo,
        session.reset,
    ):
        act()
        same(Session.load(path, IMAGE, NearestClick()), session)
    assert os.listdir(path.parent) == [path.name]


def test_a_click_that_was_not_answered_before_the_end_is_answered_afterwards(path: Path) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    car = session.add_object()
    session.click(10, 10, car)
    session.apply(AddClick(Click(40, 20, car)))
    resumed = Session(IMAGE, NearestClick(), path=path)
    assert resumed.pending == session.pending
    assert resumed.view.label_map[20, 40] == car
    np.testing.assert_array_equal(resumed.label_map, session.label_map)


def test_a_session_is_saved_where_one_likes(tmp_path: Path) -> None:
    session = labelled()
    for name in ("one.session.json", "two.session.json", "one.session.json"):
        session.save(tmp_path / name)
        same(Session.load(tmp_path / name, IMAGE, NearestClick()), session)
    assert sorted(os.listdir(tmp_path)) == ["one.session.json", "two.session.json"]


def test_loading_does_not_write(path: Path) -> None:
    labelled().save(path)
    before = path.read_bytes()
    Session.load(path, IMAGE, NearestClick()).add_object()
    assert path.read_bytes() == before


def test_the_image_is_found_beside_the_file_wherever_both_have_gone(tmp_path: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    Image.fromarray(IMAGE).save(home / "street.png")
    session = Session(home / "street.png", NearestClick(), path=home / "street.session.json")
    session.click(10, 10, session.add_object())
    shutil.move(home, away)
    same(Session.load(away / "street.session.json", segmenter=NearestClick()), session)
    (away / "street.png").rename(tmp_path / "moved.png")
    with pytest.raises(ValueError, match="pass image="):
        Session.load(away / "street.session.json")
    image = tmp_path / "moved.png"
    same(Session.load(away / "street.session.json", image, NearestClick()), session)


def test_an_image_file_may_go_while_it_is_labelled(path: Path) -> None:
    photograph = path.with_name("street.png")
    Image.fromarray(IMAGE).save(photograph)
    session = Session(photograph, NearestClick(), path=path)
    photograph.unlink()
    session.click(10, 10, session.add_object())
    same(Session(IMAGE, NearestClick(), path=path), session)


def test_an_image_without_a_file_must_be_handed_in(path: Path) -> None:
    labelled().save(path)
    with pytest.raises(ValueError, match="pass image="):
        Session.load(path)


def test_another_decoder_that_rounds_otherwise_does_not_lock_anybody_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photograph = path.with_name("street.jpg")
    Image.fromarray(IMAGE).save(photograph)
    session = Session(photograph, NearestClick(), path=path)
    session.click(10, 10, session.add_object())
    monkeypatch.setattr("dynamite_widget.session.to_rgb", lambda image, **_: session.image ^ 1)
    same(Session(photograph, NearestClick(), path=path), session)
    with pytest.raises(ValueError, match="another image"):
        Session(session.image, NearestClick(), path=path)


@pytest.mark.parametrize("other", [OTHER, IMAGE[:, :-1], IMAGE[:20]])
def test_a_file_for_another_image_is_not_taken_and_not_touched(
    path: Path, other: NDArray[np.uint8]
) -> None:
    labelled(path)
    before = path.read_bytes()
    stranger = Session(other, NearestClick())
    for use in (
        lambda: Session(other, NearestClick(), path=path),
        lambda: Session.load(path, other, NearestClick()),
        lambda: stranger.save(path),
    ):
        with pytest.raises(ValueError, match=r"another image.*left as it is"):
            use()
    assert path.read_bytes() == before


def test_a_photograph_is_never_overwritten_by_mistake(tmp_path: Path) -> None:
    photograph = tmp_path / "street.png"
    Image.fromarray(IMAGE).save(photograph)
    before = photograph.read_bytes()
    with pytest.raises(ValueError, match="not a session file"):
        labelled().save(photograph)
    with pytest.raises(ValueError, match="not a session file"):
        Session(photograph, NearestClick(), path=photograph)
    assert photograph.read_bytes() == before


def test_the_session_of_a_cell_run_again_is_the_one_that_saves(path: Path) -> None:
    old = Session(IMAGE, NearestClick(), path=path)
    old.apply(AddClick(Click(40, 20, old.add_object())))
    new = Session(IMAGE, NearestClick(), path=path)
    old.settle()  # an answer that comes late is shown there, and not saved
    new.rename(1, "Herbie")
    with pytest.warns(NotSavedWarning, match="opened later"):
        old.rename(1, "Christine")
    with pytest.raises(ValueError, match="opened later"):
        Session.load(path, IMAGE).save(path)
    same(Session.load(path, IMAGE, NearestClick()), new)
    new.save(path)
    new.rename(1, "Nemo")


def test_a_session_that_could_not_begin_takes_nothing_away(path: Path) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    session.add_object()
    with pytest.raises(ValueError, match="another image"):
        Session(OTHER, NearestClick(), path=path)
    session.add_object()
    same(Session.load(path, IMAGE, NearestClick()), session)


def test_another_process_is_not_overwritten(path: Path) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    session.add_object("by this one")
    path.write_bytes(path.read_bytes() + b" ")
    before = path.read_bytes()
    with pytest.warns(NotSavedWarning, match="changed by somebody else"):
        session.add_object("by this one again")
    assert path.read_bytes() == before
    assert len(session.objects) == 2
    session.save(path.with_name("rescued.session.json"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder"):
        Session(IMAGE, path=tmp_path / "nowhere" / "a.session.json")
    with pytest.raises(ValueError, match="is a folder"):
        Session(IMAGE, path=tmp_path)
    with pytest.raises(ValueError, match="no file"):
        Session.load(tmp_path / "a.session.json")


def test_when_the_disk_is_full_the_old_file_and_the_work_stay(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    car = session.add_object()
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.warns(NotSavedWarning, match="No space left"):
            session.rename(car, "Herbie")
        assert isinstance(session.unsaved, OSError)
        with pytest.raises(OSError, match="No space left"):
            session.save(path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]
    assert session.objects[0].name == "Herbie"
    session.set_visible(car, False)
    assert session.unsaved is None
    same(Session.load(path, IMAGE), session)


def test_a_file_that_was_made_read_only_stays_as_it_is(path: Path) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    export = path.with_name("labels")
    car = session.add_object("car")
    session.click(10, 10, car)
    session.export(export, format="png")
    files = [path, *(each for each in export.rglob("*") if each.is_file())]
    before = [each.read_bytes() for each in files]
    for each in files:
        each.chmod(0o444)
    with pytest.warns(NotSavedWarning, match=re.escape(f"The file is read-only: {str(path)!r}")):
        session.rename(car, "Herbie")
    with pytest.raises(PermissionError, match="read-only"):
        session.export(export, format="png")
    assert [each.read_bytes() for each in files] == before
    for each in files:
        each.chmod(0o644)
    session.export(export, format="png")
    session.set_label(car, None)
    assert session.unsaved is None
    same(Session.load(path, IMAGE), session)


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "link.session.json", tmp_path / "target.session.json"
    link.symlink_to(target)
    Session(IMAGE, path=link).add_object()
    assert link.is_symlink()
    assert len(Session(IMAGE, path=target).objects) == 1


# Files that are broken


Change = Callable[[dict[str, Any]], object]

BREAKS: dict[str, Change] = {
    "no image": lambda c: c.pop("image"),
    "no clicks": lambda c: c.pop("clicks"),
    "image without height": lambda c: c["image"].pop("height"),
    "height zero": lambda c: c["image"].update(height=0),
    "clicks elsewhere": lambda c: c["clicks"].append([1000, 5, 1]),
    "click of nobody": lambda c: c["clicks"].append([5, 5, 9]),
    "click of a fraction": lambda c: c["clicks"].append([5, 5, 1.5]),
    "click in words": lambda c: c["clicks"].append(["a", 5, 1]),
    "two of the same object": lambda c: c["objects"].append(c["objects"][0]),
    "object zero": lambda c: c["objects"][0].update(id=0),
    "a colour in words": lambda c: c["objects"][0].update(color="red"),
    "a label of numbers": lambda c: c["objects"][0].update(label=3),
    "attributes in a list": lambda c: c["objects"][0].update(attributes=[1]),
    "an attribute of lists": lambda c: c["objects"][0].update(attributes={"a": [1]}),
    "visible perhaps": lambda c: c["objects"][0].update(visible="perhaps"),
    "a box outside": lambda c: c["objects"][1].update(bound=[0, 0, 100, 5]),
    "a region outside": lambda c: c["edits"][0]["region"].update(box=[50, 0, 20, 5]),
    "runs that are no runs": lambda c: c["edits"][0]["region"].update(counts="\u00e9"),
    "runs cut off": lambda c: c["edits"][0]["region"].update(counts=""),
    "runs of another box": lambda c: c["edits"][0]["region"]["box"].__setitem__(2, 1),
    "an edit of another kind": lambda c: c["edits"][0].update(kind="smudge"),
    "a label map cut off": lambda c: c.update(label_map=c["label_map"][:-8]),
    "a label map of nothing": lambda c: c.update(label_map=None),
    "a settings list": lambda c: c.update(screen=[1]),
    "refined words": lambda c: c.update(refined=["car"]),
    "an id used again": lambda c: c.update(next_id=2),
    "answered maybe": lambda c: c.update(answered=1),
    "labels in words": lambda c: c.update(labels=5),
    "an unknown command": lambda c: c["history"]["undo"].append({"do": "dance"}),
    "a command without fields": lambda c: c["history"]["redo"].append({"do": "add_click"}),
    "an impossible history": lambda c: c["history"]["undo"].append(
        {"do": "delete_click", "index": 99}
    ),
    "a list of nothing": lambda c: c.update(history=None),
    "endless numbers": lambda c: c["clicks"].append([1e999, 5, 1]),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_file_is_refused_and_left_alone(path: Path, what: str) -> None:
    labelled(path)
    content = json.loads(path.read_bytes())
    BREAKS[what](content)
    path.write_text(json.dumps(content))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="left as it is"):
        Session(IMAGE, NearestClick(), path=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -1])
def test_a_cut_file_is_refused_and_left_alone(path: Path, keep: float) -> None:
    labelled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep == 0.5 else int(keep)])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="cut off"):
        Session(IMAGE, NearestClick(), path=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2.*newer"),
        ({"version": None}, "version None"),
        ({"format": "something.else"}, "not a session file"),
    ],
)
def test_a_file_of_another_version_is_refused_and_left_alone(
    path: Path, changes: dict[str, Any], words: str
) -> None:
    labelled(path)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words):
        Session(IMAGE, NearestClick(), path=path)
    assert path.read_bytes() == before


def test_a_small_file_that_unfolds_to_a_huge_one_is_refused(path: Path) -> None:
    labelled(path)
    content = json.loads(path.read_bytes())
    rows, columns = IMAGE.shape[:2]
    for count, words in (
        (10**7, "as many runs, not 10000000"),
        (rows * columns, "do not end|take"),
    ):
        header = np.array([2, rows, columns, count, 1], "<u4").tobytes()
        content["label_map"] = b64encode(header + zlib.compress(bytes(5 * 10**7), 9)).decode()
        assert len(content["label_map"]) < 100_000
        path.write_text(json.dumps(content))
        with pytest.raises(ValueError, match=words):
            Session(IMAGE, NearestClick(), path=path)


def test_others_can_read_the_label_map_in_the_file(path: Path) -> None:
    session = labelled(path)
    content = json.loads(path.read_bytes())
    label_map = decode(b64decode(content["label_map"]))
    np.testing.assert_array_equal(label_map, session.label_map)


def test_every_member_of_the_file_is_documented_in_its_order(path: Path) -> None:
    labelled(path)
    document = Path(__file__).resolve().parents[1] / "docs" / "session-file.md"
    table = re.findall(r"^\| `.*", document.read_text(), re.MULTILINE)
    named = [name for row in table for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert named == list(json.loads(path.read_bytes()))


def test_a_file_stays_small(path: Path) -> None:
    session = Session(IMAGE, NearestClick(), path=path)
    for k in range(1, 21):
        session.add_object()
        session.click(2 * k, k, k)
        session.brush(k, [(2 * k, k), (5, 5)], 3)
    assert path.stat().st_size < 20_000
