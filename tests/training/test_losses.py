"""The losses reward the truth, and only where it is known."""

from __future__ import annotations

import torch

from dynamite_widget.training.losses import choose_points, exclusive_loss, independent_loss


def truth_and_logits(strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.zeros(2, 64, 64, dtype=torch.int16)
    labels[:, 16:48, 16:32] = 1
    labels[0, 16:48, 32:56] = 2
    cells = labels[:, 2::4, 2::4].long()
    one_hot = torch.nn.functional.one_hot(cells, 3).permute(0, 3, 1, 2).float()
    logits = (2 * one_hot - 1) * strength
    logits[1, 2] = float("-inf")  # the second image has one object only
    return labels, logits


def test_the_truth_costs_little_and_its_opposite_much() -> None:
    torch.manual_seed(0)
    labels, right = truth_and_logits(12.0)
    points = choose_points(right, labels, 512)
    for loss in (exclusive_loss, independent_loss):
        good, bad = loss(right, points), loss(torch.where(right.isinf(), right, -right), points)
        assert torch.isfinite(good)
        assert torch.isfinite(bad)
        # Cells are four pixels wide: at their borders even the right logits are not certain.
        assert good < 0.35 < 1.5 < bad


def test_ignored_pixels_cost_nothing() -> None:
    torch.manual_seed(0)
    labels, logits = truth_and_logits(12.0)
    labels[:, :, 32:] = -1
    points = choose_points(logits, labels, 512)
    wrong = logits.clone()
    wrong[:, :2, :, 12:] = -wrong[:, :2, :, 12:]  # far inside what is ignored
    assert torch.allclose(exclusive_loss(logits, points), exclusive_loss(wrong, points))


def test_an_object_that_is_not_there_gives_no_gradient() -> None:
    labels, logits = truth_and_logits(1.0)
    logits = logits.requires_grad_()
    points = choose_points(logits, labels, 256)
    exclusive_loss(logits, points).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[1, 2] == 0).all()
