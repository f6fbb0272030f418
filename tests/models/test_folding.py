"""Folding BatchNorm changes speed, not answers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.folding import fold_batch_norm


def with_lively_norms(network: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network.eval()


def test_a_folded_network_encodes_the_same() -> None:
    network = with_lively_norms(DynaMITe(LITE))
    pixels = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        before = network.encode(pixels)
        after = fold_batch_norm(network).encode(pixels)
    for a, b in zip(before.transformer.maps, after.transformer.maps, strict=True):
        assert torch.allclose(a, b, atol=1e-4 * float(a.abs().max()))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())


def test_a_network_in_training_is_not_folded() -> None:
    with pytest.raises(ValueError, match="eval"):
        fold_batch_norm(DynaMITe(LITE).train())
