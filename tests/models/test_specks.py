"""A wrong guess leaves specks behind; they go, but never where somebody clicked."""

from __future__ import annotations

import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.specks import without_specks

STRIDE = 4
MUG, PLATE = 0, 1


def clicks_on(*cells: tuple[int, int, int]) -> ClickTensors:
    """A click in the middle of each cell: owner, row and column."""
    points = torch.tensor([(4.0 * y + 1.5, 4.0 * x + 1.5) for _, y, x in cells])
    owner = torch.tensor([owner for owner, _, _ in cells])
    return ClickTensors(points, owner, torch.arange(len(cells)))


def scene() -> Tensor:
    """A mug of 100 cells with a speck of 4, and a plate all around, better than background."""
    logits = torch.zeros(1, 3, 40, 60)
    logits[0, 1 + PLATE] = 1.0
    logits[0, 1 + MUG, 10:20, 10:20] = 5.0
    logits[0, 1 + MUG, 30:32, 50:52] = 5.0
    return logits


def labels(logits: Tensor) -> Tensor:
    return logits[0].argmax(0)


def test_a_speck_goes_to_the_next_best() -> None:
    cleaned = labels(without_specks(scene(), clicks_on((MUG, 15, 15), (PLATE, 3, 3)), STRIDE))
    assert (cleaned[10:20, 10:20] == 1 + MUG).all()
    assert (cleaned == 1 + MUG).sum() == 100
    assert (cleaned[30:32, 50:52] == 1 + PLATE).all()


def test_what_was_clicked_stays_however_small() -> None:
    before = scene()
    after = without_specks(before, clicks_on((MUG, 15, 15), (MUG, 31, 51)), STRIDE)
    assert torch.equal(after, before)


def test_a_click_on_something_else_does_not_keep_it() -> None:
    clicks = clicks_on((MUG, 15, 15), (PLATE, 31, 51), (-1, 30, 50))
    assert (labels(without_specks(scene(), clicks, STRIDE)) == 1 + MUG).sum() == 100


def test_an_object_behind_a_post_keeps_both_halves() -> None:
    logits = scene()
    logits[0, 1 + MUG, 10:20, 15] = -5.0
    cleaned = labels(without_specks(logits, clicks_on((MUG, 15, 11)), STRIDE))
    assert (cleaned == 1 + MUG).sum() == 90


def test_no_object_may_win_anywhere() -> None:
    nothing = torch.zeros(1, 2, 8, 8)
    nothing[0, 1] = -1.0
    assert torch.equal(without_specks(nothing, clicks_on((MUG, 4, 4)), STRIDE), nothing)


def test_a_click_at_the_very_edge_counts() -> None:
    logits = torch.zeros(1, 2, 40, 60)
    logits[0, 1, :20] = 5.0
    logits[0, 1, 39, 59] = 5.0
    edge = ClickTensors(
        torch.tensor([[2.0, 2.0], [159.4, 239.4]]), torch.zeros(2).long(), torch.arange(2)
    )
    assert torch.equal(without_specks(logits, edge, STRIDE), logits)
