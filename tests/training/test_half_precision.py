"""Training in bfloat16 on a CPU: depthwise convolutions keep their gradients exact."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from dynamite_widget.models.backbones.timm_features import TimmFeatures
from dynamite_widget.training.half_precision import computing_in_half, depthwise_in_full

CPU = torch.device("cpu")


@pytest.mark.parametrize("size", [(33, 40), (32, 47)])
def test_without_half_precision_nothing_changes(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    usual = TimmFeatures("tf_efficientnet_lite0").eval()
    ours = copy.deepcopy(usual)
    depthwise_in_full(ours)
    x = torch.randn(1, 3, *size)
    for mine, theirs in zip(ours(x), usual(x), strict=True):
        torch.testing.assert_close(mine, theirs)
    ours(x)[3].square().sum().backward()
    usual(x)[3].square().sum().backward()
    for (name, mine), theirs in zip(ours.named_parameters(), usual.parameters(), strict=True):
        assert mine.grad is not None, name
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-3, atol=1e-3)


def test_in_half_precision_gradients_are_those_of_float32_within_rounding() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(16, 16, 5, 2, 2, groups=16, bias=True))
    exact = copy.deepcopy(network)
    depthwise_in_full(network)
    x = torch.randn(2, 16, 21, 21)
    with computing_in_half(CPU, half=True):
        answer = network(x)
    assert answer.dtype == torch.bfloat16 or answer.dtype == torch.float32
    answer.float().square().mean().backward()
    exact(x).square().mean().backward()
    for mine, theirs in zip(network.parameters(), exact.parameters(), strict=True):
        assert mine.grad is not None
        assert theirs.grad is not None
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=0.05, atol=1e-3)
