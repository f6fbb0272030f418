"""Whoever is killed while saving, and whoever else saves there, nothing is lost unnoticed."""

from __future__ import annotations

import os
import random
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick, AddObject
from dynamite_widget.formats import session_file
from dynamite_widget.keeping import NotSavedWarning
from dynamite_widget.saving import AtomicFile, _beside, write_together
from dynamite_widget.session import Change, Session
from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick

IMAGE = np.zeros((40, 60, 3), np.uint8)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither forks nor SIGKILL")


@contextmanager
def python(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], line: object = "") -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


# Killed at any moment

KERNEL = """
import os, sys
import numpy as np
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget

while sys.stdin.readline():
    kernel = os.fork()
    if not kernel:
        session = Session(np.zeros((40, 60, 3), np.uint8), path=sys.argv[1])
        k = session.add_object()
        for turn in range(10**6):
            session.brush(k, [(turn % 60, turn % 40), (5, 5)], 3)
            if turn % 200 == 199:
                session.reset()
                k = session.add_object()
    print(kernel, flush=True)
    os.waitpid(kernel, 0)
    print("ended", flush=True)
"""


@posix
def test_a_kernel_killed_at_any_moment_of_200_saves_leaves_a_file_that_loads(
    tmp_path: Path,
) -> None:
    chance = random.Random(0)
    path = tmp_path / "street.session.json"
    sizes = set()
    with python(KERNEL, path) as zygote:
        for _ in range(12):
            tell(zygote)
            kernel = int(said(zygote))
            while not path.exists():
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.7))
            os.kill(kernel, signal.SIGKILL)
            assert said(zygote) == "ended"
            session = Session(IMAGE, path=path)
            assert session.can_undo
            sizes.add(path.stat().st_size)
            path.unlink()
    assert len(sizes) > 1  # they were killed at different moments
    Session(IMAGE, path=path).add_object()
    assert os.listdir(tmp_path) == [path.name]  # nothing half-written is left beside it


# Two who write the same file

WRITERS = """
import sys
from pathlib import Path
from dynamite_widget.saving import AtomicFile, _beside, write_together

folder, name = Path(sys.argv[1]), sys.argv[2]
files = [AtomicFile(folder / str(number)) for number in range(int(sys.argv[3]))]
print("ready", flush=True)
sys.stdin.readline()
for file in files:
    try:
        file.write(name.encode())
    except ValueError:
        continue
    print(file.path.name, flush=True)
print("done", flush=True)
"""


@posix
def test_of_processes_that_write_a_file_at_once_one_does_and_the_others_hear_of_it(
    tmp_path: Path,
) -> None:
    with (
        python(WRITERS, tmp_path, "left", 100) as left,
        python(WRITERS, tmp_path, "right", 100) as right,
    ):
        writers = {"left": left, "right": right}
        for writer in writers.values():
            assert said(writer) == "ready"
        for writer in writers.values():
            tell(writer)
        written = {
            name: list(iter(lambda writer=writer: said(writer), "done"))
            for name, writer in writers.items()
        }
    assert len(written["left"]) + len(written["right"]) == 100
    for name, files in written.items():
        assert {(tmp_path / file).read_text() for file in files} <= {name}


OTHER_KERNEL = """
import sys
import numpy as np
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget

session = Session(np.zeros((40, 60, 3), np.uint8), path=sys.argv[1])
session.add_object(name="theirs")
print("saved", flush=True)
sys.stdin.readline()
"""


def test_a_second_kernel_and_the_first_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    mine = Session(IMAGE, NearestClick(), path=path)
    mine.add_object(name="mine")
    with python(OTHER_KERNEL, path) as other:
        assert said(other) == "saved"
        theirs = path.read_bytes()
        with pytest.warns(NotSavedWarning, match="changed by somebody else"):
            mine.click(10, 10, 1)
        with pytest.raises(ValueError, match="changed by somebody else"):
            mine.save(path)
        tell(other)
    assert path.read_bytes() == theirs
    assert [o.name for o in Session(IMAGE, path=path).objects] == ["mine", "theirs"]
    mine.save(path.with_name("mine.session.json"))
    assert Session.load(path.with_name("mine.session.json"), IMAGE).clicks == mine.clicks


def test_who_only_looks_at_a_session_broken_off_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    mine = Session(IMAGE, NearestClick(), path=path)
    mine.apply(AddObject(at=(10, 10)))
    before = path.read_bytes()
    looking = [
        Session(IMAGE, NearestClick(), path=path),
        SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path),
    ]
    for each in looking:
        assert np.count_nonzero(each.label_map) > 1
        each.close()
        assert path.read_bytes() == before
    seen = Session(IMAGE, NearestClick(), path=path)
    assert seen.label_map[12, 10] == 1
    seen.rename(1, "theirs")  # from here on it is saved, and with it the answer
    seen.apply(AddClick(Click(30, 30, 1)))
    seen.settle()
    assert session_file.loads(path.read_bytes()).answered


