"""Close-ups: an object that is small in its photograph is answered once more in a window around it.

The network sees a photograph at one size, however many pixels it has. What is small there has few
cells, and in a window of the photograph, seen at the same size, many (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.extents import measure
from dynamite_widget.run_lengths import Runs
from dynamite_widget.segmenting import Answered, LabelMap

Size = tuple[int, int]
"""(H, W) in pixels of the photograph."""

FINEST = 4.0
"""No window is enlarged more than this."""
SHARPEST = 2.0
"""In windows enlarged more there is nothing more to be seen: they are for the smallest objects,
whose borders need cells."""
_LEAST_GAIN = 1.5
"""An object must be seen so much larger for a second look to be worth it."""
_ROOM, _ROOM_BEYOND = 0.5, 1.5
"""An object has such a part of its own size around it in its window, on each side; the second in
windows enlarged more than is sharp."""
_MEASURED = 1024
"""Boxes of objects are measured on at most so many rows and columns."""


class Window(NamedTuple):
    """A part of a photograph: rows from `top` to before `bottom`, columns likewise."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Of an array of the photograph."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> Size:
        """(H, W)."""
        return self.bottom - self.top, self.right - self.left

    def has(self, click: Click) -> bool:
        """Whether a click lies in it."""
        return self.top <= click.y < self.bottom and self.left <= click.x < self.right

    def with_room(self, part: float) -> Window:
        """The window with such a part of its own size around it, on each side."""
        rows, columns = (round(part * side) for side in self.size)
        return Window(
            self.top - rows, self.left - columns, self.bottom + rows, self.right + columns
        )

    def with_(self, other: Window) -> Window:
        """The smallest window around both."""
        low = min(self.top, other.top), min(self.left, other.left)
        return Window(*low, max(self.bottom, other.bottom), max(self.right, other.right))


_Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns of pixels."""
Look = Callable[[Window | None, Sequence[Click], Answered | None], LabelMap]
"""Answers clicks that lie in a window, from an earlier answer there; None: in the photograph."""


@dataclass(frozen=True)
class Glass:
    """Which windows of a photograph a network can look at.

    They are a pyramid: on each level windows have half the sides of those above and overlap by
    half, so that few of them serve many objects and clicks.

    Attributes:
        size: of the photograph.
        scale: from pixels of a part of this size to those the network sees.
    """

    size: Size
    scale: Callable[[Size], float]

    @cached_property
    def levels(self) -> list[Size]:
        """Sizes of windows, the finest first; none where closer looks show nothing more."""
        found: list[Size] = []
        height, width = self.size
        whole = self.scale(self.size)
        while min(height, width) >= 2:
            height, width = -(-height // 2), -(-width // 2)
            scale = self.scale((height, width))
            if scale > FINEST:
                break
            if scale >= _LEAST_GAIN * whole:
                found.insert(0, (height, width))
        return found

    def window_for(self, box: Window) -> Window | None:
        """The finest window in which an object has room; None if that is the photograph."""
        height, width = self.size
        for level in self.levels:
            around = box.with_room(_ROOM if self.scale(level) <= SHARPEST else _ROOM_BEYOND)
            top, bottom = _place(around.top, around.bottom, level[0], height)
            left, right = _place(around.left, around.right, level[1], width)
            if (
                top <= max(around.top, 0)
                and left <= max(around.left, 0)
                and bottom >= min(around.bottom, height)
                and right >= min(around.right, width)
            ):
                return Window(top, left, bottom, right)
        return None


def _place(start: int, end: int, side: int, length: int) -> tuple[int, int]:
    """Along one axis the window whose middle is nearest to that of start and end."""
    step = max(1, side // 2)
    first = step * round(((start + end) / 2 - side / 2) / step)
    first = min(max(first, 0), length - side)
    return first, first + side


def answer_closely(
    look: Look, glass: Glass, clicks: Sequence[Click], previous: Answered | None
) -> LabelMap:
    """Answer clicks in the photograph, and small objects once more in windows.

    With an earlier answer, windows whose objects no new click is about stay as they were; and
    where all new clicks belong to objects that have a window, nothing but these is looked at.

    Args:
        look: asks the network.
        glass: of the photograph.
        clicks: all, in order of time.
        previous: the answer to the first of them.
    """
    if not glass.levels:
        return look(None, clicks, previous)
    seen = _Seen(look, glass, clicks, previous)
    if previous is not None and seen.new_clicks_have_windows():
        label_map = previous.label_map.astype(np.uint16)
        if seen.look_closely(label_map, whole=None):
            return label_map  # else it is half written, and no answer
    label_map = look(None, clicks, previous)
    seen.look_closely(label_map, whole=label_map.copy())
    return label_map


class _Seen:
    """One answer in the making."""

    def __init__(
        self, look: Look, glass: Glass, clicks: Sequence[Click], previous: Answered | None
    ) -> None:
        self.look, self.glass, self.clicks, self.previous = look, glass, clicks, previous
        self.known = previous.clicks if previous is not None else 0
        self.ids = dict.fromkeys(c.object_id for c in clicks if c.object_id != BACKGROUND)
        self.earlier = boxes_of(previous.label_map) if previous is not None else {}
        self.clicked: dict[int, Window] = {}
        for click in clicks:
            y, x = int(click.y), int(click.x)
            pixel = Window(y, x, y + 1, x + 1)
            self.clicked[click.object_id] = self.clicked.get(click.object_id, pixel).with_(pixel)

    def new_clicks_have_windows(self) -> bool:
        new = {click.object_id for click in self.clicks[self.known :]}
        if not new or not new <= self.earlier.keys():  # the background is in none
            return False
        return all(self.glass.window_for(self._with_clicks(k, self.earlier.get(k))) for k in new)

    def look_closely(self, label_map: LabelMap, whole: LabelMap | None) -> bool:
        """Answer small objects in their windows, in place.

        Args:
            label_map: to write into.
            whole: the answer in the photograph; None if it was not asked for.

        Returns:
            Whether every object had room; False only without `whole`.
        """
        boxes = {**(boxes_of(whole) if whole is not None else {}), **self.earlier}
        looked: set[tuple[int, Window]] = set()
        waiting: dict[Window, list[int]] = {}

        def want(object_id: int, window: Window | None) -> None:
            if window is not None and (object_id, window) not in looked:
                looked.add((object_id, window))
                waiting.setdefault(window, []).append(object_id)

        for object_id in self.ids:
            box = self._with_clicks(object_id, boxes.get(object_id))
            want(object_id, self.glass.window_for(box))
        if not waiting:
            return True  # to find strays takes as long as the network where much has changed
        strays = _Strays(label_map, self.previous, given=whole is not None)
        while waiting:
            window = max(waiting, key=lambda w: w.size)
            ids = waiting.pop(window)
            answer = self._answer(window, ids, only_new=whole is None)
            if answer is None:
                continue
            for object_id in ids:
                mask = answer == object_id
                if _touches_inner_edge(mask, window, self.glass.size):
                    wider = self.glass.window_for(window)
                    if wider is None and whole is None:
                        return False
                    want(object_id, wider)
                    continue
                strays.take_back(object_id, window)
                self._lay(label_map, window, answer, object_id, strays)
                if object_id in self.earlier:
                    continue
                here = boxes_of(mask.astype(np.uint8)).get(1)
                if here is not None:  # nothing, or a speck in a large window
                    moved = Window(*(a + b for a, b in zip(here, window[:2] * 2, strict=True)))
                    want(object_id, self.glass.window_for(self._with_clicks(object_id, moved)))
        return True

    def _answer(self, window: Window, ids: Sequence[int], *, only_new: bool) -> LabelMap | None:
        """The answer in a window, as it was where no new click is about these objects.

        Such a click belongs to one, or lies on one. Where all is as it was and `only_new` is
        wanted, there is none.
        """
        inside = [(i, click) for i, click in enumerate(self.clicks) if window.has(click)]
        moved = [replace(c, x=c.x - window.left, y=c.y - window.top) for _, c in inside]
        if self.previous is None:
            return self.look(window, moved, None)
        whole = self.previous.label_map
        new = [click for i, click in inside if i >= self.known]
        if not any(c.object_id in ids or whole[int(c.y), int(c.x)] in ids for c in new):
            return None if only_new else whole[window.slices].astype(np.uint16)
        earlier = Answered(whole[window.slices], len(inside) - len(new))
        return self.look(window, moved, earlier)

    def _lay(
        self,
        label_map: LabelMap,
        window: Window,
        answer: LabelMap,
        object_id: int,
        strays: _Strays,
    ) -> None:
        """Give an object the pixels that it has in a window, and take it those it has not.

        What it loses to nobody goes back to whom it was of before, if the window was not told of
        that object: it can have said nothing about it.
        """
        part = label_map[window.slices]
        changed = (part == object_id) != (answer == object_id)
        if self.previous is not None:
            before = self.previous.label_map[window.slices]
            told = [BACKGROUND, object_id, *(c.object_id for c in self.clicks if window.has(c))]
            back = changed & (answer == BACKGROUND) & ~np.isin(before, told)
            answer = np.where(back, before, answer)
        part[changed] = answer[changed]
        strays.note(changed, window)

    def _with_clicks(self, object_id: int, box: Window | None) -> Window:
        clicked = self.clicked[object_id]
        return clicked if box is None else clicked.with_(box)


class _Strays:
    """Pixels that an answer in the photograph gave to objects that are looked at in windows.

    Outside of its window such an object stays what it was before. All changes are found at once:
    to search the photograph for every object would take as long as the network where they are many.

    Args:
        label_map: the answer, which is then written into.
        previous: the answer before; without one nothing goes back.
        given: whether the photograph was looked at; if not, nothing is a stray at first.
    """

    def __init__(self, label_map: LabelMap, previous: Answered | None, *, given: bool) -> None:
        self._label_map = label_map
        self._before = None if previous is None else previous.label_map
        self._of: dict[int, list[_Places]] = {}
        if self._before is not None and given:
            self._add(*(label_map != self._before).nonzero())

    def note(self, changed: NDArray[np.bool_], window: Window) -> None:
        """Take note of pixels (of a window) that have another owner now."""
        if self._before is not None:
            y, x = changed.nonzero()
            self._add(y + window.top, x + window.left)

    def take_back(self, object_id: int, window: Window) -> None:
        """Let pixels of an object outside of its window be what they were before."""
        for y, x in self._of.get(object_id, ()):
            outside = (y < window.top) | (y >= window.bottom)
            outside |= (x < window.left) | (x >= window.right)
            stray = outside & (self._label_map[y, x] == object_id)
            assert self._before is not None  # else there are none
            self._label_map[y[stray], x[stray]] = self._before[y[stray], x[stray]]

    def _add(self, y: NDArray[np.intp], x: NDArray[np.intp]) -> None:
        owners = self._label_map[y, x]
        order = np.argsort(owners, kind="stable")
        ids, starts = np.unique(owners[order], return_index=True)
        for object_id, some in zip(ids, np.split(order, starts[1:]), strict=False):
            self._of.setdefault(int(object_id), []).append((y[some], x[some]))


def _touches_inner_edge(mask: NDArray[np.bool_], window: Window, size: Size) -> bool:
    """Whether a mask goes on beyond its window."""
    height, width = size
    return bool(
        (window.top > 0 and mask[0].any())
        or (window.bottom < height and mask[-1].any())
        or (window.left > 0 and mask[:, 0].any())
        or (window.right < width and mask[:, -1].any())
    )


def boxes_of(label_map: NDArray[np.integer]) -> dict[int, Window]:
    """Where each object is, by id: of a large label map to within a few pixels.

    Args:
        label_map: (H, W), 0 is background.
    """
    height, width = label_map.shape
    step = -(-max(height, width) // _MEASURED)
    coarse = np.ascontiguousarray(label_map[::step, ::step])
    boxes = {object_id: extent.box for object_id, extent in measure(Runs.of(coarse)).items()}
    return {
        object_id: Window(
            step * y, step * x, min(step * (y + rows), height), min(step * (x + columns), width)
        )
        for object_id, (x, y, columns, rows) in boxes.items()
    }
