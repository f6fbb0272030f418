"""Brush, polygon, lasso and box draw the pixels a person expects, and survive being kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from dynamite_widget.regions import Points, Region

SIZE = (20, 30)
PIXELS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


def on_image(region: Region, size: tuple[int, int] = SIZE) -> NDArray[np.bool_]:
    image = np.zeros(size, bool)
    image[region.slices] = region.pixels
    return image


@given(PIXELS, st.integers(0, 5), st.integers(0, 5))
def test_a_region_keeps_its_pixels_in_the_smallest_box(
    pixels: NDArray[np.bool_], x: int, y: int
) -> None:
    region = Region.from_array(pixels, x, y)
    expected = np.zeros(SIZE, bool)
    expected[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    np.testing.assert_array_equal(on_image(region), expected)
    assert region.area == pixels.sum()
    assert region == Region.from_array(expected)
    if region.area:
        assert region.pixels.any(axis=0)[[0, -1]].all()
        assert region.pixels.any(axis=1)[[0, -1]].all()


@given(arrays(bool, (6, 7)), arrays(bool, (6, 7)), arrays(bool, (6, 7)))
def test_taking_regions_away_leaves_the_rest(
    one: NDArray[np.bool_], two: NDArray[np.bool_], three: NDArray[np.bool_]
) -> None:
    others = [Region.from_array(two), Region.from_array(three)]
    left = Region.from_array(one).without(others)
    assert left == Region.from_array(one & ~two & ~three)


def test_a_region_knows_its_pixels() -> None:
    region = Region.from_array(np.eye(3, dtype=bool), 4, 5)
    inside = [(x, y) for x in range(10) for y in range(10) if (x, y) in region]
    assert inside == [(4, 5), (5, 6), (6, 7)]
    assert (4, 5) in Region.pixel(4, 5)
    assert Region.pixel(4, 5).area == 1


points = st.tuples(st.floats(-5, 35), st.floats(-5, 25))


@given(st.lists(points, min_size=1, max_size=4), st.floats(0, 8))
def test_a_brush_paints_every_pixel_whose_centre_it_passes_over(
    path: Points, radius: float
) -> None:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    expected = np.zeros(SIZE, bool)
    ends = path[1:] or path
    for (x0, y0), (x1, y1) in zip(path, ends, strict=False):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = ((columns - x0) * (x1 - x0) + (rows - y0) * (y1 - y0)) / (length or 1)
        along = along.clip(0, 1)
        reach = np.hypot(columns - x0 - along * (x1 - x0), rows - y0 - along * (y1 - y0))
        expected |= reach <= radius
    for x, y in path:
        if 0 <= x < SIZE[1] and 0 <= y < SIZE[0]:
            expected[int(y), int(x)] = True
    painted = on_image(Region.brush(path, radius, size=SIZE))
    np.testing.assert_array_equal(painted, expected)


def test_the_thinnest_brush_still_paints_where_it_was_put() -> None:
    region = Region.brush([(3.2, 4.9)], 0, size=SIZE)
    assert (region.x, region.y, region.area) == (3, 4, 1)


def test_a_square_polygon_fills_the_pixels_between_its_corners() -> None:
    corners = [(3, 4), (8, 4), (8, 10), (3, 10)]
    expected = np.zeros(SIZE, bool)
    expected[4:10, 3:8] = True
    np.testing.assert_array_equal(on_image(Region.polygon(corners, size=SIZE)), expected)
    np.testing.assert_array_equal(on_image(Region.polygon(corners[::-1], size=SIZE)), expected)


@given(st.lists(points, min_size=3, max_size=8))
def test_a_lasso_that_leaves_the_image_is_cut_at_its_border(lasso: Points) -> None:
    wide = (SIZE[0] + 20, SIZE[1] + 20)
    moved = [(x + 10, y + 10) for x, y in lasso]
    whole = on_image(Region.polygon(moved, size=wide), wide)
    cut = on_image(Region.polygon(lasso, size=SIZE))
    differing = np.count_nonzero(whole[10:30, 10:40] != cut)
    assert differing <= 2 * sum(SIZE)  # the rasteriser may round a border pixel otherwise


def test_a_box_holds_the_pixels_it_covers_by_half_and_ends_with_the_image() -> None:
    region = Region.box(2.4, 3.6, 4, 5, size=SIZE)
    assert (region.x, region.y, region.width, region.height) == (2, 4, 4, 5)
    beyond = Region.box(-4, 15, 100, 100, size=SIZE)
    assert (beyond.x, beyond.y, beyond.width, beyond.height) == (0, 15, 30, 5)
    assert Region.box(40, 3, 5, 5, size=SIZE).area == 0
    assert Region.box(4, 3, -5, 5, size=SIZE).area == 0


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: Region.brush([], 3, size=SIZE), "at least 1"),
        (lambda: Region.brush([(1, np.nan)], 3, size=SIZE), "finite"),
        (lambda: Region.brush([(1, 1)], -1, size=SIZE), "radius"),
        (lambda: Region.brush([(1, 1)], np.inf, size=SIZE), "radius"),
        (lambda: Region.brush([(1, 1, 1)], 2, size=SIZE), "points"),
        (lambda: Region.brush([(1,)], 2, size=SIZE), r"not of \(1, 1\) numbers"),
        (lambda: Region.brush([(1e300, 1)], 2, size=SIZE), "within 300 pixels"),
        (lambda: Region.polygon([(1, 1), (2, 2)], size=SIZE), "at least 3"),
        (lambda: Region.polygon([(1, 1), (2, 2), (np.inf, 0)], size=SIZE), "finite"),
        (lambda: Region.polygon([(1, 1), (2, 2), (1e12, 0)], size=SIZE), "within 300 pixels"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        draw()  # type: ignore[operator]