@pytest.mark.parametrize("how", ["loaded", "recovered", "saved"])
def test_a_file_that_others_changed_since_it_was_read_or_saved_by_hand_stays(
    how: str, tmp_path: Path
) -> None:
    path = tmp_path / "street.session.json"
    mine = Session(IMAGE, NearestClick())
    mine.add_object(name="mine")
    mine.save(path)
    if how == "loaded":
        mine = Session.load(path, IMAGE, NearestClick())
    elif how == "recovered":
        mine, _ = Session.recover(path, IMAGE, NearestClick())
    for name in ("here", "here again"):
        mine.rename(1, name)
        mine.save(path)
    with python(OTHER_KERNEL, path) as other:
        assert said(other) == "saved"
        tell(other)
    theirs = path.read_bytes()
    for _ in range(2):
        with pytest.raises(ValueError, match="changed by somebody else"):
            mine.save(path)
    assert path.read_bytes() == theirs
    path.unlink()
    mine.save(path)
    assert Session.load(path, IMAGE).view.state == mine.view.state


def test_a_file_that_was_copied_touched_or_removed_is_nobody_elses_work(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    session = Session(IMAGE, NearestClick(), path=path)
    k = session.add_object()

    def restore() -> None:  # as `git stash` and `git stash pop` do
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)

    for x, tidy in enumerate([lambda: os.utime(path, (0, 0)), restore, path.unlink], start=10):
        tidy()
        session.click(x, 10, k)
        assert session.unsaved is None
        assert Session.load(path, IMAGE).clicks == session.clicks
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.warns(NotSavedWarning, match="changed by somebody else"):
        session.click(20, 20, k)


@posix
def test_who_holds_the_folder_for_ever_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr("dynamite_widget.saving.PATIENCE_SECONDS", 0)
    session = Session(IMAGE, path=tmp_path / "street.session.json")
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with pytest.warns(NotSavedWarning, match="another process has been saving"):
        session.add_object()
    os.close(holder)
    session.add_object()
    assert session.unsaved is None
    assert len(Session.load(tmp_path / "street.session.json", IMAGE).objects) == 2


ONE_PATH = """
import os, sys
import numpy as np
from dynamite_widget.session import Session

image = np.zeros((40, 60, 3), np.uint8)
first, second = (Session(image, path=sys.argv[1]) for _ in range(2))
second.add_object()
os.kept = first, second  # as a module or a kernel keeps what goes last
"""


def test_python_ends_in_silence_after_two_sessions_had_one_path(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ONE_PATH, str(tmp_path / "street.session.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr == ""


# A disk that is full, a folder that is read-only


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def read_only(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("broken", "how"), [("os.fsync", full), ("os.replace", full), ("os.open", read_only)]
)
def test_the_session_goes_on_and_the_next_save_has_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, how: object
) -> None:
    path = tmp_path / "street.session.json"
    session = Session(IMAGE, NearestClick(), path=path)
    session.add_object()
    before = path.read_bytes()
    heard: list[BaseException | None] = []
    session.listen(lambda change: heard.append(change.error))
    said = "No space left on device|Permission denied"
    with monkeypatch.context() as patch:
        patch.setattr(broken, how)
        with pytest.warns(NotSavedWarning, match=f"({said}): {re.escape(repr(str(path)))}"):
            label_map = session.click(10, 10, 1)
        with pytest.warns(NotSavedWarning, match=said):
            session.add_object()
    assert label_map[10, 10] == 1
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]
    assert isinstance(session.unsaved, OSError)
    assert [error is not None for error in heard] == [False, True] * 3
    session.rename(2, "saved again")
    assert session.unsaved is None
    again = Session.load(path, IMAGE)
    assert again.view.state == session.view.state


def test_a_listener_that_raises_stops_neither_the_file_nor_other_listeners(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    session = Session(IMAGE, NearestClick(), path=path)
    heard: list[str] = []

    def broken(change: object) -> None:
        raise RuntimeError("a plot without a window")

    session.listen(broken)
    session.listen(lambda change: heard.append(change.cause))
    with pytest.raises(RuntimeError, match="without a window"):
        session.add_object(name="first")
    assert heard == ["act"]
    assert session.unsaved is None
    assert [o.name for o in Session.load(path, IMAGE).objects] == ["first"]


@pytest.mark.parametrize("in_place", [True, False])
def test_an_interrupt_while_the_file_is_replaced_leaves_a_file_that_is_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_place: bool
) -> None:
    path, replace = tmp_path / "street.session.json", os.replace
    session = Session(IMAGE, NearestClick(), path=path)
    session.add_object()

    def interrupted(new: Path, old: Path) -> None:
        if in_place:
            replace(new, old)
        raise KeyboardInterrupt

    for name in ("first", "second"):
        with monkeypatch.context() as patch:
            patch.setattr("os.replace", interrupted)
            with pytest.raises(KeyboardInterrupt):
                session.rename(1, name)
    session.click(10, 10, 1)
    assert session.unsaved is None
    assert Session.load(path, IMAGE).view.state == session.view.state
    assert os.listdir(tmp_path) == [path.name]


