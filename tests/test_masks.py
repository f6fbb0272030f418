"""Masks keep every pixel, agree with pycocotools, and turn into label maps and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from scipy import ndimage

from dynamite_widget.extents import NOTHING, Box, measure
from dynamite_widget.masks import Mask, label_map_of, masks_of
from dynamite_widget.run_lengths import Runs

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=12)
PIXELS = arrays(bool, SHAPES)
LABEL_MAPS = arrays(np.uint16, SHAPES, elements=st.integers(0, 4))

RING = np.array([[0, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 0, 1, 0], [0, 1, 1, 1, 0]], bool)


@given(PIXELS)
def test_a_mask_keeps_every_pixel_and_is_written_as_coco_writes_it(
    pixels: NDArray[np.bool_],
) -> None:
    mask = Mask.from_array(pixels)
    np.testing.assert_array_equal(mask.to_array(), pixels)
    np.testing.assert_array_equal(np.asarray(mask), pixels)
    assert mask.counts == coco_mask.encode(np.asfortranarray(pixels, np.uint8))["counts"]
    assert mask.area == pixels.sum()


@given(PIXELS)
def test_the_part_inside_its_box_is_all_of_a_mask(pixels: NDArray[np.bool_]) -> None:
    mask = Mask.from_array(pixels)
    x, y, width, height = mask.box
    crop = mask.to_crop()
    assert crop.shape == (height, width)
    assert Mask.from_array(crop, x, y, size=pixels.shape) == mask


@given(PIXELS, st.data())
def test_a_part_of_the_image_makes_the_same_mask(
    pixels: NDArray[np.bool_], data: st.DataObject
) -> None:
    rows, columns = pixels.shape
    x, y = data.draw(st.integers(0, columns)), data.draw(st.integers(0, rows))
    width, height = data.draw(st.integers(0, columns - x)), data.draw(st.integers(0, rows - y))
    inside = np.zeros_like(pixels)
    inside[y : y + height, x : x + width] = pixels[y : y + height, x : x + width]
    part = Mask.from_array(pixels[y : y + height, x : x + width], x, y, size=pixels.shape)
    assert part == Mask.from_array(inside)


@given(PIXELS)
def test_a_mask_survives_json_in_all_of_cocos_spellings(pixels: NDArray[np.bool_]) -> None:
    mask = Mask.from_array(pixels)
    assert Mask.from_rle(json.loads(json.dumps(mask.rle))) == mask
    assert Mask.from_rle({"size": [*pixels.shape], "counts": mask.counts}) == mask
    flat = np.concatenate([[False], pixels.ravel(order="F")])
    edges = np.flatnonzero(np.diff(flat))
    counts = np.diff(edges, prepend=0, append=pixels.size).tolist()
    assert Mask.from_rle({"size": [*pixels.shape], "counts": counts}) == mask


def test_area_box_and_outline_of_a_ring() -> None:
    mask = Mask.from_array(RING)
    assert mask.area == 8
    assert mask.box == Box(x=1, y=1, width=3, height=3)
    np.testing.assert_array_equal(mask.outline(), RING)


def test_the_outline_of_a_square_leaves_its_inside_free() -> None:
    square = np.pad(np.ones((4, 4), bool), 1)
    inside = np.pad(np.ones((2, 2), bool), 2)
    np.testing.assert_array_equal(Mask.from_array(square).outline(), square & ~inside)
    whole = np.ones((4, 4), bool)
    inner = np.pad(np.ones((2, 2), bool), 1)
    np.testing.assert_array_equal(Mask.from_array(whole).outline(), whole & ~inner)


def test_an_empty_mask_has_no_box() -> None:
    for mask in (Mask.from_array(np.zeros((3, 4))), Mask.empty(3, 4)):
        assert mask.area == 0
        assert mask.box == (0, 0, 0, 0)
        assert not mask.to_array().any()
        assert mask.to_array().shape == (3, 4)


@pytest.mark.parametrize(
    "rle",
    [
        {},
        {"size": [3], "counts": "12"},
        {"size": [3, 4], "counts": [3, 4]},
        {"size": [3, 4], "counts": [20, -8]},
        {"size": [3, 4], "counts": ["a"]},
        {"size": [3, 4], "counts": "\x7f\x7f"},
        {"size": [3, 5], "counts": Mask.empty(3, 4).counts},
        {"size": [3, 4], "counts": Mask.from_array(RING).counts[:-1] + b"o"},
        {"size": [-3, -4], "counts": Mask.empty(3, 4).counts},
    ],
)
def test_broken_rle_is_refused_before_it_reaches_pycocotools(rle: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="RLE"):
        Mask.from_rle(rle)


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 2, 2))])
def test_what_is_no_mask_is_refused(wrong: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="mask"):
        Mask.from_array(wrong)


@pytest.mark.parametrize(("x", "y"), [(-1, 0), (0, -1), (2, 0), (0, 3)])
def test_a_part_that_leaves_the_image_is_refused(x: int, y: int) -> None:
    with pytest.raises(ValueError, match="leave the image of 3 x 4"):
        Mask.from_array(np.ones((2, 2)), x, y, size=(4, 3))


@given(LABEL_MAPS)
def test_a_label_map_is_split_into_masks_and_joined_again(label_map: NDArray[np.uint16]) -> None:
    ids = [3, 1, 4, 2]
    masks = masks_of(label_map, ids)
    assert masks.shape == (4, *label_map.shape)
    assert masks.dtype == bool
    np.testing.assert_array_equal(label_map_of(masks, ids), label_map)
    np.testing.assert_array_equal(masks[2], label_map == 4)


def test_no_objects_make_no_planes() -> None:
    assert masks_of(np.zeros((3, 4), np.uint16), []).shape == (0, 3, 4)


def test_where_masks_overlap_the_later_one_lies_on_top() -> None:
    label_map = label_map_of([np.ones((1, 3)), [[0, 1, 1]], [[0, 0, 255]]])
    assert label_map.tolist() == [[1, 2, 3]]
    assert label_map.dtype == np.uint16


@pytest.mark.parametrize(
    ("masks", "ids"),
    [
        ([], None),
        ([np.ones((2, 2)), np.ones((2, 3))], None),
        ([np.ones(2)], None),
        ([np.ones((2, 2))], [1, 2]),
        ([np.ones((2, 2))] * 2, [1, 1]),
        ([np.ones((2, 2))], [0]),
        ([np.ones((2, 2))], [65536]),
    ],
)
def test_masks_that_do_not_fit_together_are_refused(
    masks: list[NDArray[np.float64]], ids: list[int] | None
) -> None:
    with pytest.raises(ValueError, match=r"masks|ids"):
        label_map_of(masks, ids)


@given(LABEL_MAPS)
def test_areas_and_boxes_are_those_of_the_masks(label_map: NDArray[np.uint16]) -> None:
    extents = measure(Runs.of(label_map))
    assert set(extents) == set(np.unique(label_map).tolist()) - {0}
    for object_id in range(1, 5):
        mask = Mask.from_array(label_map == object_id)
        assert extents.get(object_id, NOTHING) == (mask.area, mask.box)


def test_measuring_agrees_with_scipy_on_a_larger_map() -> None:
    rng = np.random.default_rng(0)
    label_map = (ndimage.gaussian_filter(rng.random((80, 90)), 3) * 400).astype(np.uint16) % 7
    found = ndimage.find_objects(label_map)
    for object_id, (_, box) in measure(Runs.of(label_map)).items():
        rows, columns = found[object_id - 1]
        assert (box.x, box.y) == (columns.start, rows.start)
        assert (box.x + box.width, box.y + box.height) == (columns.stop, rows.stop)
