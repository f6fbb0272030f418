"""A person's session judged against a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from dynamite_widget import Click, Session
from dynamite_widget.evaluation import judge_session, run_mist, run_noc
from dynamite_widget.evaluation.plots import iou_figure
from tests.evaluation.stand_in import NearestWithin, rectangle, scene

BLOCK = scene(rectangle(5, 10, 20, 30))
PAIR = scene(rectangle(5, 5, 30, 20), rectangle(5, 40, 20, 15))


def session_with(clicks: list[Click], segmenter: NearestWithin, image: np.ndarray) -> Session:
    session = Session(image, segmenter=segmenter)
    ids: dict[int, int] = {}
    for click in clicks:
        if click.object_id and click.object_id not in ids:
            ids[click.object_id] = session.add_object()
        session.click(x=click.x, y=click.y, object_id=ids.get(click.object_id, 0))
    return session


def test_a_person_who_clicks_like_the_simulated_annotator_has_its_noc_and_curve() -> None:
    segmenter = NearestWithin(8)
    simulated = run_noc(segmenter, [BLOCK])
    session = session_with(simulated.samples[0].clicks, segmenter, BLOCK.image)
    judged = judge_session(session, BLOCK, segmenter).noc_result()
    assert judged.ious == simulated.ious
    assert judged.noc(0.85) == simulated.noc(0.85)
    assert judged.failures(0.90) == simulated.failures(0.90)


def test_several_objects_are_judged_as_in_the_multi_object_benchmark() -> None:
    segmenter = NearestWithin(9)
    simulated = run_mist(segmenter, [PAIR], "worst")
    session = session_with(simulated.images[0].clicks, segmenter, PAIR.image)
    judged = judge_session(session, PAIR, segmenter).mist_result()
    assert (judged.nci, judged.nfo, judged.miou) == (simulated.nci, simulated.nfo, simulated.miou)
    assert judged.images[0].course == simulated.images[0].course


def test_objects_are_paired_with_the_true_ones_whatever_their_order() -> None:
    segmenter = NearestWithin(12)
    # She begins with what the truth counts second.
    clicks = [Click(47, 15, 1), Click(15, 12, 2), Click(15, 28, 2)]
    judged = judge_session(session_with(clicks, segmenter, PAIR.image), PAIR, segmenter)
    assert [click.object_id for click in judged.clicks] == [2, 1, 1]
    assert min(judged.final_ious) > 0.5


def test_an_object_nobody_clicked_on_has_failed() -> None:
    segmenter = NearestWithin(12)
    session = session_with([Click(15, 15, 1)], segmenter, PAIR.image)
    judged = judge_session(session, PAIR, segmenter)
    assert judged.final_ious[1] == 0
    assert judged.noc_result().failures(0.85) == 2
    assert judged.mist_result().nfo == 2


def test_clicks_on_something_that_is_no_true_object_count_as_background() -> None:
    segmenter = NearestWithin(5)
    clicks = [Click(25, 15, 1), Click(55, 38, 2)]
    judged = judge_session(session_with(clicks, segmenter, BLOCK.image), BLOCK, segmenter)
    assert [click.object_id for click in judged.clicks] == [1, 0]


def test_a_click_taken_back_does_not_count() -> None:
    segmenter = NearestWithin(8)
    session = session_with([Click(25, 15, 1), Click(2, 2)], segmenter, BLOCK.image)
    session.undo()
    assert len(judge_session(session, BLOCK, segmenter).clicks) == 1


def test_a_persons_curve_is_drawn_beside_a_simulated_one() -> None:
    segmenter = NearestWithin(8)
    simulated = run_noc(segmenter, [BLOCK])
    session = session_with([Click(25, 15, 1)], segmenter, BLOCK.image)
    person = judge_session(session, BLOCK, segmenter).noc_result()
    axes = iou_figure({"she": person, "simulated": simulated}).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["she", "simulated"]
    assert axes.lines[0].get_ydata()[0] == pytest.approx(100 * person.mean_iou(1))


def test_a_session_of_another_image_is_refused() -> None:
    segmenter = NearestWithin(8)
    session = session_with([Click(5, 5, 1)], segmenter, np.zeros((30, 30, 3), np.uint8))
    with pytest.raises(ValueError, match=r"session's image is \(30, 30\), but scene"):
        judge_session(session, BLOCK, segmenter)


def test_a_session_without_a_click_has_reached_nothing() -> None:
    segmenter = NearestWithin(8)
    judged = judge_session(session_with([], segmenter, BLOCK.image), BLOCK, segmenter)
    assert judged.noc_result().failures(0.85) == 1
    assert judged.mist_result().nfo == 1
