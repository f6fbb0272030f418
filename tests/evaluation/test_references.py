"""The segmenters without weights: honest floors that any clicks can be given to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamite_widget import Click
from dynamite_widget.evaluation import iou, run_noc
from dynamite_widget.evaluation.segmenter_source import REFERENCES, SegmenterSource
from dynamite_widget.segmenting import SupportsSegmentation
from tests.evaluation.stand_in import Scene, rectangle

pytest.importorskip("cv2", reason="OpenCV comes with the evaluation extra")
pytest.importorskip("skimage", reason="scikit-image comes with the evaluation extra")

SIZE = (90, 120)
LEFT, RIGHT = rectangle(20, 15, 40, 30, SIZE), rectangle(30, 70, 35, 35, SIZE)


def painted(*masks: np.ndarray) -> np.ndarray:
    """A noisy grey picture on which each mask has a colour of its own."""
    image = np.random.default_rng(0).normal(120, 6, (*SIZE, 3))
    for mask, colour in zip(masks, ((220, 60, 50), (40, 90, 210)), strict=False):
        image[mask] += np.subtract(colour, 120)
    return image.clip(0, 255).astype(np.uint8)


@pytest.fixture(params=REFERENCES)
def reference(request: pytest.FixtureRequest) -> SupportsSegmentation:
    return SegmenterSource(request.param).load()


def test_a_clear_object_is_found_by_few_clicks(reference: SupportsSegmentation) -> None:
    scene = Scene("clear", painted(LEFT), LEFT[None])
    assert run_noc(reference, [scene]).noc(0.85) <= 4


def test_two_objects_are_found_apart(reference: SupportsSegmentation) -> None:
    features = reference.encode(painted(LEFT, RIGHT))
    clicks = [Click(30, 40, 1), Click(87, 47, 2), Click(57, 40), Click(60, 80)]
    label_map = reference.segment(features, clicks)
    assert label_map.dtype == np.uint16
    assert iou(LEFT, label_map == 1) > 0.8
    assert iou(RIGHT, label_map == 2) > 0.8


def test_the_same_clicks_have_the_same_answer(reference: SupportsSegmentation) -> None:
    features = reference.encode(painted(LEFT, RIGHT))
    clicks = [Click(30, 40, 1), Click(57, 40)]
    first = reference.segment(features, clicks)
    reference.segment(features, [Click(87, 47, 1)])
    assert np.array_equal(reference.segment(features, clicks), first)


@pytest.mark.parametrize("name", REFERENCES)
@settings(max_examples=25)
@given(
    clicks=st.lists(
        st.builds(Click, st.floats(0, 119), st.floats(0, 89), st.integers(0, 3)), max_size=6
    )
)
def test_any_clicks_have_an_answer_with_no_other_ids(name: str, clicks: list[Click]) -> None:
    segmenter = SegmenterSource(name).load()
    label_map = segmenter.segment(segmenter.encode(painted(LEFT)), clicks)
    assert label_map.shape == SIZE
    assert set(np.unique(label_map)) <= {0} | {click.object_id for click in clicks}


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (700, 20)])
def test_odd_sizes_are_answered_in_their_own_size(
    size: tuple[int, int], reference: SupportsSegmentation
) -> None:
    features = reference.encode(np.full((*size, 3), 90, np.uint8))
    assert reference.segment(features, [Click(0, 0, 1)]).shape == size


def test_a_grey_array_is_an_image(reference: SupportsSegmentation) -> None:
    features = reference.encode(painted(LEFT)[..., 0])
    assert reference.segment(features, [Click(30, 40, 1)]).shape == SIZE
