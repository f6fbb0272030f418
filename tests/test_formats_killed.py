"""Whoever is killed while exporting leaves a folder that means something, and can go on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.data_sets import write_data_set
from dynamite_widget.formats.exported_images import read_index
from dynamite_widget.formats.voc import write_voc
from dynamite_widget.formats.yolo import write_yolo
from dynamite_widget.saving import _beside
from tests.test_formats_taking_turns import labels

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither forks nor SIGKILL"
)

WRITERS = ("yolo", "voc", "png", "npz", "geojson", "write_yolo", "write_voc")
FIRST = {"day/a.jpg": "car", "b.jpg": "car"}
SECOND = {"b.jpg": "bus", "c.jpg": "bus"}


def export(folder: Path, writer: str, kinds: dict[str, str]) -> None:
    images: dict[str, Annotations] = {name: labels(kind) for name, kind in kinds.items()}
    match writer:
        case "write_yolo":
            write_yolo(folder, images)
        case "write_voc":
            write_voc(folder, images)
        case "yolo" | "voc" | "png" | "npz" | "geojson":
            write_data_set(folder, images, writer)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.test_formats_killed import FIRST, SECOND, WRITERS, export

def kill_at(place):
    replace, left = os.replace, [place]
    def replace_or_die(*paths):
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        replace(*paths)
    os.replace = replace_or_die

def export_until_killed(folder, writer, begun, place):
    if begun:
        export(folder, writer, FIRST)
    exporter = os.fork()
    if not exporter:
        kill_at(place)
        export(folder, writer, SECOND if begun else FIRST)
        os._exit(0)
    return os.waitpid(exporter, 0)[1] != 0

for writer in WRITERS:
    for begun in (False, True):
        place = 0
        folder = Path(sys.argv[1], writer, str(begun))
        while export_until_killed(folder / str(place), writer, begun, place):
            place += 1
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for every writer, each moment at which it may be killed, and nothing or begun."""
    folder = tmp_path_factory.mktemp("out")
    command = [sys.executable, "-c", KILLED, str(folder)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[1])
    return folder


def killed(out: Path, writer: str, begun: bool) -> list[Path]:
    """Folders in which an export was killed, before each file that it replaces."""
    places = sorted((out / writer / str(begun)).iterdir(), key=lambda path: int(path.name))[:-1]
    assert len(places) > 2  # and one more, where it came through
    return places


def contents(folder: Path) -> dict[str, object]:
    """What files say; members of the index may stand in any order."""
    found: dict[str, object] = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    if found.pop(".exported.json", None):
        found["index"] = read_index(folder)
    return found


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("begun", [False, True])
def test_the_same_export_again_makes_everything_whole_and_leaves_nothing_over(
    begun: bool, writer: str, out: Path, tmp_path: Path
) -> None:
    truth = tmp_path / "truth"
    for kinds in (FIRST, SECOND)[: 1 + begun]:
        export(truth, writer, kinds)
    for place in killed(out, writer, begun):
        folder = shutil.copytree(place, tmp_path / place.name)
        assert [*folder.rglob("*.tmp")]
        export(folder, writer, SECOND if begun else FIRST)
        assert contents(folder) == contents(truth)


@pytest.mark.parametrize("writer", ["yolo", "write_yolo"])
@pytest.mark.parametrize("begun", [False, True])
def test_no_label_ever_has_a_class_that_nobody_defined(begun: bool, writer: str, out: Path) -> None:
    for folder in killed(out, writer, begun):
        files = [*folder.glob("labels/**/*.txt")]
        used = {int(line.split()[0]) for file in files for line in file.read_text().splitlines()}
        names = yaml.safe_load((folder / "data.yaml").read_text())["names"] if used else {}
        assert used <= names.keys()
        if (folder / "images.txt").exists():
            listed = (folder / "images.txt").read_text().splitlines()
            stems = [line.removeprefix("./images/").removesuffix(".jpg") for line in listed]
            assert all((folder / "labels" / f"{stem}.txt").exists() for stem in stems)


def test_of_other_files_only_what_was_long_left_behind_is_removed(tmp_path: Path) -> None:
    """Somebody may be saving a session in the folder at this moment."""
    saving, left, killed = (_beside(tmp_path / name) for name in ("s.json", "b.png", "a.png"))
    theirs = tmp_path / f"{left.name}.tmp"
    for path in (saving, left, killed, theirs):
        path.touch()
    yesterday = time.time() - 24 * 3600
    for path in (left, theirs):
        os.utime(path, (yesterday, yesterday))
    export(tmp_path, "png", {"a.jpg": "car"})
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {saving.name, theirs.name, "a.png", ".exported.json"}
