"""Exports to one folder at the same time, from threads or processes, make one data set."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dynamite_widget.formats import taking_turns
from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.data_sets import DataSetFormat, write_data_set
from dynamite_widget.formats.exported_images import read_index
from dynamite_widget.formats.taking_turns import FILE_NAME, alone_adding_to
from dynamite_widget.formats.voc import read_voc, write_voc
from dynamite_widget.formats.yolo import read_yolo, write_yolo
from dynamite_widget.masks import Mask
from dynamite_widget.saving import AtomicFile

posix = pytest.mark.skipif(sys.platform == "win32", reason="locks on files are those of POSIX")
SIZE = (8, 9)


def labels(kind: str) -> Annotations:
    pixels = np.zeros(SIZE, bool)
    pixels[2:5, 2:6] = True
    return Annotations(SIZE, (Annotation(Mask.from_array(pixels), 1, kind),))


def check(folder: Path, format: str, names: list[str]) -> None:
    """Every image is listed, and has the label that it was given: its own name."""
    if format == "yolo":
        found = read_yolo(folder, {f"{name}.jpg": SIZE for name in names})
        assert len((folder / "images.txt").read_text().split()) == len(names)
    else:
        found = {f"{name}.jpg": each for name, each in read_voc(folder).items()}
    assert {name: each.labels for name, each in found.items()} == {
        f"{name}.jpg": (name,) for name in names
    }
    assert not (folder / FILE_NAME).exists()


EXPORTER = """
import sys
from dynamite_widget.formats.data_sets import write_data_set
from tests.test_formats_taking_turns import labels

print("ready", flush=True)
sys.stdin.readline()
for number in range(12):
    name = f"{sys.argv[2]}{number}"
    for format in ("yolo", "voc"):
        write_data_set(f"{sys.argv[1]}/{format}", {f"{name}.jpg": labels(name)}, format)
"""


@posix
def test_two_processes_that_export_at_once_lose_no_image_and_mix_up_no_class(
    tmp_path: Path,
) -> None:
    exporters = [
        subprocess.Popen(
            [sys.executable, "-c", EXPORTER, str(tmp_path), who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        for who in "ab"
    ]
    for each in exporters:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in exporters:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    for each in exporters:
        each.communicate(timeout=60)
        assert each.returncode == 0
    names = [f"{who}{number}" for who in "ab" for number in range(12)]
    for format in ("yolo", "voc"):
        check(tmp_path / format, format, names)
        assert len(read_index(tmp_path / format)[format]) == len(names)


@pytest.mark.parametrize("format", ["yolo", "voc"])
@pytest.mark.parametrize("indexed", [True, False])
def test_threads_that_export_at_once_do_not_either(
    format: DataSetFormat, indexed: bool, tmp_path: Path
) -> None:
    def export(name: str) -> None:
        images = {f"{name}.jpg": labels(name)}
        if indexed:
            write_data_set(tmp_path / "out", images, format)
        else:
            {"yolo": write_yolo, "voc": write_voc}[format](tmp_path / "out", images)

    names = [f"{number:02}" for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(export, names))
    check(tmp_path / "out", format, names)


HOLDER = """
import sys
from pathlib import Path
from dynamite_widget.formats.taking_turns import alone_adding_to

with alone_adding_to(Path(sys.argv[1])):
    print("here", flush=True)
    sys.stdin.readline()
"""


@posix
def test_who_exports_for_ever_is_named_and_sessions_are_saved_there_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
        monkeypatch.setattr(taking_turns, "PATIENCE_SECONDS", 0)
        with pytest.raises(TimeoutError, match=r"exporting to '.*out' for 0 seconds"):
            write_data_set(folder, {"a.jpg": labels("a")}, "yolo")
        AtomicFile(folder / "a.session.json").write(b"{}")
        other.kill()
    write_data_set(folder, {"a.jpg": labels("a")}, "yolo")
    check(folder, "yolo", ["a"])


def test_a_folder_that_was_made_for_nothing_goes_again(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), alone_adding_to(tmp_path / "a" / "b"):
        raise RuntimeError
    assert [*tmp_path.iterdir()] == []
    with alone_adding_to(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "c").touch()
    assert [path.name for path in (tmp_path / "a").rglob("*")] == ["b", "c"]
