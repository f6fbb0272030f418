"""Windows: the parts of an image in which objects may be, and which of them share a pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Size = tuple[int, int]
"""Height and width in cells."""

_UNIT = 4
"""Windows start and end at multiples of so many cells: coarser maps are cut there as well."""
_SIDES = tuple(n * 2**k for k in range(10) for n in (16, 24))
"""Sides of windows, in cells. There are few, for on a CPU the first convolution of a size takes
half a millisecond more, a click makes a hundred, and with sides of any length most would be new."""
_PASS = 1000
"""One more pass of a network takes about as long as so many more cells in another one."""


@dataclass(frozen=True)
class Window:
    """Where one object may be.

    Attributes:
        index: number of the object.
        top, left: its first cell in the stride-4 maps, multiples of 4.
        size: in stride-4 cells, multiples of 4.
    """

    index: int
    top: int
    left: int
    size: Size

    @classmethod
    def around(cls, index: int, rows: slice, columns: slice, cells: Size) -> Window:
        """The smallest window that holds some cells, as far as maps of `cells` have them."""
        (top, height), (left, width) = map(_stretch, (rows, columns), cells)
        return cls(index, top, left, (height, width))

    def of(self, maps: Tensor, coarser: int = 1) -> Tensor:
        """This part of maps (..., h, w), which may be so many times coarser than stride 4."""
        top, left = self.top // coarser, self.left // coarser
        height, width = self.size[0] // coarser, self.size[1] // coarser
        return maps[..., top : top + height, left : left + width]

    def extended(self, into: NDArray[np.bool_]) -> Window:
        """A longer window where this one ends within cells of `into` (h, w), or else itself."""
        height, width = self.size
        inside = into[self.top : self.top + height, self.left : self.left + width]
        rows = _extended(self.top, height, inside[0], inside[-1], len(into))
        columns = _extended(self.left, width, inside[:, 0], inside[:, -1], into.shape[1])
        if (rows.stop - rows.start, columns.stop - columns.start) == self.size:
            return self
        return Window.around(self.index, rows, columns, (len(into), into.shape[1]))

    def grown(self, size: Size, cells: Size) -> Window:
        """A window of a larger size, in maps of `cells`, that holds this one."""
        top, left = min(self.top, cells[0] - size[0]), min(self.left, cells[1] - size[1])
        return Window(self.index, top, left, size)


def share_passes(windows: Iterable[Window], cells: Size) -> list[list[Window]]:
    """Sort windows into groups of one size, which a network can take together.

    Windows grow to the size of larger ones where that costs less than a pass of their own.
    """
    of_size: dict[Size, list[Window]] = {}
    for window in windows:
        of_size.setdefault(window.size, []).append(window)
    passes: dict[Size, list[Window]] = {}
    for size, members in sorted(of_size.items(), key=lambda item: prod(item[0]), reverse=True):
        more = {
            larger: len(members) * (prod(larger) - prod(size))
            for larger in passes
            if larger[0] >= size[0] and larger[1] >= size[1]
        }
        shared = min(more, key=more.__getitem__, default=size)
        if more.get(shared, 0) > _PASS:
            shared = size
        passes.setdefault(shared, []).extend(each.grown(shared, cells) for each in members)
    return list(passes.values())


def _extended(
    start: int, length: int, first: NDArray[np.bool_], last: NDArray[np.bool_], cells: int
) -> slice:
    """A side longer by its length where its first or last cells hold any, in a map of `cells`."""
    before, after = (length if edge.any() else 0 for edge in (first, last))
    return slice(max(0, start - before), min(cells, start + length + after))


def _stretch(wanted: slice, cells: int) -> tuple[int, int]:
    """Start and length of a window along one side of a map of so many cells."""
    start = max(0, wanted.start) // _UNIT * _UNIT
    needed = min(-(-wanted.stop // _UNIT) * _UNIT, cells) - start
    length = min(next((side for side in _SIDES if side >= needed), cells), cells)
    before = (length - needed) // 2 // _UNIT * _UNIT
    return min(max(0, start - before), cells - length), length
