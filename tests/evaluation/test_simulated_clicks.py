"""Where the simulated annotator clicks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.clicks import (
    NOWHERE,
    TAKEN_RADIUS,
    Click,
    innermost_pixel,
    mark_taken,
    next_click,
)
from tests.evaluation.stand_in import rectangle

BLOBS = st.builds(
    lambda seed, h, w, share: smooth_noise(seed, h, w) < share,
    st.integers(0, 10_000),
    st.integers(2, 50),
    st.integers(2, 50),
    st.floats(0.1, 0.9),
)


def smooth_noise(seed: int, height: int, width: int) -> np.ndarray:
    """Random values in 0..1 of which neighbours are alike."""
    coarse = np.random.default_rng(seed).random((height // 5 + 1, width // 5 + 1))
    return np.kron(coarse, np.ones((5, 5)))[:height, :width]


def distances_by_definition(region: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the nearest one outside, where all beyond the edge is outside."""
    padded = np.pad(region, 1)
    outside = np.argwhere(~padded)
    return np.array(
        [
            [
                np.sqrt(((outside - (y, x)) ** 2).sum(axis=1).min()) if padded[y, x] else 0.0
                for x in range(1, padded.shape[1] - 1)
            ]
            for y in range(1, padded.shape[0] - 1)
        ]
    )


@given(BLOBS)
def test_the_innermost_pixel_is_farthest_from_the_border_and_first_among_equals(
    region: np.ndarray,
) -> None:
    distance = distances_by_definition(region)
    pixel = innermost_pixel(region)
    if region.any():
        assert (pixel.y, pixel.x) == np.unravel_index(distance.argmax(), distance.shape)
        assert pixel.distance == pytest.approx(distance.max())
    else:
        assert pixel == NOWHERE


@given(BLOBS, st.integers(0, 10_000))
def test_taken_pixels_are_passed_over_but_do_not_change_distances(
    region: np.ndarray, seed: int
) -> None:
    taken = smooth_noise(seed, *region.shape) < 0.5
    distance = distances_by_definition(region) * ~taken
    pixel = innermost_pixel(region, taken)
    assert pixel.distance == pytest.approx(distance.max())
    if distance.any():
        assert (pixel.y, pixel.x) == np.unravel_index(distance.argmax(), distance.shape)


@pytest.mark.parametrize("seed", range(20))
def test_opencv_finds_the_same_pixel(seed: int) -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV comes with the evaluation extra")
    # OpenCV hands images below 2^14 pixels to another library, whose roots are not exact.
    region = smooth_noise(seed, 130, 170) < 0.6
    padded = np.pad(region, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    pixel = innermost_pixel(region)
    assert (pixel.y, pixel.x) == np.unravel_index(distance.argmax(), distance.shape)


def test_the_first_click_goes_to_the_middle_of_the_object() -> None:
    truth = rectangle(10, 20, 9, 9)
    assert next_click(truth, np.zeros_like(truth)) == Click(24, 14, 1)


def test_a_missing_part_is_claimed_for_the_object() -> None:
    truth = rectangle(10, 10, 9, 30)
    click = next_click(truth, rectangle(10, 10, 9, 10), object_id=3)
    assert click is not None
    assert click.object_id == 3
    assert truth[int(click.y), int(click.x)]


def test_a_surplus_part_is_given_to_whom_it_belongs() -> None:
    labels = rectangle(10, 10, 10, 10) * 1 + rectangle(10, 30, 10, 10) * 2
    guess = labels > 0
    click = next_click(labels == 1, guess, object_id=1, labels=labels)
    assert click is not None
    assert click.object_id == 2
    assert labels[int(click.y), int(click.x)] == 2
    without = next_click(labels == 1, guess, object_id=1)
    assert without == Click(click.x, click.y, 0)


def test_of_two_errors_as_deep_the_surplus_one_is_clicked() -> None:
    truth, guess = rectangle(0, 0, 8, 8), rectangle(20, 20, 8, 8)
    click = next_click(truth, guess)
    assert click is not None
    assert guess[int(click.y), int(click.x)]


def test_there_is_no_click_where_nothing_is_wrong() -> None:
    truth = rectangle(5, 5, 10, 10)
    assert next_click(truth, truth) is None


def test_there_is_no_click_where_every_error_is_taken() -> None:
    truth = rectangle(5, 5, 3, 3)
    taken = rectangle(4, 4, 6, 6)
    assert next_click(truth, np.zeros_like(truth), taken=taken) is None


def test_ignored_pixels_are_no_errors() -> None:
    truth, ignore = rectangle(5, 5, 20, 20), rectangle(0, 0, 40, 60)
    assert next_click(truth, np.zeros_like(truth), ignore=ignore) is None


def test_maps_of_different_size_are_refused() -> None:
    truth = rectangle(5, 5, 3, 3)
    with pytest.raises(ValueError, match=r"guess has shape \(40, 61\), but truth has \(40, 60\)"):
        next_click(truth, np.zeros((40, 61), dtype=bool))


@given(st.integers(0, 39), st.integers(0, 59))
def test_a_disc_about_a_click_is_taken(y: int, x: int) -> None:
    taken = np.zeros((40, 60), dtype=bool)
    mark_taken(taken, Click(x, y))
    rows, columns = np.indices(taken.shape)
    assert np.array_equal(taken, np.hypot(rows - y, columns - x) <= TAKEN_RADIUS)
