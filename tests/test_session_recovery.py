"""Of a session file that is cut off, damaged or too new, what can be read is not lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamite_widget.formats import session_file, session_recovery
from dynamite_widget.session import Session
from dynamite_widget.state import State
from tests.nearest_click import NearestClick

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "street.session.json"


def labelled(path: Path | None = None) -> Session:
    """A small session with something of everything, one step of it undone."""
    masks = np.zeros((2, 12, 16), bool)
    masks[0, 1:5, 1:6] = masks[1, 6:9, 10:] = True
    session = Session.from_masks(
        IMAGE, masks, labels=["car", "tree"], path=path, segmenter=NearestClick(2)
    )
    session.click(6, 3, 1)
    bird = session.add_object("bird", name='"],{é\\', attributes={"wings": 2})
    session.click(12.5, 2, bird)
    session.click(1, 11)
    session.brush(bird, [(9, 2), (12, 3)], 1)
    session.lock(bird)
    session.screen = {"opacity": 0.3}
    session.rename(2, "Oak")
    session.undo()
    return session


def same(one: Session, other: Session) -> None:
    assert one.view.state == other.view.state
    np.testing.assert_array_equal(one.label_map, other.label_map)


def starts(part: tuple[object, ...], whole: tuple[object, ...]) -> bool:
    return part == whole[: len(part)]


def is_beginning(part: State, whole: State) -> bool:
    objects = starts(tuple(part.objects.items()), tuple(whole.objects.items()))
    return objects and starts(part.clicks, whole.clicks) and starts(part.edits, whole.edits)


def test_wherever_a_file_is_cut_off_a_beginning_of_the_work_is_left(path: Path) -> None:
    session = labelled(path)
    data = path.read_bytes()
    assert session_recovery.recover(data)[1] == ()
    begun = data.index(b'"labels"')
    tried: tuple[object, ...] = ()
    most = 0
    for length in range(len(data)):
        with pytest.raises(ValueError, match="cut off"):
            session_file.loads(data[:length])
        if length < begun - 2:
            with pytest.raises(ValueError, match="left"):
                session_recovery.recover(data[:length])
            continue
        saved, lost = session_recovery.recover(data[:length])
        assert lost
        assert is_beginning(saved.state, session.view.state)
        known = len(saved.state.objects) + len(saved.state.clicks) + len(saved.state.edits)
        assert known >= most
        most = known
        if saved.history.done:
            assert saved.state == session.view.state
        if tried == (known, lost, len(saved.history.done), len(saved.history.undone)):
            continue
        tried = (known, lost, len(saved.history.done), len(saved.history.undone))
        again = Session.from_saved(saved, IMAGE, NearestClick(2))
        assert again.masks.shape == (len(saved.state.objects), 12, 16)
        while again.can_undo:
            again.undo()
        assert again.add_object() > max(saved.state.objects, default=0)
    assert most == 3 + 3 + 1


def test_a_cut_file_is_gone_on_with_and_stays_as_it_was(path: Path) -> None:
    session = labelled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b'"label_map"')])
    with pytest.raises(ValueError, match=r"left as it is.*Session\.recover"):
        Session(IMAGE, path=path)
    recovered, lost = Session.recover(path, IMAGE, NearestClick(2))
    same(recovered, session)
    assert lost == (
        "label_map: not there, or it cannot be read",
        "answer: not there, or it cannot be read",
        "refined: not there, or it cannot be read",
        "answered: not there, or it cannot be read",
    )
    recovered.undo()
    assert recovered.can_undo
    assert dict(recovered.screen) == {"opacity": 0.3}
    recovered.save(path.with_name("rescued.session.json"))
    assert path.read_bytes() == whole[: whole.index(b'"label_map"')]
    rescued = Session(IMAGE, NearestClick(2), path=path.with_name("rescued.session.json"))
    same(rescued, recovered)


def test_a_file_in_order_loses_nothing(path: Path) -> None:
    session = labelled(path)
    recovered, lost = Session.recover(path, IMAGE)
    assert lost == ()
    same(recovered, session)


def test_a_file_of_a_newer_version_is_read_as_far_as_it_is_understood(path: Path) -> None:
    session = labelled(path)
    content = json.loads(path.read_bytes())
    content |= {"version": 2, "layers": [1, 2, 3]}
    content["edits"].append({"kind": "airbrush", "object_id": 3, "region": {}})
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="version 2"):
        Session(IMAGE, path=path)
    recovered, lost = Session.recover(path, IMAGE, NearestClick(2))
    same(recovered, session)
    assert lost == ("edits: all but 1", "whatever version 2 adds to version 1")


DAMAGE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an object": (lambda c: c["objects"][0].update(color="red"), "objects: all but 2"),
    "an object twice": (lambda c: c["objects"].append(c["objects"][0]), "objects: all but 3"),
    "all objects": (lambda c: c.update(objects=5), "objects: not there"),
    "a click": (lambda c: c["clicks"].__setitem__(0, [99, 0, 1]), "clicks: all but 2"),
    "settings": (lambda c: c.update(screen=7), "screen: not there"),
    "labels": (lambda c: c.update(labels=[7]), "labels: not there"),
    "the next id": (lambda c: c.update(next_id="x"), "next_id: not there"),
    "the history": (lambda c: c.update(history=[]), "history: not there"),
    "the label map": (lambda c: c.update(label_map="???"), "label_map: not there"),
    "the answer": (lambda c: c.update(answer="???"), "answer: not there"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_damaged_takes_nothing_else_along(path: Path, what: str) -> None:
    session = labelled(path)
    content = json.loads(path.read_bytes())
    damage, words = DAMAGE[what]
    damage(content)
    path.write_text(json.dumps(content))
    recovered, lost = Session.recover(path, IMAGE, NearestClick(2))
    assert lost[0].startswith(words)
    if words.startswith(("objects", "clicks")):
        assert not recovered.can_undo
        assert recovered.label_map.any() == bool(recovered.objects)
    else:
        same(recovered, session)


def test_a_history_is_kept_as_far_as_it_makes_sense(path: Path) -> None:
    session = labelled()
    session.save(path)
    content = json.loads(path.read_bytes())
    content["history"]["undo"][2] = {"do": "delete_click", "index": 99}
    path.write_text(json.dumps(content))
    recovered, _ = Session.recover(path, IMAGE, NearestClick(2))
    same(recovered, session)
    for _ in range(2):
        recovered.undo()
        session.undo()
        same(recovered, session)
    assert not recovered.can_undo


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff", b"[" * 10**5, b'{"format":', b"7", b'{"format":"else"}', b'"']
)
def test_what_was_never_a_session_is_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for read in (Session.recover, Session.load):
        with pytest.raises(ValueError, match="not a session file"):
            read(path, IMAGE)
    assert path.read_bytes() == data


def test_another_image_gets_nothing_of_it(path: Path) -> None:
    labelled(path)
    with pytest.raises(ValueError, match="another image"):
        Session.recover(path, 255 - IMAGE)
    with pytest.raises(ValueError, match="no file"):
        Session.recover(path.with_name("other.json"), IMAGE)
