"""The plain layout: images/NAME.jpg with masks/NAME.png, one label a pixel."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from dynamite_widget.evaluation.readers.files import (
    DataSetError,
    open_folder,
    read_map,
    read_photograph,
    same_size,
)
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene

IGNORE_LABEL = 255
"""Label of pixels whose truth is unknown, in 8-bit and in 16-bit maps."""


def label_folder(path: str | Path) -> SceneSet:
    """Open a folder, or a tar of one, with `images/` and `masks/`.

    A mask has its image's name and the ending .png: 0 is background, 255 is ignored, every
    other value is an object. 16-bit maps hold more than 254 objects.

    Raises:
        DataSetError: if a directory is missing or empty, or an image has no mask.
    """
    folder = open_folder(path)
    images = folder.listing("images")
    if not images:
        raise DataSetError(
            f"{folder} has no images/; expected images/NAME.jpg with masks/NAME.png, 0 for "
            "background, 1, 2, ... for objects, 255 for pixels to ignore"
        )
    files = {PurePosixPath(image).stem: image for image in images}
    for name in files:
        if not folder.exists(f"masks/{name}.png"):
            raise DataSetError(
                f"{folder.where(f'masks/{name}.png')} is missing; expected the label map of "
                f"images/{files[name]} there"
            )

    def load(name: str) -> Scene:
        image_name, map_name = f"images/{files[name]}", f"masks/{name}.png"
        image = read_photograph(folder, image_name)
        labels = read_map(folder, map_name)
        same_size(folder, image_name, image, map_name, labels)
        ids = [k for k in np.unique(labels) if k not in (0, IGNORE_LABEL)]
        masks = labels == np.reshape(ids, (-1, 1, 1))
        ignore = labels == IGNORE_LABEL
        return Scene(name, image, masks, ignore if ignore.any() else None)

    return SceneSet(Path(path).stem, list(files), load)
