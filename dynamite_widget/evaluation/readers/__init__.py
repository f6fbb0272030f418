"""Readers of the data sets people have on disk, one file a family of layouts."""

from dynamite_widget.evaluation.readers.files import DataSetError
from dynamite_widget.evaluation.readers.layouts import LAYOUTS, describe, open_scenes
from dynamite_widget.evaluation.readers.scene_set import SceneSet

__all__ = ["LAYOUTS", "DataSetError", "SceneSet", "describe", "open_scenes"]
