"""Windows hold what they were made for, and share passes of a network."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.models.windows import Window, share_passes

CELLS = (96, 128)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[slice, slice]:
    """Some cells of a map, and perhaps some beyond its border."""
    top, left = draw(st.integers(-8, CELLS[0] - 1)), draw(st.integers(-8, CELLS[1] - 1))
    height, width = draw(st.integers(9, 100)), draw(st.integers(9, 100))
    return slice(top, top + height), slice(left, left + width)


def cells_of(window: Window) -> torch.Tensor:
    chosen = torch.zeros(CELLS, dtype=torch.bool)
    window.of(chosen).fill_(True)
    return chosen


def in_box(box: tuple[slice, slice]) -> torch.Tensor:
    rows, columns = (slice(max(0, side.start), side.stop) for side in box)
    chosen = torch.zeros(CELLS, dtype=torch.bool)
    chosen[rows, columns] = True
    return chosen


@given(st.lists(boxes(), min_size=1, max_size=8))
def test_every_box_is_inside_a_window_of_its_object(found: list[tuple[slice, slice]]) -> None:
    windows = [Window.around(i, *box, CELLS) for i, box in enumerate(found)]
    passes = share_passes(windows, CELLS)
    assert sorted(w.index for some in passes for w in some) == list(range(len(found)))
    for some in passes:
        for window in some:
            assert window.size == some[0].size
            assert not (in_box(found[window.index]) & ~cells_of(window)).any()


@given(boxes())
def test_coarser_maps_have_the_same_window(box: tuple[slice, slice]) -> None:
    window = Window.around(0, *box, CELLS)
    for coarser in (2, 4):
        cells = torch.zeros(CELLS[0] // coarser, CELLS[1] // coarser, dtype=torch.bool)
        window.of(cells, coarser).fill_(True)
        wide = cells.repeat_interleave(coarser, 0).repeat_interleave(coarser, 1)
        assert torch.equal(wide, cells_of(window))


@given(st.lists(boxes(), max_size=8))
def test_sides_are_few_so_that_most_clicks_have_seen_sizes(
    found: list[tuple[slice, slice]],
) -> None:
    sides = {16, 24, 32, 48, 64, *CELLS}
    for i, box in enumerate(found):
        assert set(Window.around(i, *box, CELLS).size) <= sides


def test_a_window_may_be_as_long_as_any_map() -> None:
    window = Window.around(0, slice(0, 20_000), slice(4, 9), (20_000, 64))
    assert window.size == (20_000, 16)


def test_windows_of_nearly_one_size_share_a_pass() -> None:
    found = [(slice(8, 40), slice(8, 40)), (slice(60, 96), slice(0, 32))]
    windows = [Window.around(i, *box, CELLS) for i, box in enumerate(found)]
    (together,) = share_passes(windows, CELLS)
    assert [window.size for window in together] == [(48, 32), (48, 32)]


def test_a_small_window_does_not_grow_to_a_much_larger_one() -> None:
    found = [(slice(0, 96), slice(0, 128)), (slice(8, 16), slice(8, 16))]
    windows = [Window.around(i, *box, CELLS) for i, box in enumerate(found)]
    assert [some[0].size for some in share_passes(windows, CELLS)] == [(96, 128), (16, 16)]