def test_what_a_killed_process_left_beside_is_removed(tmp_path: Path) -> None:
    for file in (tmp_path / "street[1].json", tmp_path / "street1.json"):
        _beside(file).touch()
    AtomicFile(tmp_path / "street[1].json").write(b"whole")
    left, whole = sorted(os.listdir(tmp_path))
    assert left.startswith(_beside(tmp_path / "street1.json").name[:14])
    assert whole == "street[1].json"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o644])
def test_a_file_that_is_saved_again_stays_as_open_as_it_was(mode: int, tmp_path: Path) -> None:
    path, export = tmp_path / "street.session.json", tmp_path / "labels.txt"
    mask = os.umask(0o027)
    try:
        session = Session(IMAGE, path=path)
        for turn in (0o640, mode):  # a new file is as others are here
            session.add_object()
            write_together({export: b"whole"})
            for file in (path, export):
                assert stat.S_IMODE(file.stat().st_mode) == turn
                file.chmod(mode)
    finally:
        os.umask(mask)


@pytest.mark.parametrize("letter", ["a", "語"])
def test_a_file_may_have_the_longest_name_there_is(letter: str, tmp_path: Path) -> None:
    name = letter * ((255 - len(".session.json")) // len(letter.encode())) + ".session.json"
    Session(IMAGE, path=tmp_path / name).add_object()
    write_together({tmp_path / name.replace(".session.json", ".png"): b"whole"})
    assert len(os.listdir(tmp_path)) == 2


def test_two_threads_that_write_one_file_leave_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.txt"
    both, replace = Barrier(2), os.replace

    def at_once(new: Path, old: Path) -> None:
        both.wait(timeout=30)
        replace(new, old)

    monkeypatch.setattr("os.replace", at_once)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda data: write_together({path: data}), [b"left", b"right"]))
    assert path.read_bytes() in (b"left", b"right")
    assert os.listdir(tmp_path) == [path.name]


# On a screen


def until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.005)
    raise AssertionError("it never happened")


def click(widget: SegmentationWidget, number: int, x: float) -> None:
    content = {"command": "add_click", "x": x, "y": 10, "object_id": None, "place": 0}
    widget._handle_custom_msg({"id": number, "view": "left", **content}, [])


@pytest.mark.filterwarnings("ignore::dynamite_widget.keeping.NotSavedWarning")
def test_an_answer_that_cannot_be_saved_is_shown_with_the_error_and_the_next_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "street.session.json"
    segmenter = NearestClick()
    widget = SegmentationWidget(IMAGE, segmenter=segmenter, path=path)
    segmenter.gate.clear()
    click(widget, 1, 10)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        segmenter.gate.set()
        until(lambda: widget.session.pending is None and widget._error != {})
    assert "No space left" in widget._error["message"]
    assert widget.session.view.label_map[10, 10] == 1
    assert not session_file.loads(path.read_bytes()).answered
    click(widget, 2, 30)
    until(lambda: widget.session.pending is None and widget.unsaved is None)
    assert widget.label_map[10, 30] == 1
    widget.close()
    assert session_file.loads(path.read_bytes()).answered


def test_a_listener_that_raises_is_shown_and_the_answer_too() -> None:
    widget = SegmentationWidget(IMAGE, segmenter=NearestClick())

    def broken(change: Change) -> None:
        if change.cause == "answer":
            raise RuntimeError("a plot without a window")

    widget.session.listen(broken)
    click(widget, 1, 10)
    until(lambda: widget._error != {} and widget._status["activity"] == "idle")
    assert "without a window" in widget._error["message"]
    assert widget.session.view.label_map[10, 10] == 1
    widget.close()


def test_the_cell_run_again_looks_as_it_did(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    widget = SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path)
    widget.session.add_object()
    widget.set_state({"opacity": 0.2})
    for opacity in (0.3, 0.4, 0.9):
        widget.opacity = opacity
    widget.masks_only = True
    widget.close()
    before = path.read_bytes()
    again = SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path, height=700)
    assert (again.opacity, again.masks_only, again.height) == (0.9, True, 700)
    again.close()
    assert path.read_bytes() == before


def test_settings_of_another_version_harm_nobody(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    session = Session(IMAGE, path=path)
    session.screen = {"opacity": 7, "outline": "maybe", "hologram": True, "contrast": 1.5}
    with pytest.raises(ValueError, match="JSON"):
        session.screen = {"opacity": float("nan")}
    with pytest.raises(TypeError, match="JSON"):
        session.screen = {"opacity": object()}
    widget = SegmentationWidget(IMAGE, segmenter=NearestClick(), path=path)
    assert (widget.opacity, widget.outline, widget.contrast) == (0.5, True, 1.5)
    widget.close()
