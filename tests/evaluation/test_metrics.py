"""IoU and what is read off its course."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dynamite_widget.evaluation.metrics import clicks_to_reach, iou, mean_at, object_ious
from dynamite_widget.evaluation.scenes import Truth
from tests.evaluation.stand_in import rectangle

SIZE = (5, 6)
LABELS = arrays.arrays(np.uint16, SIZE, elements=st.integers(0, 3))
BOOLS = arrays.arrays(bool, SIZE)


def test_half_of_an_object_has_half_its_iou() -> None:
    assert iou(rectangle(0, 0, 10, 10), rectangle(0, 0, 5, 10)) == 0.5


def test_two_empty_masks_agree() -> None:
    nothing = np.zeros((4, 4), dtype=bool)
    assert iou(nothing, nothing) == 1.0


@given(BOOLS, BOOLS, BOOLS)
def test_ignored_pixels_change_nothing(
    truth: np.ndarray, guess: np.ndarray, ignore: np.ndarray
) -> None:
    whatever = np.where(ignore, ~guess, guess)
    assert iou(truth, guess, ignore) == iou(truth, whatever, ignore)


@given(arrays.arrays(bool, (3, *SIZE)), LABELS, st.none() | BOOLS)
def test_all_objects_at_once_have_the_iou_they_have_alone(
    masks: np.ndarray, guess: np.ndarray, ignore: np.ndarray | None
) -> None:
    truth = Truth.paint(masks, ignore)
    guess = np.where(guess <= truth.n_objects, guess, 0)
    alone = [iou(truth.mask(k), guess == k, ignore) for k in range(1, truth.n_objects + 1)]
    assert object_ious(truth, guess).tolist() == pytest.approx(alone)


def test_the_first_click_that_is_good_enough_counts_even_if_later_ones_are_worse() -> None:
    assert clicks_to_reach([0.5, 0.86, 0.7], 0.85) == 2
    assert clicks_to_reach([0.5, 0.85], 0.85) == 2
    assert clicks_to_reach([0.5, 0.6], 0.85) is None


def test_a_course_that_ended_keeps_its_last_value() -> None:
    assert mean_at([[0.5, 0.9], [0.1, 0.2, 0.3]], 3) == pytest.approx(0.6)


def test_the_mean_of_no_courses_is_not_a_number() -> None:
    assert math.isnan(mean_at([], 1))


def test_there_is_no_value_before_the_first_click() -> None:
    with pytest.raises(ValueError, match="the first click is click 1"):
        mean_at([[0.5]], 0)
