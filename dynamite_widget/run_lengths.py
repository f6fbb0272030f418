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

Version 2 is for the wire, where each answer carries a whole map, and for session files: after the
same header stands one zlib stream of the length of each run (uint32, n of them) and the label of
each run. Both are written byte by byte in significance: the lowest bytes of all lengths, then the
next ones, up to the fourth; then those of all labels. Rows resemble each other, so that this takes
some 0.6 to 1 byte a run where version 1 takes 5.

The first run starts at 0, starts rise strictly, a run ends where the next one starts and the last
one at height * width, and neighbouring runs have different labels. Every array begins at a multiple
of its item's size counted from byte 0, so that typed arrays can be laid over a buffer whose own
first byte is aligned; a reader that got an unaligned view copies it once.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

VERSION = 1
PACKED_VERSION = 2
MAX_PIXELS = 2**28
"""A larger map is refused when read: a broken or hostile header must not fill the memory."""

_HEADER_BYTES = 20
_LABEL_TYPES: dict[int, np.dtype[np.unsignedinteger]] = {1: np.dtype("<u1"), 2: np.dtype("<u2")}


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """A label map as runs of equal pixels, row by row; never changed.

    Attributes:
        size: (H, W).
        starts: (n,) uint32, index y * W + x of the first pixel of each run.
        labels: (n,) uint8 or uint16, label of each run.
    """

    size: tuple[int, int]
    starts: NDArray[np.uint32]
    labels: NDArray[np.unsignedinteger]

    @classmethod
    def of(cls, label_map: NDArray[np.integer]) -> Self:
        """Find the runs of a label map, (H, W), as long as they can be.

        Raises:
            ValueError: if the map is not (H, W), is empty, or holds labels beyond 0 to 65535.
        """
        if label_map.ndim != 2 or not 1 <= label_map.size <= MAX_PIXELS:
            raise ValueError(
                f"a label map is (H, W) with 1 to {MAX_PIXELS} pixels, not {label_map.shape}"
            )
        flat = label_map.ravel()
        starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
        labels = flat[starts]
        low, high = labels.min(), labels.max()
        if low < 0 or high > 0xFFFF:
            raise ValueError(f"labels go from 0 to 65535, not {low} to {high}")
        label_type = _LABEL_TYPES[1 if high <= 0xFF else 2]
        height, width = label_map.shape
        return cls((height, width), starts.astype("<u4"), labels.astype(label_type))

    @classmethod
    def from_bytes(
        cls,
        data: bytes | bytearray | memoryview,
        *,
        size: tuple[int, int] | None = None,
    ) -> Self:
        """Read runs from either layout above, without copying them from the first.

        Args:
            data: bytes as `to_bytes` or `pack` write them.
            size: (H, W) that the map must have; None for any.

        Raises:
            ValueError: if the bytes are cut off, too long, of another version or size, or
                inconsistent.
        """
        data = memoryview(data).cast("B")
        if len(data) < _HEADER_BYTES:
            raise ValueError(f"run-lengths need {_HEADER_BYTES} bytes of header, not {len(data)}")
        version, height, width, count, label_bytes = np.frombuffer(data, "<u4", 5).tolist()
        if version not in (VERSION, PACKED_VERSION):
            raise ValueError(
                f"run-lengths of versions {VERSION} and {PACKED_VERSION} are understood, "
                f"not {version}"
            )
        if label_bytes not in _LABEL_TYPES:
            raise ValueError(f"a label has 1 or 2 bytes, not {label_bytes}")
        if size is not None and (height, width) != size:
            raise ValueError(f"a label map of {size} is wanted, not {(height, width)}")
        if not 1 <= height * width <= MAX_PIXELS:
            raise ValueError(f"a label map has 1 to {MAX_PIXELS} pixels, not {height} x {width}")
        if not 1 <= count <= height * width:
            raise ValueError(f"{height} x {width} pixels have 1 to as many runs, not {count}")
        body, expected = data[_HEADER_BYTES:], count * (4 + label_bytes)
        if version == PACKED_VERSION:
            body = _inflate(body, expected)
        if len(body) != expected:
            raise ValueError(f"{count} runs take {expected} bytes, not {len(body)}")
        label_type = _LABEL_TYPES[label_bytes]
        if version == PACKED_VERSION:
            ends = np.cumsum(_from_planes(body[: 4 * count], np.dtype("<u4")), dtype=np.uint64)
            if ends[-1] != height * width:
                raise ValueError(f"runs have {height * width} pixels together, not {ends[-1]}")
            starts = np.append(np.uint64(0), ends[:-1]).astype("<u4")
            labels = _from_planes(body[4 * count :], label_type)
        else:
            starts = np.frombuffer(body, "<u4", count)
            labels = np.frombuffer(body, label_type, count, 4 * count)
        runs = cls((height, width), starts, labels)
        if starts[0] != 0 or runs.lengths.min() < 1:
            raise ValueError("run starts must rise strictly from 0 and stay below height * width")
        return runs

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) number of pixels of each run."""
        height, width = self.size
        ends = np.append(self.starts[1:], height * width).astype(np.int64)
        return ends - self.starts

    @property
    def nbytes(self) -> int:
        """Bytes that the runs take."""
        return _HEADER_BYTES + self.starts.nbytes + self.labels.nbytes

    def to_array(self, replacements: NDArray[np.uint16] | None = None) -> NDArray[np.uint16]:
        """Write the label map out.

        Args:
            replacements: (65536,), what stands in the map for each label; None for itself.

        Returns:
            (H, W) uint16, its own memory.
        """
        labels = (
            self.labels.astype(np.uint16) if replacements is None else replacements[self.labels]
        )
        return np.repeat(labels, self.lengths).reshape(self.size)

    def labels_differing(self, other: Runs) -> frozenset[int]:
        """Return every label that some pixel has here or there, but not in both.

        Args:
            other: runs of a label map of the same size.
        """
        starts = np.concatenate([self.starts, other.starts])
        order = np.argsort(starts, kind="stable")  # merges what is sorted already
        starts, own = starts[order], order < len(self.starts)
        last = np.append(starts[1:] != starts[:-1], True)  # both maps may start a run at a pixel
        here = self.labels[np.cumsum(own)[last] - 1]
        there = other.labels[np.cumsum(~own)[last] - 1]
        differs = here != there
        return frozenset([*np.unique(here[differs]).tolist(), *np.unique(there[differs]).tolist()])

    def to_bytes(self) -> bytes:
        """Write the runs as version 1; the same label map always gives the same bytes."""
        return self._header(VERSION) + self.starts.tobytes() + self.labels.tobytes()

    def pack(self) -> bytes:
        """Write the runs as version 2, a fifth as long, for the wire and for files."""
        lengths = self.lengths.astype("<u4")
        return self._header(PACKED_VERSION) + zlib.compress(_planes(lengths) + _planes(self.labels))

    def _header(self, version: int) -> bytes:
        fields = [version, *self.size, len(self.starts), self.labels.itemsize]
        return np.array(fields, "<u4").tobytes()


def encode(label_map: NDArray[np.integer]) -> bytes:
    """Write a label map, (H, W), as run-lengths; see `Runs.of` for what is refused."""
    return Runs.of(label_map).to_bytes()


def decode(data: bytes | bytearray | memoryview) -> NDArray[np.uint16]:
    """Read a label map, (H, W), from run-lengths; see `Runs.from_bytes` for what is refused."""
    return Runs.from_bytes(data).to_array()


def _planes(values: NDArray[np.unsignedinteger]) -> bytes:
    """The lowest bytes of all values, then the next ones, and so on."""
    return values.view(np.uint8).reshape(len(values), -1).T.tobytes()


def _from_planes(
    data: memoryview, item: np.dtype[np.unsignedinteger]
) -> NDArray[np.unsignedinteger]:
    planes = np.frombuffer(data, np.uint8).reshape(item.itemsize, -1)
    return np.ascontiguousarray(planes.T).view(item).ravel()


def _inflate(data: memoryview, expected: int) -> memoryview:
    """Decompress so many bytes; a stream that holds more is not read to its end."""
    stream = zlib.decompressobj()
    try:
        body = stream.decompress(data, expected + 1)
    except zlib.error as error:
        raise ValueError(f"the packed bytes of run-lengths cannot be read: {error}") from None
    if len(body) == expected and (not stream.eof or stream.unused_data):
        raise ValueError(f"the packed bytes of run-lengths do not end after {expected} bytes")
    return memoryview(body)
