"""Scenes, clicks, corrections and loss of the published recipes follow the paper."""

from __future__ import annotations

import numpy as np
import torch

from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.paper_corrections import add_paper_corrections, corrections
from dynamite_widget.training.paper_loss import paper_loss
from dynamite_widget.training.paper_scenes import PaperScenes, first_clicks, jitter, keep
from dynamite_widget.training.photographs import Photograph

CONFIG = TrainingConfig(protocol="paper", crop=96, scale=(0.5, 2.0), max_objects=30, set_weights={})


def two_squares() -> np.ndarray:
    labels = np.zeros((96, 96), np.int32)
    labels[8:56, 8:56], labels[64:88, 64:88] = 1, 2
    return labels


def test_clicks_lie_on_what_they_name_larger_objects_first(photographs: list[Photograph]) -> None:
    rng, stream = np.random.default_rng(0), PaperScenes(photographs, CONFIG)
    scenes = [scene for scene in (stream.draw(rng) for _ in range(60)) if scene is not None]
    assert len(scenes) > 40
    for scene in scenes:
        owners = [int(owner) for *_, owner in scene.clicks]
        assert all(scene.labels[int(y), int(x)] == k + 1 for y, x, k in scene.clicks)
        assert set(owners) - {-1} == set(range(int(scene.labels.max())))
        assert sorted(owners, key=lambda k: (k < 0, k)) == owners
        areas = [(scene.labels == k + 1).sum() for k in range(int(scene.labels.max()))]
        assert areas == sorted(areas, reverse=True)
        assert min(areas) > 50
    assert any((scene.labels == -1).any() for scene in scenes)  # padding


def test_an_object_gets_one_click_in_its_middle_and_up_to_five_more() -> None:
    rng, labels = np.random.default_rng(0), two_squares()
    counts, background = [], 0
    for _ in range(300):
        clicks = first_clicks(labels, rng)
        own = clicks[clicks[:, 2] == 0]
        counts.append(len(own))
        background += (clicks[:, 2] == -1).any()
        assert 8 + 24 / 1.7 - 1.5 < own[0, 0] < 56 - 24 / 1.7 + 1.5
    assert (min(counts), max(counts)) == (1, 6)
    assert np.mean(np.array(counts) == 1) > np.mean(np.array(counts) == 2) > 0.15
    # Four of five scenes may have some, and 0.32 of those draw none.
    assert 0.44 < background / 300 < 0.64


def test_a_scene_keeps_objects_of_any_number() -> None:
    labels = two_squares() * 32_767
    pixels = np.zeros((96, 96, 3), np.uint8)
    _, shown = jitter(pixels, labels, 96, (1.0, 1.0), np.random.default_rng(0))
    np.testing.assert_array_equal(shown, labels)


def test_small_remains_of_objects_are_dropped() -> None:
    labels = two_squares()
    labels[0:7, 0:7] = 5
    kept = keep(labels, [1, 2, 5])
    assert kept.max() == 2
    assert (kept[0:7, 0:7] == 0).all()


def test_at_most_fifteen_of_the_worst_are_corrected() -> None:
    truth = np.zeros((96, 96), np.int32)
    for number in range(25):
        y, x = divmod(number, 5)
        truth[y * 19 : y * 19 + 16, x * 19 : x * 19 + 16] = number + 1
    guess = truth.copy()
    guess[:38] = 0  # the first ten are missed
    guess[38:76, :] = np.where(np.arange(96) % 19 < 8, 0, truth[38:76])  # ten more half missed
    clicks = corrections(guess, truth, np.random.default_rng(0))
    clicked = {owner for *_, owner in clicks}
    assert set(range(10)) < clicked
    assert len(clicked) == 15
    assert all(truth[y, x] == owner + 1 for y, x, owner in clicks)


def test_a_surplus_is_clicked_as_what_it_is() -> None:
    truth, rng = two_squares(), np.random.default_rng(0)
    guess = truth.copy()
    guess[56:96, 0:56] = 1
    assert {owner for *_, owner in corrections(guess, truth, rng)} == {-1}
    guess = truth.copy()
    guess[64:88, 64:88] = 1
    truth_of_first = corrections(np.where(truth == 2, 1, truth), truth, rng)
    assert {owner for *_, owner in truth_of_first} == {1}


def test_every_image_gets_its_corrections_and_time_goes_on() -> None:
    labels = torch.from_numpy(np.stack([two_squares()] * 3)).to(torch.int16)
    logits = torch.zeros(3, 3, 24, 24)
    logits[:, 0] = 1.0
    owner = torch.tensor([[0, 1], [0, -2], [0, 1]])
    clicks = ClickTensors(torch.zeros(3, 2, 2), owner, torch.arange(2).expand(3, 2))
    after = add_paper_corrections(clicks, logits, labels, np.random.default_rng(0))
    new_owner, new_time = after.owner[:, 2:], after.time[:, 2:]
    assert (new_owner != -2).any(1).all()
    assert new_time[:, 0].tolist() == [2, 1, 2]
    nothing = add_paper_corrections(clicks, _right(labels), labels, np.random.default_rng(0))
    assert nothing.owner.shape == clicks.owner.shape


def _right(labels: torch.Tensor) -> torch.Tensor:
    one_hot = torch.nn.functional.one_hot(labels.long().clamp(min=0), 3)
    return one_hot.permute(0, 3, 1, 2).float() * 20 - 10


def test_the_truth_costs_little_its_opposite_much_and_the_unknown_nothing() -> None:
    torch.manual_seed(0)
    labels = torch.from_numpy(two_squares())[None]
    right = _right(labels)
    good, bad = paper_loss([right], labels, 256), paper_loss([-right], labels, 256)
    # Cells are four pixels wide: at their borders even the right logits are not certain.
    assert good < 1.2 < 20 < bad
    assert torch.isclose(paper_loss([right, right], labels, 4096), 2 * good, rtol=0.3)
    unknown = labels.clone()
    unknown[:, 60:] = -1
    wrong = right.clone()
    wrong[:, :, 61:] *= -1
    assert paper_loss([wrong], unknown, 256) < 1.2
