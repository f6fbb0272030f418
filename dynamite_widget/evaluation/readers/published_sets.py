"""The paper's data sets, and how one is known by more than the way it lies on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dynamite_widget.evaluation.readers.files import DataSetError
from dynamite_widget.evaluation.readers.scene_set import SceneSet


@dataclass(frozen=True)
class PublishedSet:
    """What tells a set of the paper from anybody's own folder that is laid out like it.

    Attributes:
        title: as in the paper's tables.
        images: how many it has.
        names: pattern of all their names.
        sides: of every image in pixels, the short one first, or None if they vary.
    """

    title: str
    images: int
    names: str = ".+"
    sides: tuple[int, int] | None = None

    def is_this(self, scenes: SceneSet) -> bool:
        """Whether the scenes are those of this set; one is read if its size matters."""
        if len(scenes) != self.images:
            return False
        if not all(re.fullmatch(self.names, name) for name in scenes.names):
            return False
        if self.sides is None:
            return True
        try:
            return tuple(sorted(scenes[0].image.shape[:2])) == self.sides
        except DataSetError:
            return False
