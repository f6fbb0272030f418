"""Small objects of large photographs: a second look at them, and at nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget import Click
from dynamite_widget.close_ups import Glass, Window, answer_closely, boxes_of
from dynamite_widget.segmenting import Answered, LabelMap

SEEN = 100
"""Longest side of what this network sees."""


def glass(height: int, width: int) -> Glass:
    return Glass((height, width), lambda size: SEEN / max(size))


class Eye:
    """Knows the truth, but sees only every so many pixels of what it looks at.

    An object is found by a click on it; in a window it goes on to the window's edges.
    """

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = truth.astype(np.uint16)
        self.looks: list[Window | None] = []

    def __call__(
        self, window: Window | None, clicks: Sequence[Click], previous: Answered | None
    ) -> LabelMap:
        self.looks.append(window)
        part = self.truth if window is None else self.truth[window.slices]
        for click in clicks:
            assert 0 <= click.y < part.shape[0]
            assert 0 <= click.x < part.shape[1]
        assert previous is None or previous.label_map.shape == part.shape
        step = max(1, max(part.shape) // SEEN)
        rows, columns = (
            np.minimum(np.arange(n) // step * step + step // 2, n - 1) for n in part.shape
        )
        seen = part[rows[:, None], columns]
        return np.where(np.isin(seen, [click.object_id for click in clicks]), seen, 0)


def disc(truth: np.ndarray, k: int, y: int, x: int, radius: int) -> Click:
    rows, columns = np.ogrid[: truth.shape[0], : truth.shape[1]]
    truth[(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = k
    return Click(x, y, k)


def test_a_small_object_is_as_sharp_as_if_it_were_photographed_alone() -> None:
    truth = np.zeros((600, 800), np.uint16)
    small, large = disc(truth, 1, 150, 210, 8), disc(truth, 2, 400, 500, 150)
    eye = Eye(truth)
    label_map = answer_closely(eye, glass(600, 800), [small, large], None)
    np.testing.assert_array_equal(label_map == 1, truth == 1)
    assert np.any((label_map == 2) != (truth == 2)), "large ones are seen as ever"
    assert eye.looks[0] is None


def test_a_photograph_that_is_much_enlarged_already_has_no_close_ups() -> None:
    truth = np.zeros((30, 24), np.uint16)
    eye = Eye(truth)
    answer_closely(eye, glass(30, 24), [disc(truth, 1, 12, 12, 3)], None)
    assert eye.looks == [None]


def test_only_the_smallest_objects_are_enlarged_beyond_what_there_is_to_be_seen() -> None:
    seen = glass(100, 80)  # as it is; in halves of it twice as large, in quarters four times
    assert seen.levels == [(25, 20), (50, 40)]
    small = seen.window_for(Window(50, 40, 52, 42))
    larger = seen.window_for(Window(50, 40, 60, 50))
    assert small is not None
    assert larger is not None
    assert small.size == (25, 20)
    assert larger.size == (50, 40)


def test_a_click_on_a_small_object_looks_at_its_window_alone() -> None:
    truth = np.zeros((600, 800), np.uint16)
    clicks = [disc(truth, 1, 150, 210, 8), disc(truth, 2, 450, 650, 8)]
    before = answer_closely(Eye(truth), glass(600, 800), clicks, None)
    disc(truth, 2, 450, 656, 8)  # there is more of it than was thought
    eye = Eye(truth)
    clicks.append(Click(662, 450, 2))
    after = answer_closely(eye, glass(600, 800), clicks, Answered(before, 2))
    np.testing.assert_array_equal(after, truth)
    assert None not in eye.looks
    assert all(window is not None and window.has(clicks[-1]) for window in eye.looks)


def test_other_windows_stay_as_they_were_when_the_photograph_is_looked_at() -> None:
    truth = np.zeros((600, 800), np.uint16)
    clicks = [disc(truth, 1, 150, 210, 8), disc(truth, 2, 400, 500, 150)]
    before = answer_closely(Eye(truth), glass(600, 800), clicks, None)
    eye = Eye(truth)
    clicks.append(Click(550, 420, 2))
    after = answer_closely(eye, glass(600, 800), clicks, Answered(before, 2))
    np.testing.assert_array_equal(after == 1, truth == 1)
    assert eye.looks == [None]


def test_a_click_beside_a_small_object_is_no_reason_to_look_at_it_again_but_one_on_it_is() -> None:
    truth = np.zeros((600, 800), np.uint16)
    clicks = [disc(truth, 1, 150, 210, 8)]
    before = answer_closely(Eye(truth), glass(600, 800), clicks, None)
    beside, on_it = Eye(truth), Eye(truth)
    answer_closely(beside, glass(600, 800), [*clicks, Click(222, 150)], Answered(before, 1))
    answer_closely(on_it, glass(600, 800), [*clicks, Click(214, 150)], Answered(before, 1))
    assert beside.looks == [None]
    assert len(on_it.looks) == 2


def test_a_background_click_is_heard_by_the_whole_photograph() -> None:
    truth = np.zeros((600, 800), np.uint16)
    clicks = [disc(truth, 1, 150, 210, 8)]
    before = answer_closely(Eye(truth), glass(600, 800), clicks, None)
    eye = Eye(truth)
    answer_closely(eye, glass(600, 800), [*clicks, Click(700, 500)], Answered(before, 1))
    assert eye.looks[0] is None


def test_an_object_that_is_larger_than_was_thought_is_not_cut_at_its_window() -> None:
    truth = np.zeros((600, 800), np.uint16)
    clicks = [disc(truth, 1, 150, 210, 8)]
    before = answer_closely(Eye(truth), glass(600, 800), clicks, None)
    truth[130:170, 40:760] = 1
    clicks.append(Click(230, 150, 1))
    after = answer_closely(Eye(truth), glass(600, 800), clicks, Answered(before, 1))
    np.testing.assert_array_equal(after == 1, Eye(truth)(None, clicks, None) == 1)


def test_what_the_photograph_gives_a_small_object_elsewhere_goes_back() -> None:
    truth = np.zeros((600, 800), np.uint16)
    clicks = [disc(truth, 1, 150, 210, 8), disc(truth, 2, 400, 500, 150)]
    before = answer_closely(Eye(truth), glass(600, 800), clicks, None)

    def floods(
        window: Window | None, clicks: Sequence[Click], previous: Answered | None
    ) -> LabelMap:
        seen = Eye(truth)(window, clicks, previous)
        return np.where((seen == 0) & (window is None), 1, seen).astype(np.uint16)

    clicks.append(Click(550, 420, 2))
    after = answer_closely(floods, glass(600, 800), clicks, Answered(before, 2))
    np.testing.assert_array_equal(after == 1, before == 1)


def test_what_a_small_object_loses_goes_back_to_the_large_one_around_it() -> None:
    truth = np.ones((600, 800), np.uint16)
    clicks = [Click(20, 580, 1), disc(truth, 2, 150, 210, 8)]  # no click of 1 is near
    eye = Eye(truth)
    after = answer_closely(eye, glass(600, 800), clicks, Answered(np.ones_like(truth), 1))
    assert any(eye.looks), "it was looked at closely"
    np.testing.assert_array_equal(after, truth)
    clicks.append(Click(210, 140, 0))  # this is said of 2, and 1 has nothing to do with it
    truth[:145, 200:220] = 0
    after = answer_closely(Eye(truth), glass(600, 800), clicks, Answered(after, 2))
    assert after[140, 210] == 0


def test_an_object_without_pixels_is_looked_for_around_its_click() -> None:
    truth = np.zeros((1600, 1600), np.uint16)
    click = disc(truth, 1, 803, 805, 3)
    assert not (Eye(truth)(None, [click], None) == 1).any(), "the photograph shows nothing of it"
    label_map = answer_closely(Eye(truth), glass(1600, 1600), [click], None)
    np.testing.assert_array_equal(label_map, truth)


sides = st.integers(30, 3000)


@given(data=st.data(), height=sides, width=sides)
def test_a_window_lies_in_the_photograph_and_its_object_has_room_in_it(
    data: st.DataObject, height: int, width: int
) -> None:
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    box = Window(
        top,
        left,
        data.draw(st.integers(top + 1, height)),
        data.draw(st.integers(left + 1, width)),
    )
    looking = glass(height, width)
    window = looking.window_for(box)
    if window is None:
        # With its room an object of an eighth of the sides fills half a window of the coarsest
        # level, and windows overlap by half: one of them holds it wherever it lies.
        small = all(8 * a <= b - 16 for a, b in zip(box.size, (height, width), strict=True))
        assert not (looking.levels and small)
        return
    assert window.size in looking.levels
    assert 0 <= window.top <= box.top - min(box.top, round(box.size[0] / 2))
    assert 0 <= window.left <= box.left - min(box.left, round(box.size[1] / 2))
    assert height >= window.bottom >= min(height, box.bottom + round(box.size[0] / 2))
    assert width >= window.right >= min(width, box.right + round(box.size[1] / 2))


@given(seed=st.integers(0, 1000), height=st.integers(1, 2500), width=st.integers(1, 2500))
def test_boxes_hold_their_objects_to_within_the_pixels_that_are_measured(
    seed: int, height: int, width: int
) -> None:
    random = np.random.default_rng(seed)
    label_map = np.zeros((height, width), np.uint16)
    top, left = random.integers(height), random.integers(width)
    bottom, right = random.integers(top, height) + 1, random.integers(left, width) + 1
    label_map[top:bottom, left:right] = 7
    step = -(-max(height, width) // 1024)
    found = boxes_of(label_map).get(7)
    if found is None:
        assert min(bottom - top, right - left) < step
    else:
        np.testing.assert_allclose(found, (top, left, bottom, right), atol=step - 1 + 1e-9)


def test_a_speck_between_the_pixels_that_are_measured_is_no_stumbling_block() -> None:
    """Boxes in windows of more than 1024 pixels are measured on every few of them."""
    clicks = [Click(2101, 1101, 1)]

    def speck(
        window: Window | None, clicks: Sequence[Click], previous: Answered | None
    ) -> LabelMap:
        label_map = np.zeros((4000, 6000) if window is None else window.size, np.uint16)
        (click,) = clicks
        label_map[int(click.y), int(click.x)] = 1
        return label_map

    large = Glass((4000, 6000), lambda size: 3000 / max(size))
    label_map = answer_closely(speck, large, clicks, None)
    assert np.argwhere(label_map).tolist() == [[1101, 2101]]
