"""Photographs of every kind are evaluated, and trained on, as the widget shows them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from dynamite_widget import Session
from dynamite_widget.evaluation.readers import DataSetError, open_scenes
from dynamite_widget.training.own_labels import open_labels

HEIGHT, WIDTH = 40, 60  # as the pixels lie in the file
ORDINARY, UPSIDE_DOWN, LYING = 1, 3, 6  # EXIF orientations
Pixels = np.ndarray


def noise(dtype: type = np.uint8, channels: int = 3) -> Pixels:
    shape = (HEIGHT, WIDTH) if channels == 1 else (HEIGHT, WIDTH, channels)
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max, shape).astype(dtype)


def transparent() -> Pixels:
    pixels = noise(channels=4)
    pixels[:10] = 0  # black, but not to be seen
    return pixels


KINDS = {
    "16-bit grey": (noise(np.uint16, 1), ORDINARY),
    "transparent": (transparent(), ORDINARY),
    "upside down": (noise(), UPSIDE_DOWN),
    "lying": (noise(), LYING),
}


def save(pixels: Pixels, orientation: int, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(pixels).save(path, exif=exif)
    return path


def label(image: Path, like: Pixels) -> None:
    """A label map of the size that a photograph has on screen, and a manifest."""
    labels = np.zeros(like.shape[:2], np.uint8)
    labels[5:20, 5:20] = 1
    mask = image.parents[1] / "masks" / image.name
    mask.parent.mkdir()
    Image.fromarray(labels).save(mask)
    rows = "image,mask,dataset,kind,objects\nimages/a.png,masks/a.png,own,instances,1\n"
    (image.parents[1] / "manifest.csv").write_text(rows)


def describe_in_coco(root: Path, height: int, width: int) -> None:
    box = [[5, 5, 15, 5, 15, 25, 5, 25]]
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": box, "iscrowd": 0}
    image = {"id": 1, "file_name": "a.png", "height": height, "width": width}
    record = {"images": [image], "annotations": [annotation], "categories": [{"id": 1}]}
    (root / "annotations").mkdir(exist_ok=True)
    (root / "annotations" / "instances_val2017.json").write_text(json.dumps(record))


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_folder_shows_what_the_widget_shows(kind: str, tmp_path: Path) -> None:
    image = save(*KINDS[kind], tmp_path / "images" / "a.png")
    shown = Session(image).image
    label(image, shown)
    assert np.array_equal(open_scenes(tmp_path)[0].image, shown)
    assert np.array_equal(open_labels(tmp_path)[0].read()[0], shown)


@pytest.mark.parametrize("kind", KINDS)
def test_a_coco_folder_shows_what_the_widget_shows(kind: str, tmp_path: Path) -> None:
    image = save(*KINDS[kind], tmp_path / "val2017" / "a.png")
    shown = Session(image).image
    describe_in_coco(tmp_path, *shown.shape[:2])
    assert np.array_equal(open_scenes(tmp_path)[0].image, shown)


def test_labels_drawn_on_the_photograph_as_it_lies_are_told_apart(tmp_path: Path) -> None:
    pixels, orientation = KINDS["lying"]
    label(save(pixels, orientation, tmp_path / "images" / "a.png"), pixels)
    with pytest.raises(DataSetError, match=r"a.png is 40x60 \(turned as its EXIF says"):
        list(open_scenes(tmp_path))
    with pytest.raises(ValueError, match="its EXIF rotation applied"):
        open_labels(tmp_path)[0].read()


def test_coco_annotations_that_fit_the_photograph_as_it_lies_are_taken_so(tmp_path: Path) -> None:
    pixels, orientation = KINDS["lying"]
    save(pixels, orientation, tmp_path / "val2017" / "a.png")
    describe_in_coco(tmp_path, HEIGHT, WIDTH)
    assert np.array_equal(open_scenes(tmp_path)[0].image, pixels)
    describe_in_coco(tmp_path, HEIGHT, WIDTH + 1)
    with pytest.raises(DataSetError, match=r"turned as its EXIF says.*says 61x40"):
        list(open_scenes(tmp_path))


def test_photographs_of_a_published_set_are_read_as_they_lie(tmp_path: Path) -> None:
    pixels = noise()
    mask = np.where(pixels[..., 0] > 99, 255, 0).astype(np.uint8)
    for k in range(50):
        save(pixels, UPSIDE_DOWN, tmp_path / "data_GT" / f"{k}.png")
        save(mask, ORDINARY, tmp_path / "boundary_GT" / f"{k}.png")
    assert np.array_equal(open_scenes(tmp_path)[0].image, pixels)
    (tmp_path / "data_GT" / "0.png").unlink()
    assert np.array_equal(open_scenes(tmp_path)[0].image, pixels[::-1, ::-1])
