"""A click is won by whom it was made for, and its neighbourhood with it; nobody loses his own."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, PADDING_OWNER, ClickTensors
from dynamite_widget.models.held_clicks import and_beside, hold_clicks

STRIDE = 4
MUG, PLATE = 0, 1
HEIGHT, WIDTH = 24, 32

Made = tuple[int, int, int]
"""Owner, row and column of a click in the middle of a cell."""


def clicks_on(*made: Made) -> ClickTensors:
    points = torch.tensor([(4.0 * y + 1.5, 4.0 * x + 1.5) for _, y, x in made])
    owner = torch.tensor([owner for owner, _, _ in made])
    return ClickTensors(points, owner, torch.arange(len(made)))


def labels(logits: Tensor) -> Tensor:
    return logits[0].argmax(0)


def mug_everywhere() -> Tensor:
    logits = torch.zeros(1, 3, HEIGHT, WIDTH)
    logits[0, 1 + MUG] = 3.0
    return logits


def test_a_click_on_what_another_took_gets_its_neighbourhood_but_not_the_whole_object() -> None:
    clicks = clicks_on((MUG, 12, 5), (BACKGROUND_OWNER, 12, 28))
    held = labels(hold_clicks(mug_everywhere(), clicks, STRIDE))
    assert (held[9:16, 25:] == 0).all()
    assert (held[:, :10] == 1 + MUG).all()


def test_an_answer_that_holds_every_click_stays_as_it_is() -> None:
    logits = mug_everywhere()
    logits[0, 0, :, 20:] = 9.0
    assert (
        hold_clicks(logits, clicks_on((MUG, 12, 5), (BACKGROUND_OWNER, 12, 28)), STRIDE) is logits
    )


def test_whoever_was_not_looked_for_somewhere_is_not_there_afterwards_either() -> None:
    logits = mug_everywhere()
    logits[0, 1 + PLATE, :, 16:] = float("-inf")
    logits[0, 1 + MUG, :8] = float("-inf")
    held = hold_clicks(logits, clicks_on((MUG, 12, 20), (PLATE, 12, 4)), STRIDE)
    assert not held.isnan().any()
    assert labels(held)[12, 4] == 1 + PLATE
    assert (held == float("-inf")).equal(logits == float("-inf"))


def small_mug() -> Tensor:
    logits = mug_everywhere()
    logits[0, 0] = 6.0
    logits[0, 0, 8:16, 8:16] = 0.0
    return logits


def test_a_click_at_a_border_of_a_refined_answer_leaves_the_rest_of_a_small_object() -> None:
    clicks = clicks_on((MUG, 12, 12), (BACKGROUND_OWNER, 8, 12))
    held = labels(hold_clicks(small_mug(), clicks, STRIDE, refined=True))
    assert held[8, 12] == 0
    assert (held[10:16, 8:16] == 1 + MUG).all()
    before_refining = labels(hold_clicks(small_mug(), clicks, STRIDE))
    assert (before_refining == 1 + MUG).sum() < 0.8 * (held == 1 + MUG).sum()


def test_a_click_deep_in_a_refined_answer_gets_more_than_a_dot() -> None:
    wide = small_mug()
    wide[0, 0, :, 8:] = 0.0
    clicks = clicks_on((MUG, 12, 28), (BACKGROUND_OWNER, 12, 16))
    held = labels(hold_clicks(wide, clicks, STRIDE, refined=True))
    assert (held[8:17, 13:20] == 0).all()
    assert (held[:, 25:] == 1 + MUG).all()


def test_each_image_of_a_batch_holds_its_own_clicks() -> None:
    one, other = clicks_on((MUG, 12, 5), (BACKGROUND_OWNER, 12, 28)), clicks_on((PLATE, 3, 3))
    padded = ClickTensors(
        torch.stack((one.points, other.points.repeat(2, 1))),
        torch.stack((one.owner, torch.tensor([PLATE, PADDING_OWNER]))),
        torch.arange(2).expand(2, 2),
    )
    logits = mug_everywhere().repeat(2, 1, 1, 1)
    held = hold_clicks(logits, padded, STRIDE)
    torch.testing.assert_close(held[:1], hold_clicks(logits[:1], one, STRIDE))
    torch.testing.assert_close(held[1:], hold_clicks(logits[1:], other, STRIDE))
    assert not torch.equal(held[0], held[1])


def test_a_click_close_to_the_next_cell_holds_that_one_as_well() -> None:
    points = torch.tensor([(49.0, 21.5), (9.0, 11.0)])  # rows 11.9, 1.9; columns 5, 2.4
    clicks = ClickTensors(points, torch.tensor([MUG, PLATE]), torch.arange(2))
    held = and_beside(clicks, STRIDE)
    cells = {tuple(cell) for cell in ((held.points + 0.5) / STRIDE - 0.5).tolist()}
    assert cells == {(12.0, 5.0), (2.0, 2.0), (2.0, 3.0)}
    assert held.owner.tolist() == [MUG, PLATE, PLATE]


def test_a_cell_between_two_is_left_to_the_one_clicked_in_it() -> None:
    points = torch.tensor([(9.5, 11.0), (9.5, 14.0)])  # columns 2.4 and 3.1
    clicks = ClickTensors(points, torch.tensor([MUG, PLATE]), torch.arange(2))
    held = and_beside(clicks, STRIDE)
    assert held.owner.tolist() == [MUG, PLATE]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(-1, 1), st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)),
        min_size=1,
        max_size=12,
        unique_by=lambda made: made[1:],
    ),
    st.integers(0, 2**31),
)
def test_every_clicked_cell_carries_its_click(made: list[Made], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(1, 3, HEIGHT, WIDTH, generator=generator)
    clicks = clicks_on(*made)
    for refined in (False, True):
        held = hold_clicks(logits, clicks, STRIDE, refined=refined)
        for owner, y, x in made:
            assert labels(held)[y, x] == 1 + owner
        again = hold_clicks(logits, clicks.batched(), STRIDE, refined=refined)
        torch.testing.assert_close(again, held)
