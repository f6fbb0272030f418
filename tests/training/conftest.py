"""A small folder of photographs with label maps, as the training room reads them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as rle

from dynamite_widget.models.checkpoint import WeightsRecord, save_weights
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import find_model
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.photographs import Photograph, read_manifest

SMALL = TrainingConfig(crop=96, batch=2, steps=4, warmup=1, rounds=1, points=256, max_objects=2)


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> Iterator[None]:
    """Small inputs are computed sooner by one thread than by several that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photograph_folder(tmp_path: Path) -> Path:
    """Two sets of two pictures each: discs and a square on noise, with an ignored rim."""
    rng = np.random.default_rng(0)
    rows = []
    for number, (name, kind) in enumerate(
        [("plain", "instances"), ("plain", "instances"), ("part", "some instances")] * 2
    ):
        image = rng.integers(0, 60, (120, 160, 3), dtype=np.uint8)
        labels = np.zeros((120, 160), np.uint8)
        ys, xs = np.mgrid[:120, :160]
        disc = (ys - 50) ** 2 + (xs - 45 - number) ** 2
        labels[disc < 32**2], labels[disc < 28**2] = 255, 1
        labels[60:110, 95:150] = 2
        image[labels == 1] += np.uint8(120)
        image[labels == 2] += np.uint8(180)
        stem = f"{name}-{number}.png"
        Image.fromarray(image).save(tmp_path / f"image-{stem}")
        Image.fromarray(labels).save(tmp_path / f"mask-{stem}")
        rows.append([f"image-{stem}", f"mask-{stem}", name, kind, 2])
    with (tmp_path / "manifest.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([["image", "mask", "dataset", "kind", "objects"], *rows])
    return tmp_path


@pytest.fixture
def photographs(photograph_folder: Path) -> list[Photograph]:
    return read_manifest(photograph_folder)


def small(config: TrainingConfig) -> TrainingConfig:
    """The same run on a few tiny crops."""
    return replace(config, crop=96, batch=2, points=128, rounds=1, max_objects=2, paste=0.0)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the embedded model that know nothing, and look at small pictures."""
    torch.manual_seed(0)
    record = replace(find_model("dynamite-lite"), short_side=64, long_side=96)
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_weights(path, DynaMITe(record.config).state_dict(), WeightsRecord.of(record, "chance"))
    return path


def picture(number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A disc and a square, 96 x 72, and their masks."""
    rng = np.random.default_rng(number)
    image = rng.integers(0, 60, (72, 96, 3), dtype=np.uint8)
    ys, xs = np.mgrid[:72, :96]
    disc = (ys - 30 - number) ** 2 + (xs - 25) ** 2 < 18**2
    square = (abs(ys - 40) < 20) & (abs(xs - 70 + number) < 16)
    image[disc] += np.uint8(120)
    image[square] += np.uint8(180)
    return image, {"disc": disc, "square": square}


@pytest.fixture
def coco_folder(tmp_path: Path) -> Path:
    """Five pictures in images/, and labels.coco.json."""
    folder = tmp_path / "own"
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for number in range(5):
        image, masks = picture(number)
        name = f"{number}.png"
        Image.fromarray(image).save(folder / "images" / name)
        images.append({"id": number, "file_name": name, "height": 72, "width": 96})
        for mask in masks.values():
            encoded = rle.encode(np.asfortranarray(mask.astype(np.uint8)))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "segmentation": {"size": [72, 96], "counts": encoded["counts"].decode()},
                    "area": int(mask.sum()),
                    "iscrowd": 0,
                }
            )
    content: dict[str, Any] = {"images": images, "annotations": annotations, "categories": []}
    content["categories"].append({"id": 1, "name": "thing"})
    (folder / "labels.coco.json").write_text(json.dumps(content))
    return folder
