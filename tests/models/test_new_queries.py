"""A click that takes the wrong thing does not flood the photograph, yet is heard where it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, ClickTensors, Groups
from dynamite_widget.models.new_queries import damp_new_queries
from dynamite_widget.models.previous_answer import PreviousAnswer

HEIGHT, WIDTH = 24, 32
CHAIR, LAMP = 0, 1


@pytest.fixture
def answered() -> PreviousAnswer:
    """The chair was found in the left quarter."""
    labels = torch.zeros(1, HEIGHT, WIDTH, dtype=torch.int64)
    labels[:, :, :8] = 1 + CHAIR
    return PreviousAnswer(labels, since=1)


def clicks_on(*made: tuple[int, int, int]) -> ClickTensors:
    """Of (owner, row, column) in cells."""
    points = torch.tensor([(float(y), float(x)) for _, y, x in made])
    owner = torch.tensor([owner for owner, _, _ in made])
    return ClickTensors(points, owner, torch.arange(len(made))).batched()


def damped(of_queries: Tensor, clicks: ClickTensors, previous: PreviousAnswer) -> Tensor:
    static = torch.zeros(1, 1, HEIGHT, WIDTH)
    everything = torch.cat((of_queries, static), 1)
    owner = torch.cat((clicks.owner, torch.tensor([[BACKGROUND_OWNER]])), 1)
    groups = Groups.of(owner, padding_is_background=False)
    logits = groups.maxima(everything)
    return damp_new_queries(logits, everything, groups, clicks, clicks.points, previous)


def chair_then_flood() -> Tensor:
    """The chair's first query says where it is; its second says: everywhere."""
    of_queries = torch.full((1, 2, HEIGHT, WIDTH), -4.0)
    of_queries[0, 0, :, :8] = 4.0
    of_queries[0, 1] = 3.0
    return of_queries


def test_a_click_at_the_border_is_heard_there_and_does_not_flood(answered: PreviousAnswer) -> None:
    clicks = clicks_on((CHAIR, 12, 3), (CHAIR, 12, 9))
    labels = damped(chair_then_flood(), clicks, answered)[0].argmax(0)
    assert (labels[10:15, :12] == 1).all()
    assert (labels[:, 20:] == 0).all()


def test_a_click_far_from_its_object_is_heard_far_around(answered: PreviousAnswer) -> None:
    clicks = clicks_on((CHAIR, 12, 3), (CHAIR, 12, 22))
    labels = damped(chair_then_flood(), clicks, answered)[0].argmax(0)
    assert (labels == 1).all()


def test_the_background_does_not_flood_either(answered: PreviousAnswer) -> None:
    of_queries = chair_then_flood()
    of_queries[0, 1] = 6.0
    clicks = clicks_on((CHAIR, 12, 3), (BACKGROUND_OWNER, 1, 7))
    labels = damped(of_queries, clicks, answered)[0].argmax(0)
    assert labels[1, 7] == 0
    assert (labels[12:, :8] == 1).all()


def test_new_objects_are_heard_in_full(answered: PreviousAnswer) -> None:
    clicks = clicks_on((CHAIR, 12, 3), (LAMP, 12, 28))
    of_queries = chair_then_flood()
    logits = damped(of_queries, clicks, answered)
    assert torch.equal(logits[:, 1 + LAMP], of_queries[:, 1])
    assert torch.equal(logits[:, 1 + CHAIR], of_queries[:, 0])


def test_whoever_does_not_hear_of_the_answer_is_heard_in_full(answered: PreviousAnswer) -> None:
    clicks = clicks_on((CHAIR, 12, 3), (CHAIR, 12, 9))
    untold = replace(answered, told=torch.tensor([[False]]))
    assert torch.equal(damped(chair_then_flood(), clicks, untold)[:, 1], chair_then_flood().amax(1))


def test_without_new_clicks_nothing_changes(answered: PreviousAnswer) -> None:
    clicks = clicks_on((CHAIR, 12, 3), (CHAIR, 12, 9))
    later = replace(answered, since=2)
    assert torch.equal(damped(chair_then_flood(), clicks, later)[:, 1], chair_then_flood().amax(1))


def test_what_was_damped_can_be_learned_from(answered: PreviousAnswer) -> None:
    clicks = clicks_on((CHAIR, 12, 3), (LAMP, 12, 28))
    of_queries = chair_then_flood().requires_grad_()
    damped(of_queries, clicks, answered).clamp(min=-50).sum().backward()
    assert of_queries.grad is not None
    assert of_queries.grad.isfinite().all()
