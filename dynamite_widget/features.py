"""`Features`: what a network has computed of one image, and how images are told apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from dynamite_widget.resizing import Resizing

if TYPE_CHECKING:
    from dynamite_widget.models.dynamite import ImageFeatures


_PART = "@"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Features:
    """What a network has computed of one image. Immutable; valid for as long as it is held.

    Attributes:
        network: the network's own tensors.
        resizing: from the photograph to the network's input.
        key: of the image's content, the same for equal pixels.
        made_by: the segmenter that made them, and that alone can use them.
        pixels: (H, W, 3) of the photograph, for close-ups; None where there are none.
    """

    network: ImageFeatures
    resizing: Resizing
    key: str
    made_by: str
    pixels: NDArray[np.uint8] | None = None

    def __repr__(self) -> str:
        height, width = self.size
        return f"<Features of {width} x {height} pixels, {self.nbytes} bytes on {self.device}>"

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the photograph, and of every label map made from these features."""
        return self.resizing.original

    @property
    def nbytes(self) -> int:
        """Bytes of the network's tensors, and of the photograph where it is kept."""
        return self.network.nbytes + (0 if self.pixels is None else self.pixels.nbytes)

    @property
    def device(self) -> torch.device:
        """Where the network's tensors lie."""
        return self.network.device

    def to(self, device: str | torch.device) -> Features:
        """Return the same features in another memory, or themselves if they are there."""
        if torch.device(device).type == self.device.type:
            return self
        return replace(self, network=self.network.to(torch.device(device)))


def part_key(key: str, box: tuple[int, int, int, int]) -> str:
    """The key of a part of an image: it begins with the image's own.

    Args:
        key: of the image.
        box: top, left, bottom and right.
    """
    return f"{key}{_PART}{','.join(map(str, box))}"


def is_part(key: str, of: str) -> bool:
    """Whether the first key is that of a part of the other's image."""
    return key.startswith(of + _PART)


def content_key(pixels: NDArray[np.uint8]) -> str:
    """Return the same text for the same pixels, and for no others: 3 ms for 1024x768.

    Args:
        pixels: (H, W, 3) uint8, C-contiguous.
    """
    height, width = pixels.shape[:2]
    return f"{height}x{width}-{hashlib.blake2b(pixels.data, digest_size=16).hexdigest()}"
