"""The two verbs that make anything a segmenter: encode an image once, segment it per click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import Click

LabelMap = NDArray[np.uint16]
"""(H, W): 0 is background, k is object k."""


@runtime_checkable
class SupportsSegmentation(Protocol):
    """Whatever can stand in for `Segmenter`: a peer's model, a remote server, a test's double."""

    def encode(self, image: Any) -> Any:  # noqa: ANN401 - each segmenter has its own features
        """Compute once what depends only on the image."""
        ...

    def segment(self, features: Any, clicks: Sequence[Click]) -> LabelMap:  # noqa: ANN401
        """Label every pixel, (H, W) uint16, from all clicks in order of time."""
        ...
