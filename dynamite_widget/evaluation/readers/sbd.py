"""SBD, the Semantic Boundaries Dataset (Hariharan et al., 2011), with all its instances."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from dynamite_widget.evaluation.readers.files import (
    DataSetError,
    Folder,
    check_size,
    read_lines,
    read_photograph,
)
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene


def sbd(folder: Folder, title: str, split: str = "val") -> SceneSet:
    """Read img/NAME.jpg and inst/NAME.mat of a split. SBD has no void pixels.

    Raises:
        DataSetError: if the list of names is missing.
    """
    names = read_lines(folder, f"{split}.txt")

    def load(name: str) -> Scene:
        image_name, map_name = f"img/{name}.jpg", f"inst/{name}.mat"
        image = read_photograph(folder, image_name)
        labels = _instances(folder, map_name)
        check_size(folder, map_name, labels, (image_name, image))
        ids = np.setdiff1d(labels, [0])
        return Scene(name, image, labels == np.reshape(ids, (-1, 1, 1)))

    return SceneSet(title, names, load)


def _instances(folder: Folder, name: str) -> NDArray[np.int64]:
    data = folder.read(name)
    try:
        labels = loadmat(io.BytesIO(data))["GTinst"]["Segmentation"][0, 0]
        return np.asarray(labels, dtype=np.int64)
    except Exception as error:  # scipy's readers raise whatever a broken file leads them to
        raise DataSetError(
            f"{folder.where(name)} is broken: expected a MATLAB file with GTinst.Segmentation, "
            f"but {error}"
        ) from error
