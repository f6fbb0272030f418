"""DAVIS 2017: every frame of every video as an image of its own, with all its objects."""

from __future__ import annotations

from dynamite_widget.evaluation.readers.files import (
    DataSetError,
    Folder,
    images_in,
    read_labels,
    read_lines,
    read_photograph,
)
from dynamite_widget.evaluation.readers.label_folder import labelled_scene
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene


def davis2017(folder: Folder, title: str, split: str = "val") -> SceneSet:
    """Read JPEGImages/480p/VIDEO/*.jpg and Annotations/480p/VIDEO/*.png of a split.

    Raises:
        DataSetError: if the list of videos, a video or an annotation is missing.
    """
    frames: dict[str, str] = {}
    for video in read_lines(folder, f"ImageSets/2017/{split}.txt"):
        for frame, image in images_in(folder, f"JPEGImages/480p/{video}").items():
            name = f"{video}/{frame}"
            if not folder.exists(_annotation(name)):
                raise DataSetError(
                    f"{folder.where(_annotation(name))} is missing; expected the objects of "
                    f"{image} there"
                )
            frames[name] = image

    def load(name: str) -> Scene:
        image = read_photograph(folder, frames[name])
        labels = read_labels(folder, _annotation(name), (frames[name], image))
        return labelled_scene(name, image, labels)

    return SceneSet(title, list(frames), load)


def _annotation(name: str) -> str:
    return f"Annotations/480p/{name}.png"
