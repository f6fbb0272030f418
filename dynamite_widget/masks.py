"""Masks: one object's pixels as COCO run-lengths, and the way between masks and label maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from scipy import ndimage

from dynamite_widget.extents import Box


@dataclass(frozen=True, slots=True, repr=False)
class Mask:
    """The pixels of one object in an image; equal when the pixels are.

    Attributes:
        height: rows of the image.
        width: columns of the image.
        counts: COCO's compressed run-lengths, column by column.
    """

    height: int
    width: int
    counts: bytes

    def __repr__(self) -> str:
        inside = f"area={self.area}, box={tuple(self.box)}"
        return f"<Mask of {self.width} x {self.height} pixels: {inside}>"

    @classmethod
    def empty(cls, height: int, width: int) -> Mask:
        """Make a mask without pixels."""
        return cls(height, width, _compressed([height * width], height, width))

    @classmethod
    def from_array(
        cls,
        pixels: NDArray[Any],
        x: int = 0,
        y: int = 0,
        *,
        size: tuple[int, int] | None = None,
    ) -> Mask:
        """Make a mask of the pixels that are not zero.

        Args:
            pixels: (h, w), bool or any number: the image, or a part of it.
            x: left-most column of that part.
            y: top-most row of that part.
            size: (H, W) of the image; None if `pixels` is all of it.

        Raises:
            ValueError: if it is not (h, w), the image has no pixel, or the part leaves it.
        """
        pixels = np.asarray(pixels)
        if pixels.ndim != 2:
            raise ValueError(f"a mask is (H, W), not {pixels.shape}")
        height, width = pixels.shape if size is None else size
        rows, columns = pixels.shape
        if height * width == 0:
            raise ValueError(f"a mask has at least one pixel, not {height} x {width}")
        if x < 0 or y < 0 or x + columns > width or y + rows > height:
            raise ValueError(
                f"{columns} x {rows} pixels at ({x}, {y}) leave the image of {width} x {height}"
            )
        # COCO counts down the columns. One more row of zeros ends every run at its column's end;
        # where such an end touches the next column's start, the two runs are one.
        padded = np.zeros((columns, rows + 1), bool)
        padded[:, :rows] = pixels.T
        edges = np.flatnonzero(np.diff(padded.ravel(), prepend=False))
        column, row = np.divmod(edges, rows + 1)
        edges = (column + x) * height + row + y
        touching = np.flatnonzero(edges[1:-1:2] == edges[2::2])
        edges = np.delete(edges, np.concatenate([2 * touching + 1, 2 * touching + 2]))
        counts = np.diff(edges, prepend=0, append=height * width)
        if counts.size > 1 and counts[-1] == 0:
            counts = counts[:-1]
        return cls(height, width, _compressed(counts.tolist(), height, width))

    @classmethod
    def from_rle(cls, rle: dict[str, Any]) -> Mask:
        """Read COCO's `{"size": [H, W], "counts": ...}`, compressed (text or bytes) or a list.

        Raises:
            ValueError: if the runs do not fill exactly H x W pixels.
        """
        try:
            height, width = (int(side) for side in rle["size"])
            counts = rle["counts"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("an RLE is {'size': [H, W], 'counts': ...}") from error
        if isinstance(counts, str):
            counts = counts.encode("ascii")
        if not isinstance(counts, bytes):
            counts = _compressed(counts, height, width)
        if min(height, width) < 1 or sum(_run_lengths(counts)) != height * width:
            raise ValueError(f"the runs of this RLE do not fill {height} x {width} pixels")
        return cls(height, width, counts)

    @property
    def rle(self) -> dict[str, Any]:
        """COCO's `{"size": [H, W], "counts": text}`, ready for JSON and for pycocotools."""
        return {"size": [self.height, self.width], "counts": self.counts.decode("ascii")}

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(coco_mask.area(self.rle))

    @property
    def box(self) -> Box:
        """The smallest box around the pixels; all zeros for an empty mask."""
        return Box(*(int(edge) for edge in coco_mask.toBbox(self.rle)))

    def to_array(self) -> NDArray[np.bool_]:
        """(H, W) bool, its own memory."""
        return coco_mask.decode(self.rle).astype(bool, order="C")

    def to_crop(self) -> NDArray[np.bool_]:
        """(h, w) bool, its own memory: the part of the image that `box` holds."""
        x, y, width, height = self.box
        ends = np.cumsum(_run_lengths(self.counts))  # of runs outside and inside in turn
        ends = np.clip(ends, x * self.height, (x + width) * self.height)
        lengths = np.diff(ends, prepend=x * self.height)
        columns = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
        return columns.reshape(width, self.height)[:, y : y + height].T.copy()

    def outline(self) -> NDArray[np.bool_]:
        """(H, W) bool: the mask's own pixels that have one of their four neighbours outside.

        The edge of the image counts as outside.
        """
        pixels = self.to_array()
        return pixels & ~ndimage.binary_erosion(pixels)

    def __array__(
        self, dtype: np.typing.DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        if copy is False:
            raise ValueError("a Mask holds run-lengths: an array of it is always a copy")
        return self.to_array().astype(dtype or bool, copy=False)


def masks_of(label_map: NDArray[np.integer], object_ids: Sequence[int]) -> NDArray[np.bool_]:
    """Split a label map into masks.

    Args:
        label_map: (H, W).
        object_ids: which objects, in the order wanted.

    Returns:
        (N, H, W) bool; an object without pixels has an empty plane.
    """
    ids = np.asarray(object_ids, label_map.dtype)
    return label_map[None] == ids[:, None, None]


def label_map_of(
    masks: NDArray[Any] | Sequence[NDArray[Any]], object_ids: Sequence[int] | None = None
) -> NDArray[np.uint16]:
    """Paint masks into a label map; where they overlap the later one lies on top.

    Args:
        masks: (N, H, W), N at least 1; what is not zero belongs to the object.
        object_ids: positive id of each; without it 1 to N.

    Returns:
        (H, W) uint16.

    Raises:
        ValueError: if sizes differ, there are no masks, or an id is repeated or not 1 to 65535.
    """
    planes = [np.asarray(plane) for plane in masks]
    if not planes or any(plane.ndim != 2 or plane.shape != planes[0].shape for plane in planes):
        raise ValueError("masks are (N, H, W), all of one size and at least one")
    ids = list(range(1, len(planes) + 1)) if object_ids is None else [int(k) for k in object_ids]
    if len(ids) != len(planes) or len(set(ids)) != len(ids):
        raise ValueError(f"{len(planes)} masks need as many different ids, not {ids}")
    if not all(1 <= k <= 0xFFFF for k in ids):
        raise ValueError(f"ids go from 1 to 65535, not {ids}")
    label_map = np.zeros(planes[0].shape, np.uint16)
    for object_id, plane in zip(ids, planes, strict=True):
        label_map[plane.astype(bool)] = object_id
    return label_map


def _compressed(counts: Sequence[int], height: int, width: int) -> bytes:
    try:
        return coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)[
            "counts"
        ]
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            "the counts of an RLE are text, bytes or a list of whole numbers"
        ) from error


def _run_lengths(counts: bytes) -> list[int]:
    """Read COCO's compressed runs: 5 bits a character, runs from the third on as differences.

    pycocotools believes what it reads: runs that do not fill the image end outside its memory.
    """
    runs: list[int] = []
    value = shift = 0
    for character in counts:
        bits = character - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if not 0 <= bits < 64:
            raise ValueError("the counts of this RLE are not COCO's text")
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        if runs[-1] < 0:
            raise ValueError("the counts of this RLE hold a negative run")
        value = shift = 0
    if shift:
        raise ValueError("the counts of this RLE end in the middle of a number")
    return runs
