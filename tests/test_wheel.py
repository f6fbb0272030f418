"""The wheel carries front end, weights and photographs, and so needs no Node and no network."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
LARGEST_WHEEL_BYTES = 16_000_000
LARGEST_WEIGHTS_BYTES = 12_000_000

# Runs in a fresh interpreter: every connection to another machine is an error.
SEGMENT_WITHOUT_NETWORK = """
import socket, sys
sys.path.insert(0, sys.argv[1])

def no_network(self, address):
    raise AssertionError(f"tried to reach {address}")

socket.socket.connect = no_network

import dynamite_widget as dw
from dynamite_widget import samples

assert dw.__file__.startswith(sys.argv[1]), dw.__file__
session = dw.Session(samples.path("coffee.jpg"))
cup = session.add_object(label="cup")
label_map = session.click(x=290, y=110, object_id=cup)
assert label_map[110, 290] == cup
widget = dw.SegmentationWidget(samples.path("coffee.jpg"))
assert "export" in str(widget._esm)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            folder,
            REPOSITORY,
        ],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_carries_the_front_end_as_built(contents: dict[str, bytes]) -> None:
    for name in ("widget.js", "widget.css"):
        built = (REPOSITORY / "dynamite_widget" / "static" / name).read_bytes()
        assert contents[f"dynamite_widget/static/{name}"] == built


def test_its_front_end_loads_nothing_from_elsewhere(contents: dict[str, bytes]) -> None:
    for name in ("widget.js", "widget.css"):
        text = contents[f"dynamite_widget/static/{name}"].decode()
        assert re.findall(r"""(?:import|from|url|fetch)\s*\(?\s*["']?(?:https?:)?//""", text) == []


def test_it_carries_weights_of_bearable_size(contents: dict[str, bytes], wheel: Path) -> None:
    weights = contents["dynamite_widget/weights/dynamite-lite.safetensors"]
    assert 1_000_000 < len(weights) <= LARGEST_WEIGHTS_BYTES
    assert wheel.stat().st_size <= LARGEST_WHEEL_BYTES


def test_it_carries_the_photographs_with_their_licence(contents: dict[str, bytes]) -> None:
    licence = contents["dynamite_widget/samples/LICENCE.md"].decode()
    photographs = {Path(name).name for name in contents if name.endswith(".jpg")}
    assert photographs == {"coffee.jpg", "chelsea.jpg", "rocket.jpg"}
    for photograph in photographs:
        assert f"`{photograph}`" in licence


def test_it_leaves_sources_and_tests_of_the_front_end_at_home(contents: dict[str, bytes]) -> None:
    rooms = {name.split("/")[0] for name in contents}
    assert {room for room in rooms if not room.endswith(".dist-info")} == {"dynamite_widget"}
    assert not [name for name in contents if name.endswith((".ts", ".tsx", ".map"))]


def test_it_segments_with_neither_network_nor_node(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    run = subprocess.run(
        [sys.executable, "-c", SEGMENT_WITHOUT_NETWORK, str(installed)],
        cwd=tmp_path,
        env={"PATH": "/nowhere", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
