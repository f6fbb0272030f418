"""Pascal VOC 2012 with its instances; the void seam about objects is ignored."""

from __future__ import annotations

from dynamite_widget.evaluation.readers.files import (
    Folder,
    read_labels,
    read_lines,
    read_photograph,
)
from dynamite_widget.evaluation.readers.label_folder import labelled_scene
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene


def voc(folder: Folder, title: str, split: str = "val") -> SceneSet:
    """Read JPEGImages/NAME.jpg and SegmentationObject/NAME.png of a split.

    In the masks, which have a palette, index 0 is background and 255 is void.

    Raises:
        DataSetError: if the list of names is missing.
    """
    names = read_lines(folder, f"ImageSets/Segmentation/{split}.txt")

    def load(name: str) -> Scene:
        image_name = f"JPEGImages/{name}.jpg"
        image = read_photograph(folder, image_name)
        labels = read_labels(folder, f"SegmentationObject/{name}.png", (image_name, image))
        return labelled_scene(name, image, labels)

    return SceneSet(title, names, load)
