"""The plain layout: images/NAME.jpg with masks/NAME.png, one label a pixel."""

from __future__ import annotations

import numpy as np

from dynamite_widget.evaluation.readers.files import (
    DataSetError,
    Folder,
    images_in,
    read_labels,
    read_photograph,
)
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene

IGNORE_LABEL = 255
"""Label of pixels whose truth is unknown, in 8-bit and in 16-bit maps."""


def label_folder(folder: Folder, title: str) -> SceneSet:
    """Read `images/` and `masks/`.

    A mask has its image's name and the ending .png: 0 is background, 255 is ignored, every
    other value is an object. 16-bit maps hold more than 254 objects.

    Raises:
        DataSetError: if a directory is missing or empty, or an image has no mask.
    """
    images = images_in(folder, "images")
    for name, image in images.items():
        if not folder.exists(f"masks/{name}.png"):
            raise DataSetError(
                f"{folder.where(f'masks/{name}.png')} is missing; expected the label map of "
                f"{image} there"
            )

    def load(name: str) -> Scene:
        image = read_photograph(folder, images[name])
        labels = read_labels(folder, f"masks/{name}.png", (images[name], image))
        return labelled_scene(name, image, labels)

    return SceneSet(title, list(images), load)


def labelled_scene(name: str, image: np.ndarray, labels: np.ndarray) -> Scene:
    """Make a scene of a label map with 0 for background and 255 for pixels to ignore."""
    ids = np.setdiff1d(labels, [0, IGNORE_LABEL])
    ignore = labels == IGNORE_LABEL
    masks = labels == np.reshape(ids, (-1, 1, 1))
    return Scene(name, image, masks, ignore if ignore.any() else None)
