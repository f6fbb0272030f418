"""Readers of the data sets people have on disk, one file a family of layouts."""

from dynamite_widget.evaluation.readers.files import DataSetError
from dynamite_widget.evaluation.readers.label_folder import label_folder
from dynamite_widget.evaluation.readers.scene_set import SceneSet

__all__ = ["DataSetError", "SceneSet", "label_folder"]
