"""Seeds stand for an imported mask: clicks by which the model reproduces it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dynamite_widget import samples
from dynamite_widget.clicks import TAKEN_RADIUS, Click
from dynamite_widget.seeding import GOOD_IOU, MOST_ROUNDS, find_seeds, uncontradicted
from dynamite_widget.session import Session
from tests.imports.scene import HEIGHT, WIDTH, box
from tests.nearest_click import NearestClick


@settings(max_examples=20)
@given(st.integers(0, 60), st.integers(0, 40), st.integers(1, 30), st.integers(1, 20))
def test_seeds_reproduce_a_mask_at_least_as_well_as_one_click(
    x: int, y: int, width: int, height: int
) -> None:
    mask, segmenter = box(x, y, width, height), NearestClick()

    def ask(clicks: tuple[Click, ...]) -> NDArray[np.bool_]:
        return segmenter.segment((HEIGHT, WIDTH), clicks) == 1

    def iou(answer: NDArray[np.bool_]) -> float:
        return np.count_nonzero(answer & mask) / np.count_nonzero(answer | mask)

    seeds = find_seeds(mask, 1, ask)
    reproduced = seeds.answer.to_array(mask.shape)
    np.testing.assert_array_equal(reproduced, ask(seeds.clicks))
    assert iou(reproduced) >= iou(ask(seeds.clicks[:1]))
    found = segmenter.asked[:-2]  # the last two questions are this story's own
    assert len(found) <= MOST_ROUNDS
    assert len(found) == MOST_ROUNDS or iou(reproduced) > GOOD_IOU or (reproduced == mask).all()


def test_a_click_in_a_mask_gives_up_seeds_nearer_than_half_its_way_out() -> None:
    mask = box(5, 5, 80, 50)
    wrong = Click(45, 30, 0)  # 25 pixels from the nearest that is background
    seeds = [Click(45 + away, 30, 1) for away in (-30, 4, 12, 13, 30)]
    beside = Click(46, 30, 0)  # says the same
    left = uncontradicted([*seeds, beside], [wrong], mask)
    assert left == (seeds[0], seeds[3], seeds[4], beside)


def test_a_click_beside_a_mask_gives_up_seeds_nearer_than_half_its_way_in() -> None:
    mask = box(60, 20, 20, 20)
    missing = Click(40, 30, 1)  # 20 pixels from the nearest of the mask
    seeds = [Click(40 - away, 30, 0) for away in (4, 9, 11, 30)]
    on_it = Click(70, 30, 1)
    assert uncontradicted([*seeds, on_it], [missing], mask) == (seeds[2], seeds[3], on_it)


def test_close_to_a_border_a_click_gives_up_only_the_seeds_beside_it() -> None:
    mask = box(5, 5, 80, 50)
    seeds = [Click(x, 50, 1) for x in (40, 44, 45, 46, 51, 60)]
    left = uncontradicted(seeds, [Click(45, 54, 0)], mask)
    apart = [np.hypot(seed.x - 45, seed.y - 54) for seed in seeds]
    assert left == tuple(s for s, far in zip(seeds, apart, strict=True) if far > TAKEN_RADIUS)


def test_seeds_stay_where_nothing_else_would_speak_for_the_object() -> None:
    seeds, mask = [Click(45, 30, 1), Click(2, 2, 0)], box(5, 5, 80, 50)
    assert uncontradicted(seeds, [Click(46, 30, 0)], mask) == tuple(seeds)


@pytest.mark.slow
def test_the_embedded_model_refines_a_mask_of_a_photograph() -> None:
    model = Session(samples.path("coffee.jpg"))
    cup = model.click(300, 150, model.add_object()) == 1
    sticker = np.zeros_like(cup)
    sticker[330:370, 500:560] = True
    assert cup.sum() > 10_000
    assert not (cup & sticker).any()

    session = Session.from_masks(samples.path("coffee.jpg"), [cup | sticker])
    np.testing.assert_array_equal(session.masks[0], cup | sticker)
    session.click(530, 350)
    assert not session.masks[0][350, 530]
    assert (session.masks[0] & sticker).sum() < 0.2 * sticker.sum()
    assert (session.masks[0] != (cup | sticker))[:250].sum() == 0
    session.undo()
    np.testing.assert_array_equal(session.masks[0], cup | sticker)
