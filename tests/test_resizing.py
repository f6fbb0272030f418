"""The test-time resize: sizes to the pixel, and clicks that follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.resizing import Resizing

GOLDEN = Path(__file__).resolve().parents[1] / ".." / "shared" / "golden" / "dynamite"
SIDES = st.integers(1, 12_000)


@pytest.mark.parametrize(
    ("original", "resized"),
    [
        ((480, 640), (800, 1067)),  # enlarged: the short side becomes 800
        ((640, 480), (1067, 800)),
        ((768, 768), (800, 800)),
        ((3000, 8000), (500, 1333)),  # the long side decides
        ((1, 10_000), (1, 1333)),  # a strip keeps one row
    ],
)
def test_photographs_come_to_the_size_the_published_models_expect(
    original: tuple[int, int], resized: tuple[int, int]
) -> None:
    assert Resizing.fit(original, 800, 1333).resized == resized


@given(st.tuples(SIDES, SIDES), st.floats(1, 4))
def test_a_wide_photograph_has_as_many_pixels_as_the_widest_that_is_not(
    original: tuple[int, int], widest: float
) -> None:
    height, width = Resizing.fit(original, 448, widest=widest).resized
    if max(original) <= widest * min(original):
        assert min(height, width) == 448
    elif max(original) < 50 * min(original):
        assert height * width == pytest.approx(widest * 448**2, rel=0.02)
    assert width / height == pytest.approx(original[1] / original[0], rel=0.02) or (
        max(original) >= 50 * min(original)
    )
    assert max(Resizing.fit(original, 448, 700, widest).resized) <= 700


def test_an_image_can_be_left_as_it_is() -> None:
    pixels = np.zeros((31, 17, 3), np.uint8)
    resizing = Resizing.fit((31, 17), None)
    assert resizing.resized == (31, 17)
    assert resizing.image(pixels) is pixels


@given(st.tuples(SIDES, SIDES), st.integers(32, 1024), st.integers(32, 1333))
def test_sides_stay_within_their_bounds_and_in_proportion(
    original: tuple[int, int], short_side: int, long_side: int
) -> None:
    resized = Resizing.fit(original, short_side, long_side).resized
    assert min(resized) <= short_side
    assert 1 <= max(resized) <= long_side or min(resized) == 1
    assert min(resized) == short_side or max(resized) == long_side
    scale = max(resized) / max(original)
    assert min(resized) == pytest.approx(max(1, min(original) * scale), abs=1)


@given(st.tuples(SIDES, SIDES), st.integers(32, 1024), st.data())
def test_a_click_inside_the_photograph_stays_inside(
    original: tuple[int, int], short_side: int, data: st.DataObject
) -> None:
    resizing = Resizing.fit(original, short_side, 1333)
    height, width = original
    y, x = data.draw(st.tuples(st.integers(0, height - 1), st.integers(0, width - 1)))
    ((new_y, new_x),) = resizing.points([(y, x)])
    assert 0 <= new_y < resizing.resized[0]
    assert 0 <= new_x < resizing.resized[1]


def test_points_are_scaled_without_a_half_pixel_shift() -> None:
    resizing = Resizing((100, 200), (50, 300))
    assert resizing.points([(0, 0), (10, 10), (99, 199)]).tolist() == [
        [0, 0],
        [5, 15],
        [49.5, 298.5],
    ]
    assert resizing.points([]).shape == (0, 2)


def test_a_photograph_is_resized_to_the_digit_as_recorded() -> None:
    if not (GOLDEN / "resnet50.npz").exists():
        pytest.skip("../shared/golden/dynamite is absent")
    with np.load(GOLDEN / "resnet50.npz") as recorded:
        image, expected = recorded["B.image"], recorded["B.net_image"]
    resizing = Resizing.fit(image.shape[:2], 224, 373)
    assert resizing.resized == (224, 303)
    np.testing.assert_array_equal(resizing.image(image), expected)
