"""Scenes show chosen objects, and the first clicks say what is true of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dynamite_widget.session import Session
from dynamite_widget.training.augmentation import paste_object
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.own_labels import open_labels
from dynamite_widget.training.photographs import Photograph, read_manifest
from dynamite_widget.training.scenes import Scenes, collate, first_clicks

CONFIG = TrainingConfig(crop=96, paste=0.5, set_weights={"plain": 3.0, "part": 1.0})


def draw(photographs: list[Photograph], count: int, config: TrainingConfig = CONFIG) -> list:
    rng, scenes = np.random.default_rng(1), Scenes(photographs, config)
    return [s for s in (scenes.draw(rng) for _ in range(count)) if s is not None]


def test_every_click_lies_on_what_it_names(photographs: list[Photograph]) -> None:
    scenes = draw(photographs, 40)
    assert len(scenes) > 30
    for scene in scenes:
        for y, x, owner in scene.clicks:
            assert scene.labels[int(y), int(x)] == owner + 1


def test_every_object_has_a_click_and_enough_pixels(photographs: list[Photograph]) -> None:
    for scene in draw(photographs, 40):
        numbers = set(range(int(scene.labels.max())))
        assert {int(owner) for *_, owner in scene.clicks if owner >= 0} == numbers
        assert all((scene.labels == n + 1).sum() >= 80 for n in numbers)


def test_ignored_rims_stay_ignored(photographs: list[Photograph]) -> None:
    _, labels = photographs[0].read()
    assert (labels == -1).any()
    scenes = draw(photographs, 20, TrainingConfig(crop=96, paste=0.0))
    assert all((scene.labels == -1).any() or scene.labels.max() == 1 for scene in scenes)


def test_background_clicks_stay_near_the_objects_where_not_all_are_labelled() -> None:
    labels = np.zeros((200, 200), np.int32)
    labels[20:40, 20:40] = 1
    rng = np.random.default_rng(0)
    clicks = np.concatenate([first_clicks(labels, True, rng) for _ in range(200)])
    background = clicks[clicks[:, 2] == -1]
    assert len(background) > 20
    assert background[:, :2].max() <= 40 + 16


def test_sets_are_drawn_by_weight_not_by_size(photographs: list[Photograph]) -> None:
    scenes = Scenes(photographs, TrainingConfig(set_weights={"plain": 1.0, "part": 9.0}))
    rng = np.random.default_rng(0)
    drawn = [scenes.pick(rng).dataset for _ in range(400)]
    assert 0.85 < drawn.count("part") / 400 < 0.95


def test_a_pasted_object_brings_its_own_pixels() -> None:
    scene, labels = np.zeros((90, 90, 3), np.uint8), np.zeros((90, 90), np.int32)
    source = np.full((50, 50, 3), 200, np.uint8)
    mask = np.zeros((50, 50), bool)
    mask[10:40, 15:35] = True
    rng = np.random.default_rng(3)
    image, pasted = paste_object(scene, labels, source, mask, 7, rng)
    assert (pasted == 7).sum() > 100
    assert image[pasted == 7].mean() > 150
    assert not image[pasted == 0][:, 0].mean() > 20
    assert scene.max() == 0


def test_shorter_click_lists_are_padded(photographs: list[Photograph]) -> None:
    batch = collate(draw(photographs, 6))
    assert batch.images.shape == (len(batch.images), 96, 96, 3)
    assert batch.clicks.owner.shape == batch.clicks.points.shape[:2]
    assert batch.clicks.owner.min() >= -2


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="manifest"):
        read_manifest(tmp_path)


def test_objects_too_small_to_learn_from_end_the_stream_with_words() -> None:
    session = Session(np.zeros((60, 80, 3), np.uint8))
    session.brush(session.add_object(), [(20, 20)], 2)
    with pytest.raises(ValueError, match="no scene came of"):
        next(iter(Scenes(open_labels(session), CONFIG)))
