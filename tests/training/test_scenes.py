"""Scenes show chosen objects, and the first clicks say what is true of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dynamite_widget.session import Session
from dynamite_widget.training.augmentation import jitter_colour, paste_object
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
        assert all((scene.labels == n + 1).sum() >= 60 for n in numbers)


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


def test_crowded_photographs_of_a_set_are_drawn_more_often(photographs: list[Photograph]) -> None:
    few, many = replace(photographs[0], objects=4), replace(photographs[0], objects=36)
    rng = np.random.default_rng(0)
    for crowding, share in ((0.0, 0.5), (0.5, 0.75), (1.0, 0.9)):
        scenes = Scenes([few, many], TrainingConfig(crowding=crowding))
        drawn = [scenes.pick(rng).objects for _ in range(400)]
        assert abs(drawn.count(36) / 400 - share) < 0.08


def test_a_flat_photograph_is_sometimes_dark_or_noisy_and_mostly_neither() -> None:
    rng, flat = np.random.default_rng(0), np.full((64, 64, 3), 120, np.uint8)
    shown = [jitter_colour(flat, rng).astype(float) for _ in range(300)]
    noisy = sum(image.std((0, 1)).max() > 1.5 for image in shown)
    dark = sum(image.mean() < 70 for image in shown)
    assert 40 < noisy < 80
    assert 8 < dark < 40
    assert abs(np.median([image.mean() for image in shown]) - 120) < 20


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


def test_an_object_pasted_near_another_is_about_as_large_and_touches_or_hides_it() -> None:
    scene, labels = np.zeros((120, 120, 3), np.uint8), np.zeros((120, 120), np.int32)
    labels[50:70, 50:70] = 1
    near = labels == 1
    source, mask = np.full((400, 400, 3), 200, np.uint8), np.zeros((400, 400), bool)
    mask[100:300, 100:300] = True
    for seed in range(30):
        rng = np.random.default_rng(seed)
        _, pasted = paste_object(scene, labels, source, mask, 7, rng, near)
        ys, xs = np.nonzero(pasted == 7)
        assert 0.3 < len(ys) / near.sum() < 3
        assert ys.min() < 85
        assert ys.max() > 35
        assert xs.min() < 85
        assert xs.max() > 35


class Wires:
    """A photograph of two wires that vanish when it is shown smaller, and of a block."""

    name, dataset, partial = "wires", "wires", False

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        labels = np.zeros((900, 900), np.int32)
        np.fill_diagonal(labels[:, 40:], 1)
        np.fill_diagonal(labels[40:], 2)
        labels[50:350, 550:850] = 3
        return np.zeros((900, 900, 3), np.uint8), labels


def test_of_a_pasted_object_too_thin_to_be_seen_nothing_is_said() -> None:
    config = TrainingConfig(crop=96, paste=1.0, scale=(0.3, 0.4))
    scenes = draw([Wires()], 60, config)
    assert len(scenes) > 30
    for scene in scenes:
        shown = set(np.unique(scene.labels[scene.labels > 0]) - 1)
        assert shown == {int(owner) for *_, owner in scene.clicks if owner >= 0}


class Leaf:
    """A photograph of 100 pixels with one object of 30."""

    name, dataset, partial = "leaf", "leaves", False

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        labels = np.zeros((100, 100), np.int32)
        labels[40:70, 40:70] = 1
        return np.zeros((100, 100, 3), np.uint8), labels


def test_one_object_asked_for_alone_may_lie_beside_others(photographs: list[Photograph]) -> None:
    scenes = draw(photographs, 30, replace(CONFIG, alone=1.0, paste=1.0))
    assert {int(scene.labels.max()) for scene in scenes} == {1}
    assert {int(owner) for scene in scenes for owner in scene.clicks[:, 2]} <= {0, -1}
    bright = [(scene.image.mean(2) > 110) & (scene.labels == 0) for scene in scenes]
    assert sum(pixels.sum() > 200 for pixels in bright) > 15, "others are there, and not asked for"
    together = draw(photographs, 30, replace(CONFIG, alone=0.0, paste=0.0, max_objects=2))
    assert {int(scene.labels.max()) for scene in together} == {1, 2}


def test_a_set_has_its_own_share_of_objects_asked_for_alone(photographs: list[Photograph]) -> None:
    plain = [p for p in photographs if p.dataset == "plain"]
    config = replace(CONFIG, alone=1.0, set_alone={"plain": 0.0}, paste=0.0, max_objects=2)
    assert 2 in {int(scene.labels.max()) for scene in draw(plain, 30, config)}
    elsewhere = replace(config, set_alone={"part": 0.0})
    assert {int(scene.labels.max()) for scene in draw(plain, 30, elsewhere)} == {1}


def extents(config: TrainingConfig) -> list[float]:
    """Sides of the leaf in scenes drawn from its photograph."""
    scenes = draw([Leaf()], 40, config)
    return [np.sqrt((s.labels == 1).sum()) for s in scenes]


def test_photographs_are_shown_as_large_as_the_network_will_see_them() -> None:
    config = TrainingConfig(crop=256, scale=(0.9, 1.1), paste=0.0)
    assert max(extents(config)) < 1.2 * 30
    twice = replace(config, short_side=200)
    assert 0.8 * 60 < np.median(extents(twice)) < 1.2 * 60
    assert max(extents(replace(twice, widest=0.25))) < 1.2 * 30, "as one four times as narrow"


def test_a_small_object_of_a_small_photograph_counts_where_it_is_enlarged() -> None:
    class Bud(Leaf):
        """With an object of 6 pixels."""

        def read(self) -> tuple[np.ndarray, np.ndarray]:
            pixels, labels = super().read()
            labels[:], labels[46:52, 46:52] = 0, 1
            return pixels, labels

    as_it_is = TrainingConfig(crop=256, scale=(0.9, 1.1), paste=0.0)
    assert draw([Bud()], 20, as_it_is) == []
    assert len(draw([Bud()], 20, replace(as_it_is, short_side=250))) > 10


def test_small_objects_are_sometimes_shown_as_a_close_up_shows_them() -> None:
    config = TrainingConfig(crop=256, scale=(0.9, 1.1), paste=0.0, closer=0.5)
    shown = np.array(extents(config))
    close = shown[shown > 1.2 * 30]
    assert 10 <= len(close) <= 30
    assert close.max() <= 0.55 * 256
    assert close.max() > 3 * 30
    large = replace(config, short_side=250)  # seen with 75 of 256 pixels it is not small
    assert max(extents(large)) < 1.2 * 75


def test_what_is_seen_from_above_is_shown_any_way_up() -> None:
    class Arrow:
        """Brightest on one side."""

        name, dataset, partial = "arrow", "above", False

        def read(self) -> tuple[np.ndarray, np.ndarray]:
            ramp = np.tile(np.linspace(0, 255, 128).astype(np.uint8)[:, None], (1, 128))
            return np.stack([ramp] * 3, -1), np.ones((128, 128), np.int32)

    def ways_up(turned: tuple[str, ...]) -> set[str]:
        config = TrainingConfig(crop=128, scale=(1.0, 1.0), paste=0.0, turned=turned)
        rng, scenes = np.random.default_rng(0), Scenes([Arrow()], config)
        images = [s.image.mean(-1) for s in (scenes.draw(rng) for _ in range(60)) if s is not None]
        sides = {"top": np.s_[:32], "bottom": np.s_[-32:]}
        across = {"left": np.s_[:, :32], "right": np.s_[:, -32:]}
        return {
            max(sides | across, key=lambda side: image[(sides | across)[side]].mean())
            for image in images
        }

    assert ways_up(()) == {"bottom"}
    assert ways_up(("above",)) == {"top", "bottom", "left", "right"}


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
