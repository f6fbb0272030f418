"""Polygons along the edges of pixels give back every mask, whoever fills them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from scipy.spatial import KDTree

from dynamite_widget.formats.polygons import Polygon, joined, mask_of, polygons_of, signed_area
from dynamite_widget.masks import Mask
from tests.mask_examples import HARD, PIXELS, Pixels, drawn

SCATTERED = st.builds(
    lambda seed, side, share: np.random.default_rng(seed).random((side, side + 3)) < share,
    st.integers(0, 2**32 - 1),
    st.integers(20, 60),
    st.floats(0.1, 0.9),
)
"""Masks of up to a thousand parts and holes."""


def filled_by_shapely(polygons: tuple[Polygon, ...], size: tuple[int, int]) -> Pixels:
    """Ask for every pixel's centre whether it lies inside."""
    y, x = np.indices(size) + 0.5
    shapes = [shapely.Polygon(p.outer, p.holes) for p in polygons]
    inside = [shapely.contains_xy(shape, x, y) for shape in shapes]
    return np.any(inside, axis=0) if inside else np.zeros(size, bool)


def filled_by_pycocotools(rings: list[np.ndarray], size: tuple[int, int]) -> Pixels:
    """Fill every ring as an annotation file's polygon."""
    if not rings:
        return np.zeros(size, bool)
    rle = coco_mask.frPyObjects([ring.ravel().tolist() for ring in rings], *size)
    return coco_mask.decode(coco_mask.merge(rle)).astype(bool)


@given(PIXELS)
def test_filling_a_masks_polygons_gives_the_mask_back(pixels: Pixels) -> None:
    mask = Mask.from_array(pixels)
    assert mask_of(polygons_of(mask), pixels.shape) == mask


@given(PIXELS)
def test_shapely_finds_valid_polygons_with_the_same_pixels_and_area(pixels: Pixels) -> None:
    polygons = polygons_of(Mask.from_array(pixels))
    shape = shapely.MultiPolygon([shapely.Polygon(p.outer, p.holes) for p in polygons])
    assert shape.is_valid, shapely.is_valid_reason(shape)
    assert shape.area == pixels.sum()
    np.testing.assert_array_equal(filled_by_shapely(polygons, pixels.shape), pixels)


@given(PIXELS)
def test_pycocotools_fills_outer_rings_less_holes_as_the_mask(pixels: Pixels) -> None:
    polygons = polygons_of(Mask.from_array(pixels))
    found = np.zeros(pixels.shape, bool)
    for outer, holes in polygons:
        found |= filled_by_pycocotools([outer], pixels.shape) & ~filled_by_pycocotools(
            list(holes), pixels.shape
        )
    np.testing.assert_array_equal(found, pixels)


@given(PIXELS)
def test_joined_into_one_ring_a_mask_keeps_its_parts_and_holes(pixels: Pixels) -> None:
    if pixels.any():
        check_one_ring(pixels)


@given(SCATTERED)
@settings(max_examples=20)
def test_hundreds_of_parts_and_holes_are_joined_as_exactly(pixels: Pixels) -> None:
    check_one_ring(pixels)


def check_one_ring(pixels: Pixels) -> None:
    """See that a mask joined into one ring is filled as it was, by us and by others."""
    ring = joined(polygons_of(Mask.from_array(pixels)))
    assert mask_of([Polygon(ring)], pixels.shape) == Mask.from_array(pixels)
    assert signed_area(ring) == pixels.sum()
    np.testing.assert_array_equal(filled_by_pycocotools([ring], pixels.shape), pixels)


@given(SCATTERED)
@settings(max_examples=20)
def test_bridges_are_the_shortest_to_what_is_joined_already(pixels: Pixels) -> None:
    polygons = polygons_of(Mask.from_array(pixels))
    first, *others = [ring for polygon in polygons for ring in (polygon.outer, *polygon.holes)]
    around = sum(map(length, [first, *others]))
    there_and_back, before = 0.0, first
    for ring in others:
        there_and_back += 2 * np.linalg.norm(before[:, None] - ring, axis=-1).min()
        before = np.concatenate([before, ring])
    assert length(joined(polygons)) == pytest.approx(around + there_and_back)


def length(ring: np.ndarray) -> float:
    return float(np.linalg.norm(ring - np.roll(ring, 1, axis=0), axis=1).sum())


def test_an_object_of_very_many_parts_is_searched_a_few_times_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trees: list[int] = []

    class Counted(KDTree):
        def __init__(self, points: np.ndarray) -> None:
            trees.append(len(points))
            super().__init__(points)

    monkeypatch.setattr("scipy.spatial.KDTree", Counted)
    pixels = np.zeros((60, 60), bool)
    pixels[::2, ::2] = True
    assert len(joined(polygons_of(Mask.from_array(pixels)))) == 900 * 4 + 899 * 2
    assert len(trees) == 10  # bits of 900
    assert sum(trees) < 10 * 900 * 4


@given(PIXELS)
def test_opencv_fills_a_pixel_more_to_the_right_and_below(pixels: Pixels) -> None:
    """It takes corners for centres of pixels, and draws the border too; docs/formats.md says so."""
    size = pixels.shape[0] + 1, pixels.shape[1] + 1
    simple = [p for p in polygons_of(Mask.from_array(pixels)) if not p.holes]
    for polygon in simple:
        drawn_there = np.zeros(size, np.uint8)
        cv2.fillPoly(drawn_there, [polygon.outer.astype(np.int32)], 1)
        own = np.pad(mask_of([polygon], pixels.shape).to_array(), ((0, 1), (0, 1)))
        grown = cv2.dilate(own.astype(np.uint8), np.ones((2, 2), np.uint8), anchor=(1, 1))
        np.testing.assert_array_equal(drawn_there, grown)


def test_a_pixel_is_a_square_of_whole_numbers() -> None:
    (polygon,) = polygons_of(Mask.from_array(HARD["one pixel"]))
    assert sorted(map(tuple, polygon.outer.tolist())) == [(2, 1), (2, 2), (3, 1), (3, 2)]
    assert signed_area(polygon.outer) == 1
    assert polygon.holes == ()


def test_outer_rings_run_clockwise_on_the_screen_and_holes_the_other_way() -> None:
    (polygon,) = polygons_of(Mask.from_array(HARD["two holes that touch"]))
    assert signed_area(polygon.outer) == 20
    assert [signed_area(hole) for hole in polygon.holes] == [-1, -1]


@pytest.mark.parametrize(("which", "parts", "holes"), [
    ("a diagonal", 6, 0),
    ("an island in a hole", 2, 1),
    ("a ring closed by a corner", 1, 1),
    ("all of the image", 1, 0),
    ("nothing", 0, 0),
])  # fmt: skip
def test_parts_and_holes_are_told_apart(which: str, parts: int, holes: int) -> None:
    polygons = polygons_of(Mask.from_array(HARD[which]))
    assert len(polygons) == parts
    assert sum(len(polygon.holes) for polygon in polygons) == holes


def test_what_lies_outside_the_image_is_left_out() -> None:
    square = Polygon(np.array([(-2, -2), (2, -2), (2, 2), (-2, 2)], float))
    expected = Mask.from_array(drawn("##.", "##.", "..."))
    assert mask_of([square], (3, 3)) == expected


@pytest.mark.parametrize(
    "corners", [[(0, 0), (1, 1)], [(0, 0), (1, np.nan), (2, 2)], [(0, 0), (1e9, 0), (0, 1)]]
)
def test_what_is_no_polygon_is_refused(corners: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="polygon"):
        mask_of([Polygon(np.array(corners))], (3, 3))
