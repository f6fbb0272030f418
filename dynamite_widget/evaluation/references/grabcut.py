"""A floor that needs no weights: OpenCV's GrabCut, told by clicks what is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dynamite_widget.clicks import Click
from dynamite_widget.evaluation.references.nearest_clicks import (
    NearestClicks,
    SmallImage,
    clicked_objects,
)
from dynamite_widget.segmenting import LabelMap


@dataclass(frozen=True)
class GrabCutSegmenter:
    """Segments each object by GrabCut (Rother et al., SIGGRAPH 2004) from clicks alone.

    Of the pixels whose nearest click is the object's, those within `core` surely are the
    object's, those within `reach` probably. The others are background: probably, if some click
    is within `limit`, else surely. Of GrabCut's answer those parts stay that hold a click of the
    object. A pixel that several objects claim goes to the one whose click is nearest.

    Attributes:
        core: for an object's only click, as a fraction of the image's short side; with n clicks
            it is 1/sqrt(n) as far.
        reach: likewise.
        limit: as a fraction of the image's short side.
        iterations: of GrabCut.
        long_side: the image is shrunk to this for speed, in pixels.
    """

    core: float = 0.06
    reach: float = 0.2
    limit: float = 0.5
    iterations: int = 3
    long_side: int = 256

    def encode(self, image: object) -> SmallImage:
        """Read and shrink an image.

        Args:
            image: whatever `dynamite_widget.images.to_rgb` takes.
        """
        return SmallImage.of(image, self.long_side)

    def segment(self, features: SmallImage, clicks: Sequence[Click]) -> LabelMap:
        """Label every pixel of the original image, (H, W) uint16, from all clicks."""
        nearest = NearestClicks.among(clicks, features)
        labels = np.zeros(features.pixels.shape[:2], np.uint16)
        for object_id in clicked_objects(clicks):
            mask = self._cut(features, nearest, object_id, clicks)
            labels[mask & ((labels == 0) | (nearest.owner == object_id))] = object_id
        return features.enlarge(labels)

    def _cut(
        self, image: SmallImage, nearest: NearestClicks, object_id: int, clicks: Sequence[Click]
    ) -> NDArray[np.bool_]:
        side = image.short_side
        own = nearest.owner == object_id
        core = nearest.about(object_id, clicks, self.core * side)
        trimap = np.full(own.shape, cv2.GC_BGD, np.uint8)
        trimap[nearest.distance <= self.limit * side] = cv2.GC_PR_BGD
        trimap[nearest.about(object_id, clicks, self.reach * side)] = cv2.GC_PR_FGD
        trimap[nearest.certain & ~own] = cv2.GC_BGD
        trimap[core] = cv2.GC_FGD
        if not core.any() or not np.isin(trimap, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
            return core  # GrabCut learns colours of both sides, and one side has no pixels
        cv2.setRNGSeed(0)  # its colour clusters start at random
        bgr = np.ascontiguousarray(image.pixels[..., ::-1])
        inside, outside = np.zeros((1, 65)), np.zeros((1, 65))
        whole = (0, 0, 0, 0)  # the trimap says all; the rectangle is not looked at
        cv2.grabCut(bgr, trimap, whole, outside, inside, self.iterations, cv2.GC_INIT_WITH_MASK)
        mask = (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
        parts, _ = ndimage.label(mask)
        return mask & np.isin(parts, np.unique(parts[core]))
