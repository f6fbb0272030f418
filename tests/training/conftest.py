"""A small folder of photographs with label maps, as the training room reads them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynamite_widget.training.photographs import Photograph, read_manifest


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
