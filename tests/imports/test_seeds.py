"""Seeds stand for an imported mask: clicks by which the model reproduces it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dynamite_widget import samples
from dynamite_widget.clicks import Click
from dynamite_widget.seeding import GOOD_IOU, MOST_ROUNDS, find_seeds
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
