"""Label map to bytes and back by run-lengths: small, lossless, and quick to read in JavaScript.

Layout, version 1, all numbers little endian. n is the number of runs, in row-major order.

    byte  0        uint32   version, 1
    byte  4        uint32   height
    byte  8        uint32   width
    byte 12        uint32   n, the number of runs, at least 1
    byte 16        uint32   bytes in a label: 1 or 2
    byte 20        uint32   start of each run, n of them: index y * width + x of its first pixel
    byte 20 + 4n   uint8 or uint16   label of each run, n of them
    the end; nothing follows

The first run starts at 0, starts rise strictly, a run ends where the next one starts and the last
one at height * width, and neighbouring runs have different labels. Every array begins at a multiple
of its item's size counted from byte 0, so that typed arrays can be laid over a buffer whose own
first byte is aligned; a reader that got an unaligned view copies it once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

VERSION = 1
MAX_PIXELS = 2**28
"""A larger map is refused when read: a broken or hostile header must not fill the memory."""

_HEADER_BYTES = 20
_LABEL_TYPES: dict[int, np.dtype[np.unsignedinteger]] = {1: np.dtype("<u1"), 2: np.dtype("<u2")}


class Runs(NamedTuple):
    """A label map as runs of equal pixels, row by row.

    Attributes:
        starts: (n,) int64, index y * W + x of the first pixel of each.
        lengths: (n,) int64, number of pixels of each.
        labels: (n,) label of each.
    """

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    labels: NDArray[np.integer]


def find_runs(label_map: NDArray[np.integer]) -> Runs:
    """Return the runs of a label map, (H, W), as long as they can be."""
    flat = label_map.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    return Runs(starts, np.diff(starts, append=flat.size), flat[starts])


def encode(label_map: NDArray[np.integer]) -> bytes:
    """Write a label map as run-lengths.

    Args:
        label_map: (H, W), labels from 0 to 65535, at least one pixel.

    Returns:
        Bytes in the layout above; the same map always gives the same bytes.

    Raises:
        ValueError: if the map is not (H, W), is empty, or holds other labels.
    """
    if label_map.ndim != 2 or label_map.size == 0:
        raise ValueError(f"a label map is (H, W) with at least one pixel, not {label_map.shape}")
    starts, _, labels = find_runs(label_map)
    if labels.min() < 0 or labels.max() > 0xFFFF:
        raise ValueError(f"labels go from 0 to 65535, not {labels.min()} to {labels.max()}")
    label_bytes = 1 if labels.max() <= 0xFF else 2
    header = np.array([VERSION, *label_map.shape, len(starts), label_bytes], "<u4")
    return (
        header.tobytes()
        + starts.astype("<u4").tobytes()
        + labels.astype(_LABEL_TYPES[label_bytes]).tobytes()
    )


def decode(
    data: bytes | bytearray | memoryview, *, size: tuple[int, int] | None = None
) -> NDArray[np.uint16]:
    """Read a label map from run-lengths.

    Args:
        data: bytes written by `encode`.
        size: (H, W) that the map must have; None for any.

    Returns:
        (H, W) uint16, its own memory.

    Raises:
        ValueError: if the bytes are cut off, too long, of another version or size, or
            inconsistent.
    """
    data = memoryview(data).cast("B")
    if len(data) < _HEADER_BYTES:
        raise ValueError(f"run-lengths need {_HEADER_BYTES} bytes of header, not {len(data)}")
    version, height, width, runs, label_bytes = np.frombuffer(data, "<u4", 5).tolist()
    if version != VERSION:
        raise ValueError(f"run-lengths of version {VERSION} are understood, not {version}")
    if label_bytes not in _LABEL_TYPES:
        raise ValueError(f"a label has 1 or 2 bytes, not {label_bytes}")
    pixels = height * width
    if size is not None and (height, width) != size:
        raise ValueError(f"a label map of {size} is wanted, not {(height, width)}")
    if not 1 <= pixels <= MAX_PIXELS:
        raise ValueError(f"a label map has 1 to {MAX_PIXELS} pixels, not {height} x {width}")
    expected = _HEADER_BYTES + runs * (4 + label_bytes)
    if runs < 1 or len(data) != expected:
        raise ValueError(f"{runs} runs take {expected} bytes, not {len(data)}")
    starts = np.frombuffer(data, "<u4", runs, _HEADER_BYTES).astype(np.int64)
    labels = np.frombuffer(data, _LABEL_TYPES[label_bytes], runs, _HEADER_BYTES + 4 * runs)
    lengths = np.diff(starts, append=pixels)
    if starts[0] != 0 or lengths.min() < 1:
        raise ValueError("run starts must rise strictly from 0 and stay below height * width")
    return np.repeat(labels.astype(np.uint16), lengths).reshape(height, width)
