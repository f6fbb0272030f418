"""The single-object benchmark."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dynamite_widget.evaluation import run_noc
from tests.evaluation.stand_in import (
    NearestWithin,
    Scripted,
    never_finds_anything,
    rectangle,
    scene,
)


def grows_by(step: int) -> Scripted:
    """Finds a 10 x 40 strip piece by piece, so many columns a click."""
    return Scripted(
        lambda size, clicks: rectangle(10, 10, 10, min(step * len(clicks), 40), size).astype(
            np.uint16
        )
    )


STRIP = scene(rectangle(10, 10, 10, 40))


def test_noc_at_every_threshold_is_read_off_one_run() -> None:
    result = run_noc(grows_by(9), [STRIP])
    assert result.ious[0] == pytest.approx([9 / 40, 18 / 40, 27 / 40, 36 / 40])
    assert result.noc(0.45) == 2
    assert result.noc(0.85) == 4
    assert result.failures(0.85) == 0


def test_an_object_never_reached_counts_with_all_its_clicks() -> None:
    result = run_noc(never_finds_anything(), [STRIP], max_clicks=7)
    assert result.noc(0.90) == 7
    assert result.failures(0.90) == 1
    assert result.ious == [[0.0] * 7]


def test_an_annotator_with_nothing_left_to_click_on_stops_and_has_failed() -> None:
    dot = scene(rectangle(10, 10, 3, 3))
    result = run_noc(never_finds_anything(), [dot])
    assert [(click.x, click.y) for click in result.samples[0].clicks] == [(11, 11)]
    assert result.noc(0.90) == 20
    assert result.failures(0.90) == 1


def test_no_two_clicks_are_within_five_pixels() -> None:
    places = [(c.x, c.y) for c in run_noc(never_finds_anything(), [STRIP]).samples[0].clicks]
    apart = [math.dist(a, b) for k, a in enumerate(places) for b in places[:k]]
    assert len(places) > 3
    assert min(apart) > 5


def test_ignored_pixels_neither_help_nor_hurt() -> None:
    seam = rectangle(10, 10, 10, 40) & ~rectangle(12, 12, 6, 36)
    whole = Scripted(lambda size, clicks: rectangle(10, 10, 10, 40, size).astype(np.uint16))
    inner = Scripted(lambda size, clicks: rectangle(12, 12, 6, 36, size).astype(np.uint16))
    with_seam = scene(rectangle(12, 12, 6, 36), ignore=seam)
    assert run_noc(whole, [with_seam]).ious == run_noc(inner, [with_seam]).ious == [[1.0]]


def test_the_first_click_avoids_ignored_pixels() -> None:
    sample = scene(rectangle(10, 10, 10, 40), ignore=rectangle(10, 10, 10, 30))
    click = run_noc(NearestWithin(), [sample], max_clicks=1).samples[0].clicks[0]
    assert click.x >= 40


def test_samples_without_an_object_are_skipped_and_named() -> None:
    nothing = scene(np.zeros((40, 60), dtype=bool), name="nothing")
    result = run_noc(grows_by(40), [nothing, STRIP])
    assert result.skipped == ["nothing"]
    assert result.noc(0.90) == 1


def test_nothing_at_all_gives_no_number_rather_than_a_wrong_one() -> None:
    result = run_noc(grows_by(40), [])
    assert math.isnan(result.noc(0.90))
    assert result.failures(0.90) == 0


def test_an_image_is_encoded_once_for_all_its_objects() -> None:
    segmenter = NearestWithin()
    run_noc(segmenter, [scene(rectangle(5, 5, 8, 8), rectangle(5, 30, 8, 8))])
    assert segmenter.encoded == 1


def test_a_threshold_of_one_shows_the_whole_course() -> None:
    result = run_noc(grows_by(13), [STRIP], iou_threshold=1.0, max_clicks=5)
    assert len(result.ious[0]) == 4
    assert result.noc(0.85) == 3


def test_noc_above_where_samples_were_stopped_is_refused() -> None:
    result = run_noc(grows_by(9), [STRIP], iou_threshold=0.80)
    with pytest.raises(ValueError, match=r"run with iou_threshold=0\.9 or more"):
        result.noc(0.90)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"iou_threshold": 0.0}, "above 0 and at most 1"),
        ({"iou_threshold": 1.1}, "above 0 and at most 1"),
        ({"max_clicks": 0}, "at least 1"),
    ],
)
def test_limits_that_make_no_sense_are_refused(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run_noc(never_finds_anything(), [STRIP], **options)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (np.zeros((3, 3), np.uint16), r"shape \(3, 3\); expected whole numbers of shape"),
        (np.full((40, 60), np.nan), "returned float64"),
        (np.full((40, 60), 7), "labels 7..7; only 0 and the ids of clicked objects"),
        (np.full((40, 60), -1), "labels -1..-1"),
    ],
)
def test_an_answer_that_is_no_label_map_is_refused(reply: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run_noc(Scripted(lambda size, clicks: reply), [STRIP])
