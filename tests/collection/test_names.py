"""What images of a list are called: by these names one folder of photographs has them all."""

from __future__ import annotations

import json
from pathlib import Path, PureWindowsPath
from typing import get_args

import pytest
from PIL import Image

from dynamite_widget import image_list
from dynamite_widget.collection import Collection
from dynamite_widget.formats.data_sets import DataSetFormat
from tests.collection.labelled import HEIGHT, WIDTH, label
from tests.nearest_click import NearestClick

DAY_AND_NIGHT = ["day/a.png", "day/b.png", "night/a.png", "night/c.png"]


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """Two folders in one, each of which has an a.png."""
    paths = [tmp_path / "photographs" / name for name in DAY_AND_NIGHT]
    for shade, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(path)
    return paths


def labelled(paths: list[Path], folder: Path | None = None) -> Collection:
    collection = Collection(paths, NearestClick(), path=folder)
    for place in range(len(paths)):
        collection.go_to(place)
        label(collection)
    return collection


def test_one_folder_of_photographs_has_all_names_of_an_export(
    photographs: list[Path], tmp_path: Path
) -> None:
    collection = labelled(photographs)
    assert [*collection.names] == DAY_AND_NIGHT
    coco = json.loads(collection.export(tmp_path / "all.json").read_bytes())
    assert [image["file_name"] for image in coco["images"]] == DAY_AND_NIGHT
    yolo = collection.export(tmp_path / "yolo", format="yolo").parent
    listed = (yolo / "images.txt").read_text().splitlines()
    assert listed == [f"./images/{name}" for name in DAY_AND_NIGHT]
    for name in DAY_AND_NIGHT:
        assert (yolo / "labels" / name).with_suffix(".txt").is_file()


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/day/a.jpg", "x/night/b.jpg"], ["a.jpg", "b.jpg"]),
        (["x/day/a.jpg", "x/a.jpg", "x/b.jpg"], ["day/a.jpg", "a.jpg", "b.jpg"]),
        (["x/1/y/a.jpg", "x/2/y/a.jpg"], ["1/y/a.jpg", "2/y/a.jpg"]),
        (["x/day/a.jpg", "x/daylight/a.jpg"], ["day/a.jpg", "daylight/a.jpg"]),
    ],
)
def test_names_are_as_short_as_one_folder_allows(paths: list[str], names: list[str]) -> None:
    assert [*Collection(paths).names] == names


def test_photographs_on_two_drives_have_names_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_list, "PurePath", PureWindowsPath)
    names = image_list._short_names([r"C:\x\a.jpg", r"D:\x\a.jpg", r"D:\b.jpg"])
    assert names == ["C/x/a.jpg", "D/x/a.jpg", "D/b.jpg"]


def test_work_is_found_again_whatever_other_images_make_of_a_name(
    photographs: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "labels"
    first = labelled(photographs[:2], folder)
    first.mark("done", "b.png")
    grown = Collection(photographs, NearestClick(), path=folder)
    assert grown.statuses["day/b.png"] == "done"
    assert [*grown.annotations] == ["day/a.png", "day/b.png"]
    for place in range(2):
        grown.go_to(place)
        assert len(grown.session.objects) == 1


@pytest.mark.parametrize("format", get_args(DataSetFormat))
def test_a_warning_says_which_images_a_folder_has_twice_since_the_list_has_grown(
    format: DataSetFormat, photographs: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    labelled(photographs[1:2]).export(out, format=format)
    grown = labelled(photographs[:3])
    says = r"another name .* has them twice \(1: \S*b\.\w+ and \S*day/b\.\w+\); .* new folder"
    with pytest.warns(UserWarning, match=says) as heard:
        grown.export(out, format=format)
    assert len(heard) == 1
    others = labelled(photographs[3:])
    with pytest.warns(UserWarning, match=r"names that are not in this export \(4: ") as heard:
        others.export(out, format=format)
    assert len(heard) == 1
