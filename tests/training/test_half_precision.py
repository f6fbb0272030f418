"""Training in bfloat16 on a CPU: depthwise convolutions keep their gradients exact."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dynamite_widget.models.backbones.timm_features import TimmFeatures
from dynamite_widget.models.checkpoint import load_network
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import find_model
from dynamite_widget.training.half_precision import computing_in_half, depthwise_in_full
from dynamite_widget.training.loop import Machine, train
from dynamite_widget.training.photographs import Photograph
from tests.training.conftest import SMALL

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


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"dilation": 2}, {"bias": True}])
def test_in_half_precision_the_answer_is_rounded_and_the_gradient_is_not(
    options: dict[str, Any],
) -> None:
    torch.manual_seed(0)
    usual = nn.Sequential(nn.Conv2d(16, 32, 5, groups=16, padding=2, **({"bias": False} | options)))
    ours = copy.deepcopy(usual)
    depthwise_in_full(ours)
    x = torch.randn(2, 16, 21, 21)
    exact = usual(x)
    with computing_in_half(CPU, half=True):
        answer = ours(x)
    assert not torch.equal(answer.float(), exact)
    torch.testing.assert_close(answer.float(), exact, rtol=0.05, atol=0.05)
    # Whole numbers stay as they are in bfloat16, so that only the convolution's own rounding shows.
    upstream = torch.randint(-2, 3, exact.shape).float()
    (answer.float() * upstream).sum().backward()
    (exact * upstream).sum().backward()
    for mine, theirs in zip(ours.parameters(), usual.parameters(), strict=True):
        assert mine.grad is not None
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_a_run_in_half_precision_leaves_weights_that_are_used_as_ever(
    photographs: list[Photograph], tmp_path: Path
) -> None:
    out, record = tmp_path / "half.safetensors", find_model("dynamite-lite")
    torch.manual_seed(0)
    network = DynaMITe(LITE)
    before = copy.deepcopy(network.state_dict())
    train(network, record, photographs, SMALL, Machine(bfloat16=True), out, lambda progress: None)
    written, _ = load_network("dynamite-lite", out)
    learned = network.backbone.network.blocks[2][0].conv_dw.weight
    assert not torch.equal(learned, before["backbone.network.blocks.2.0.conv_dw.weight"])
    assert all(p.isfinite().all() for p in written.parameters())
    assert written.encode(torch.randn(1, 3, 64, 64)).refiner is not None
