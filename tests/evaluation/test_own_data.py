"""People's own folders: no image is lost, and they are read as what they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dynamite_widget import cli
from dynamite_widget.evaluation.benches import BenchSettings
from dynamite_widget.evaluation.readers import DataSetError, open_scenes
from dynamite_widget.evaluation.runs import Run
from dynamite_widget.evaluation.segmenter_source import SegmenterSource
from tests.evaluation import stand_in
from tests.evaluation.stand_in import rectangle, write_label_folder

SIZE = (40, 60)
LEFT = rectangle(5, 5, 20, 10)
BOX = [[5, 5, 15, 5, 15, 25, 5, 25]]


def write_pair(
    root: Path, image: str, labels: np.ndarray, places: tuple[str, str] = ("images", "masks")
) -> None:
    for place in places:
        (root / place).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", labels.shape[::-1], (90, 120, 150)).save(root / places[0] / image)
    Image.fromarray(labels).save((root / places[1] / image).with_suffix(".png"))


def write_coco(root: Path, *files: str) -> dict[str, Any]:
    """A COCO file and its images, each with one object; what the file says is returned."""
    images = [
        {"id": k, "file_name": file, "height": SIZE[0], "width": SIZE[1]}
        for k, file in enumerate(files)
    ]
    annotations = [
        {"id": 10 + k, "image_id": k, "category_id": 1, "segmentation": BOX, "iscrowd": 0}
        for k in range(len(files))
    ]
    for k, file in enumerate(files):
        place = root / "val2017" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", SIZE[::-1], (40 * k, 90, 120)).save(place)
    record = {"images": images, "annotations": annotations, "categories": [{"id": 1}]}
    write_annotations(root, record)
    return record


def write_annotations(root: Path, record: object) -> None:
    (root / "annotations").mkdir(parents=True, exist_ok=True)
    (root / "annotations" / "instances_val2017.json").write_text(json.dumps(record))


def test_coco_images_of_one_name_in_several_folders_are_all_there(tmp_path: Path) -> None:
    write_coco(tmp_path, *(f"site{k}/0001.png" for k in range(6)))
    scenes = open_scenes(tmp_path)
    assert scenes.names == tuple(f"site{k}/0001" for k in range(6))
    assert [scene.image[0, 0, 0] for scene in scenes] == [0, 40, 80, 120, 160, 200]


def test_coco_images_that_differ_in_the_ending_alone_are_all_there(tmp_path: Path) -> None:
    write_coco(tmp_path, "m0.png", "m0.bmp", "m1.png")
    scenes = open_scenes(tmp_path)
    assert scenes.names == ("m0.png", "m0.bmp", "m1")
    assert [scene.image[0, 0, 0] for scene in scenes] == [0, 40, 80]


def test_a_coco_file_that_names_an_image_twice_is_refused(tmp_path: Path) -> None:
    write_coco(tmp_path, "m0.png", "m1.png", "m0.png")
    with pytest.raises(DataSetError, match=r"instances_val2017.json has m0.png twice"):
        open_scenes(tmp_path)


def test_two_images_for_one_mask_are_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "m0.jpg", LEFT.astype(np.uint8))
    write_pair(tmp_path, "m0.png", LEFT.astype(np.uint8))
    with pytest.raises(DataSetError, match=r"m0.jpg and m0.png have the same name"):
        open_scenes(tmp_path)


def test_one_mask_without_objects_does_not_make_a_label_folder_black_and_white(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pair(tmp_path / "own", "0.jpg", np.where(LEFT, 255, 0).astype(np.uint8))
    for k in (1, 2):
        write_pair(tmp_path / "own", f"{k}.jpg", (LEFT + 2 * ~LEFT).astype(np.uint8))
    scenes = open_scenes(tmp_path / "own")
    assert scenes.layout == "labels"
    assert [scene.truth.n_objects for scene in scenes] == [0, 2, 2]
    argv = ["evaluate", "--model", f"{stand_in.__name__}:NearestWithin", "--task", "noc"]
    argv += ["--data", str(tmp_path / "own"), "--out", str(tmp_path / "run")]
    assert cli.main(argv) == 0
    said = "own: 3 images, laid out as labels (0 background, 255 ignored)"
    assert said in capsys.readouterr().err


def test_black_and_white_masks_in_colour_files_are_taken_for_what_they_are(tmp_path: Path) -> None:
    write_pair(tmp_path, "0.jpg", np.where(LEFT, 255, 0).astype(np.uint8))
    Image.open(tmp_path / "masks" / "0.png").convert("RGB").save(tmp_path / "masks" / "0.png")
    (scene,) = open_scenes(tmp_path)
    assert np.array_equal(scene.masks, LEFT[None])


def test_own_data_is_not_taken_for_a_published_set_that_is_laid_out_like_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_coco(tmp_path / "pets", "m0.png", "m1.png")
    argv = ["evaluate", "--model", f"{stand_in.__name__}:NearestWithin"]
    argv += ["--data", str(tmp_path / "pets"), "--out", str(tmp_path / "run")]
    assert cli.main(argv) == 0
    out, err = capsys.readouterr()
    assert "**pets: MIST**" in out
    assert "README of github.com" not in out
    assert "laid out as coco (annotations, crowds left out); not the published COCO" in err


def test_a_folder_called_like_a_published_set_is_not_that_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["evaluate", "--model", f"{stand_in.__name__}:NearestWithin", "--task", "noc"]
    argv += ["--data", str(write_label_folder(tmp_path / "DAVIS")), "--out", str(tmp_path / "run")]
    assert cli.main(argv) == 0
    assert "README of github.com" not in capsys.readouterr().out


@pytest.mark.parametrize(("size", "title"), [((321, 481), "Berkeley"), ((40, 60), "mine")])
def test_a_published_set_is_known_by_its_extent(
    size: tuple[int, int], title: str, tmp_path: Path
) -> None:
    mask = np.zeros(size, np.uint8)
    mask[5:20, 5:20] = 255
    for k in range(100):
        write_pair(tmp_path / "mine", f"{12000 + k}.jpg", mask)
    scenes = open_scenes(tmp_path / "mine")
    assert scenes.title == title
    assert bool(scenes.published) == (title == "Berkeley")
    assert scenes.evenly(5).published == scenes.published  # its part is said to be one
    run = Run.begin(tmp_path / "run", scenes, BenchSettings(SegmenterSource("x"), "mine"))
    assert Run.open(run.path).published == scenes.published
    (tmp_path / "mine" / "images" / "12007.jpg").unlink()
    assert open_scenes(tmp_path / "mine").title == "mine"


def spoilt(what: str, number: int, **values: object) -> Callable[[dict[str, Any]], None]:
    """Give an image or annotation of a COCO file other values, or take those that are None."""

    def change(record: dict[str, Any]) -> None:
        record[what][number].update(values)
        for name in [name for name, value in values.items() if value is None]:
            del record[what][number][name]

    return change


RUNS = {"size": [10, 10], "counts": [5, 5, 90]}
TEXT = {"size": list(SIZE), "counts": "garbage!!!"}
SPOILT = {
    "no segmentation": (
        spoilt("annotations", 1, segmentation=None),
        "expected a segmentation of annotation 11, but there is none",
    ),
    "an empty one": (
        spoilt("annotations", 1, segmentation=[]),
        r"expected a segmentation of annotation 11, but it is \[\]",
    ),
    "an empty polygon": (
        spoilt("annotations", 1, segmentation=[[]]),
        "annotation 11 is broken; expected polygons or runs of m1.png, 60x40 pixels",
    ),
    "a polygon of something else": (
        spoilt("annotations", 1, segmentation=[["a", 1, 2, 3, 4, 5]]),
        "annotation 11 is broken; .* could not convert",
    ),
    "runs of another size": (
        spoilt("annotations", 1, segmentation=RUNS),
        "annotation 11 is broken; .* its mask is 10x10 pixels",
    ),
    "runs that are none": (
        spoilt("annotations", 1, segmentation=TEXT, id=None),
        "an annotation of image 1 is broken; .* not COCO.s text",
    ),
    "no file name": (
        spoilt("images", 1, file_name=None),
        "expected a file_name of image 1, but there is none",
    ),
    "no height": (
        spoilt("images", 1, height=None),
        "expected a height of image 1, but there is none",
    ),
    "no width": (spoilt("images", 1, width=0), "expected a width of image 1, but it is 0"),
    "an image that is not there": (
        spoilt("images", 1, file_name="gone.png"),
        "/gone.png cannot be read: No such file",
    ),
    "an id twice": (spoilt("images", 1, id=0), "has image 0 twice; expected each id once"),
    "an unknown image": (
        spoilt("annotations", 1, image_id=999),
        "annotation 11 is of image 999; expected one of its images",
    ),
    "no images": (lambda record: record["images"].clear(), "is broken: expected COCO's images"),
    "no annotations": (lambda record: record.pop("annotations"), "'annotations' is no list"),
    "images that are none": (lambda record: record.update(images=[1]), "'images' is no list"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_broken_in_a_coco_file_is_named(what: str, tmp_path: Path) -> None:
    record = write_coco(tmp_path, "m0.png", "m1.png")
    spoil, words = SPOILT[what]
    spoil(record)
    write_annotations(tmp_path, record)
    with pytest.raises(DataSetError, match=rf"val2017.*{words}"):
        list(open_scenes(tmp_path))


def test_a_coco_file_that_is_a_list_is_refused(tmp_path: Path) -> None:
    write_coco(tmp_path, "m0.png")
    write_annotations(tmp_path, [1, 2])
    with pytest.raises(DataSetError, match="'images' is no list"):
        open_scenes(tmp_path)


def test_annotations_that_do_not_say_so_are_no_crowds(tmp_path: Path) -> None:
    record = write_coco(tmp_path, "m0.png")
    for name in ("iscrowd", "id", "category_id"):
        del record["annotations"][0][name]
    write_annotations(tmp_path, record)
    assert np.array_equal(open_scenes(tmp_path)[0].masks, LEFT[None])


def test_names_with_dots_find_their_own_masks(tmp_path: Path) -> None:
    for name, mask in (("a.1.jpg", LEFT), ("a.2.jpg", ~LEFT)):
        write_pair(tmp_path, name, np.where(mask, 255, 0).astype(np.uint8), ("img", "gt"))
    first, second = open_scenes(tmp_path, "coco_mval")
    assert np.array_equal(first.masks[0], LEFT)
    assert np.array_equal(second.masks[0], ~LEFT)
