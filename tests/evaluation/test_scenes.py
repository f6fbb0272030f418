"""Scenes: overlapping masks become a truth without overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dynamite_widget.evaluation import Scene, single_objects
from dynamite_widget.evaluation.scenes import Truth
from tests.evaluation.stand_in import rectangle, scene


def test_small_objects_stay_in_sight_and_the_largest_is_number_one() -> None:
    small, large = rectangle(10, 10, 5, 5), rectangle(5, 5, 20, 30)
    truth = scene(small, large).truth
    assert truth.sources == (1, 0)
    assert np.array_equal(truth.mask(2), small)
    assert np.array_equal(truth.mask(1), large & ~small)


def test_objects_of_equal_size_keep_their_order() -> None:
    left, right = rectangle(5, 5, 10, 10), rectangle(5, 30, 10, 10)
    assert scene(right, left).truth.sources == (0, 1)


def test_an_object_wholly_covered_by_smaller_ones_is_dropped() -> None:
    whole = rectangle(5, 5, 10, 10)
    left, right = rectangle(5, 5, 10, 6), rectangle(5, 11, 10, 4)
    truth = scene(whole, left, right).truth
    assert truth.n_objects == 2
    assert truth.sources == (1, 2)
    assert set(np.unique(truth.labels)) == {0, 1, 2}


def test_an_object_without_pixels_is_dropped() -> None:
    nothing = np.zeros((40, 60), dtype=bool)
    assert scene(nothing, rectangle(5, 5, 5, 5)).truth.sources == (1,)


def test_an_object_wholly_ignored_is_dropped() -> None:
    hidden, seen = rectangle(5, 5, 5, 5), rectangle(20, 20, 5, 5)
    truth = scene(hidden, seen, ignore=rectangle(0, 0, 15, 15)).truth
    assert truth.sources == (1,)


@given(arrays.arrays(bool, st.tuples(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6))))
def test_truth_labels_every_covered_pixel_with_an_object_that_covers_it(masks: np.ndarray) -> None:
    truth = Truth.paint(masks)
    assert np.array_equal(truth.labels > 0, masks.any(axis=0))
    assert list(np.setdiff1d(truth.labels, [0])) == list(range(1, truth.n_objects + 1))
    for object_id, source in enumerate(truth.sources, start=1):
        assert masks[source][truth.mask(object_id)].all()


def test_single_objects_are_not_painted_over_by_others() -> None:
    small, large = rectangle(10, 10, 5, 5), rectangle(5, 5, 20, 30)
    alone = list(single_objects([scene(large, small, name="a"), scene(small, name="b")]))
    assert [one.name for one in alone] == ["a#0", "a#1", "b"]
    assert np.array_equal(alone[0].truth.mask(1), large)


def test_masks_without_a_plane_for_each_object_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scene 'x': masks have shape \(4, 4\)"):
        Scene("x", None, np.zeros((4, 4), dtype=bool))


def test_an_ignore_map_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ignore has shape \(4, 5\)"):
        Scene("x", None, np.zeros((1, 4, 4), dtype=bool), np.zeros((4, 5), dtype=bool))
