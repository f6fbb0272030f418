"""What training reads, one image at a time; and folders of photographs with a manifest."""

from __future__ import annotations

import csv
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dynamite_widget.images import to_rgb

IGNORE = -1
"""Label of pixels that are neither object nor background."""
_IGNORE_ON_DISK = 255
_PARTIAL = ("some instances", "one person", "instances of 4 categories")


class LabelledImage(Protocol):
    """An image with labels, wherever they come from."""

    @property
    def name(self) -> str:
        """What it is called in messages and tables."""

    @property
    def dataset(self) -> str:
        """Name of the set it is drawn with."""

    @property
    def partial(self) -> bool:
        """Whether some objects have no label.

        An unlabelled pixel far from the labelled objects is then no safe place for a background
        click.
        """

    @property
    def photograph(self) -> Hashable:
        """What is the same for several label maps of one photograph, and for no other."""

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Image (H, W, 3) and labels (H, W): 0 background, k object, -1 ignored."""


@dataclass(frozen=True)
class Photograph:
    """One line of the manifest, a `LabelledImage`.

    Attributes:
        image, mask: files.
        dataset: name of the set.
        partial: whether some objects have no label.
        objects: labels used.
    """

    image: Path
    mask: Path
    dataset: str
    partial: bool
    objects: int

    @property
    def name(self) -> str:
        """Name of the image's file."""
        return self.image.name

    @property
    def photograph(self) -> Hashable:
        """The image's file."""
        return self.image.resolve()

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Image (H, W, 3) and labels (H, W): 0 background, k object, -1 ignored.

        The image is as the widget shows it, turned as its EXIF says.

        Raises:
            ValueError: if a file is missing, the image is none, or the labels do not fit it.
        """
        pixels = to_rgb(self.image)
        with Image.open(self.mask) as mask:
            labels = np.asarray(mask).astype(np.int32)
        if labels.shape != pixels.shape[:2]:
            raise ValueError(
                f"{self.mask} is {labels.shape}, its image {pixels.shape[:2]} (its EXIF rotation "
                "applied)"
            )
        labels[labels == _IGNORE_ON_DISK] = IGNORE  # no object has this label, in 16 bits neither
        return pixels, labels


def read_manifest(folder: Path) -> list[Photograph]:
    """All photographs of `folder`/manifest.csv whose files are there.

    Raises:
        FileNotFoundError: if there is no manifest, or none of its images.
    """
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        raise FileNotFoundError(f"no manifest at {manifest}: give the folder that holds it")
    with manifest.open(newline="") as lines:
        photographs = [
            Photograph(
                folder / row["image"],
                folder / row["mask"],
                row["dataset"],
                row["kind"].startswith(_PARTIAL) or "not every" in row["kind"],
                int(row["objects"]),
            )
            for row in csv.DictReader(lines)
        ]
    found = [p for p in photographs if p.image.is_file() and p.mask.is_file()]
    if not found:
        raise FileNotFoundError(f"none of the {len(photographs)} images of {manifest} are there")
    return found
