"""The multi-object benchmark: its metrics, and what must not hang or mislead it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dynamite_widget.evaluation import STRATEGIES, run_mist
from tests.evaluation.stand_in import (
    NearestWithin,
    Scripted,
    never_finds_anything,
    rectangle,
    scene,
)

LEFT, RIGHT = rectangle(5, 5, 30, 20), rectangle(5, 40, 20, 15)
PAIR = scene(LEFT, RIGHT)


def perfect_for(*found: int) -> Scripted:
    """Finds some objects of the pair at once, and the others never."""
    truth = PAIR.truth.labels
    answer = np.where(np.isin(truth, found), truth, 0)
    return Scripted(lambda size, clicks: answer.astype(np.uint16))


def test_objects_found_at_once_cost_one_click_each() -> None:
    result = run_mist(perfect_for(1, 2), [PAIR])
    assert (result.nci, result.nfo, result.nfi, result.miou) == (1.0, 0, 0, 1.0)
    assert [click.object_id for click in result.images[0].clicks] == [1, 2]


def test_a_failed_object_fails_its_image_and_uses_the_budget_up() -> None:
    result = run_mist(perfect_for(1), [PAIR, PAIR], tau=3)
    assert (result.nci, result.nfo, result.nfi, result.miou) == (3.0, 2, 2, 0.5)
    assert [len(image.clicks) for image in result.images] == [6, 6]


def test_the_mean_is_over_images_not_over_objects() -> None:
    alone = scene(LEFT, name="alone")
    result = run_mist(never_finds_anything(), [alone, PAIR], tau=4)
    assert result.miou == 0
    found = run_mist(perfect_for(1), [alone, PAIR])
    assert found.miou == pytest.approx((1 + 0.5) / 2)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_object_covered_by_smaller_ones_does_not_hang_the_run(strategy: str) -> None:
    covered = scene(LEFT, rectangle(5, 5, 30, 10), rectangle(5, 15, 30, 10))
    result = run_mist(never_finds_anything(), [covered], strategy, tau=3)
    assert len(result.images[0].ious) == 2
    assert not np.isnan(result.miou)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_images_without_objects_are_skipped_and_count_nowhere(strategy: str) -> None:
    nothing = scene(np.zeros((40, 60), dtype=bool), name="nothing")
    result = run_mist(perfect_for(1, 2), [nothing, PAIR], strategy)
    assert result.skipped == ["nothing"]
    assert len(result.images) == 1
    assert result.nci == 1.0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_when_every_error_has_been_clicked_the_image_is_given_up_at_the_price_of_its_budget(
    strategy: str,
) -> None:
    dots = scene(rectangle(5, 5, 3, 3), rectangle(20, 30, 4, 4))
    result = run_mist(never_finds_anything(), [dots], strategy, tau=10)
    image = result.images[0]
    assert len(image.clicks) == 2  # none on pixel (0, 0), where nothing is wrong
    assert result.nci == 10
    assert result.nfo == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_object_without_an_error_to_click_on_does_not_hold_up_the_others(strategy: str) -> None:
    dot_and_block = scene(rectangle(2, 2, 3, 3), LEFT & ~rectangle(0, 0, 10, 10))
    clicks = run_mist(never_finds_anything(), [dot_and_block], strategy, tau=5).images[0].clicks
    assert len(clicks) == 10
    assert [click.object_id for click in clicks].count(2) == 1


def test_no_image_at_all_gives_no_number_rather_than_a_wrong_one() -> None:
    result = run_mist(perfect_for(1), [])
    assert math.isnan(result.nci)
    assert math.isnan(result.miou)
    assert (result.nfo, result.nfi) == (0, 0)


def test_another_seed_takes_other_turns_and_the_same_seed_the_same() -> None:
    blocks = [rectangle(2 + 13 * (k // 4), 2 + 15 * (k % 4), 11, 13) for k in range(8)]
    many = scene(*blocks)

    def turns(seed_id: int) -> list[int]:
        result = run_mist(never_finds_anything(), [many], seed_id=seed_id, tau=2)
        return [click.object_id for click in result.images[0].clicks]

    assert turns(0) == turns(0)
    assert turns(0) != turns(1)


def test_the_generator_runs_on_from_image_to_image() -> None:
    segmenter = NearestWithin(6)
    first = run_mist(segmenter, [PAIR, PAIR], "random").images
    assert first[0].clicks[:2] == first[1].clicks[:2]
    assert run_mist(segmenter, [PAIR], "random").images[0].clicks == first[0].clicks
    assert first[0].shuffles > 0


def test_ious_after_so_many_clicks_an_object_come_from_the_course() -> None:
    result = run_mist(NearestWithin(8), [PAIR], "worst", tau=4, iou_threshold=1.0)
    course = result.images[0].course
    assert result.mean_iou(1) == pytest.approx(course[0])
    assert result.mean_iou(2) == pytest.approx(course[2])
    assert result.mean_iou(4) == pytest.approx(course[-1])


def test_an_unknown_strategy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no strategy is called 'luck'.*best, random, worst"):
        run_mist(never_finds_anything(), [PAIR], "luck")
