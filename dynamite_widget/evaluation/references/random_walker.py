"""A floor that needs no weights: a random walker from every pixel to the first click it meets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.segmentation import random_walker

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation.references.nearest_clicks import (
    NearestClicks,
    SmallImage,
    clicked_objects,
)
from dynamite_widget.segmenting import LabelMap


@dataclass(frozen=True)
class RandomWalkerSegmenter:
    """Segments all objects at once by the random walker (Grady, PAMI 2006).

    Discs about the clicks are seeds. Without background clicks there would be nothing to end
    at: pixels farther from every click than `limit`, and the frame of the image, are seeds of
    the background, unless they are near to a click.

    Attributes:
        beta: how much a difference in colour hinders a walk.
        limit: as a fraction of the image's short side.
        core: radius of the seed at an object's only click, as a fraction of the short side; with
            n clicks it is 1/sqrt(n) as large.
        long_side: the image is shrunk to this for speed, in pixels.
    """

    beta: float = 100.0
    limit: float = 0.35
    core: float = 0.1
    long_side: int = 192

    def encode(self, image: object) -> SmallImage:
        """Read and shrink an image.

        Args:
            image: whatever `dynamite_widget.images.to_rgb` takes.
        """
        return SmallImage.of(image, self.long_side)

    def segment(self, features: SmallImage, clicks: Sequence[Click]) -> LabelMap:
        """Label every pixel of the original image, (H, W) uint16, from all clicks."""
        ids = clicked_objects(clicks)
        nearest = NearestClicks.among(clicks, features)
        outside = nearest.distance > self.limit * features.short_side
        edge = np.ones_like(outside)
        edge[1:-1, 1:-1] = False
        seeds = np.zeros(outside.shape, np.int32)  # 1 is the background, k + 2 is ids[k]
        seeds[outside | edge] = 1
        seeds[nearest.certain & (nearest.owner == 0)] = 1
        for number, object_id in enumerate(ids, start=2):
            core = nearest.about(object_id, clicks, self.core * features.short_side)
            seeds[core] = number
        present = np.unique(seeds[seeds > 0])
        if len(present) < 2 or (seeds > 0).all():
            numbers = np.where(seeds > 0, seeds, present[0])
        else:
            numbers = self._walk(features, seeds)
        return features.enlarge(np.asarray([0, 0, *ids], np.uint16)[numbers])

    def _walk(self, image: SmallImage, seeds: NDArray[np.int32]) -> NDArray[np.int32]:
        # The direct solver takes the same time whatever the seeds; the iterative ones stall on
        # small seeds far apart (7 s for one answer was seen).
        lab = rgb2lab(image.pixels)
        return random_walker(lab, seeds, beta=self.beta, mode="bf", channel_axis=-1)
