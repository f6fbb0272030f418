"""The network also answers on the image at half its size, and each query weighs both answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe, doubled, halved
from dynamite_widget.models.interactive_transformer import sample

SIDES = st.integers(1, 6).map(lambda n: 32 * n)


def clicks_at(*points: tuple[float, float]) -> ClickTensors:
    """A click on one object each."""
    order = torch.arange(len(points))
    return ClickTensors(torch.tensor(points), order, order)


def ramp(height: int, width: int) -> Tensor:
    """(1, 2, H, W) in which each cell holds its own y and x."""
    rows, columns = torch.arange(float(height)), torch.arange(float(width))
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"))[None]


@given(SIDES, SIDES, st.data())
def test_a_click_stays_on_its_pixel_at_half_the_size(
    height: int, width: int, data: st.DataObject
) -> None:
    y = data.draw(st.floats(0.5, height - 1.5))
    x = data.draw(st.floats(0.5, width - 1.5))
    small = halved(ramp(height, width))
    assert all(side % 32 == 0 for side in small.shape[-2:])
    place = clicks_at((y, x)).halved().points[None]
    # `sample` takes the upper left corner of a pixel for its place, as the published code does.
    found = sample(small, place + 0.5, (small.shape[-2], small.shape[-1]))
    assert torch.allclose(found, torch.tensor([[[y, x]]]), atol=1e-3)


@given(SIDES, SIDES)
def test_an_answer_at_half_the_size_lies_over_the_whole(height: int, width: int) -> None:
    whole = ramp(height // 4, width // 4)
    small = (ramp(-(-height // 64) * 8, -(-width // 64) * 8) + 0.5) * 2 - 0.5
    large = doubled(small, whole)
    assert large.shape == whole.shape
    last = (slice(None), slice(None), slice(1, -1), slice(1, -1))
    assert torch.allclose(large[last], whole[last], atol=1e-4)


@pytest.fixture(scope="module")
def network() -> DynaMITe:
    """Weights of chance."""
    torch.manual_seed(0)
    return DynaMITe(LITE).eval()


@torch.inference_mode()
def test_each_query_chooses_between_both_answers(network: DynaMITe) -> None:
    clicks = clicks_at((20.0, 30.0), (70.0, 100.0))
    features = network.encode(torch.randn(1, 3, 96, 160))
    assert features.half_size is not None
    whole = network.predict(replace(features, half_size=None), clicks).logits

    def logits(bias: float) -> Tensor:
        network.half_size_share.bias.fill_(bias)
        return network.predict(features, clicks).logits

    only_whole, both, only_half = logits(-40.0), logits(0.0), logits(40.0)
    assert torch.allclose(only_whole, whole, atol=1e-5)
    assert not torch.allclose(only_half, whole, atol=0.01)
    assert torch.allclose(both, (only_whole + only_half) / 2, atol=1e-4)


@torch.inference_mode()
def test_the_choice_may_come_in_half_precision_as_on_a_gpu(network: DynaMITe) -> None:
    clicks, features = clicks_at((20.0, 30.0)), network.encode(torch.randn(1, 3, 64, 96))
    exact = network.predict(features, clicks).logits
    rounded = network.half_size_share.register_forward_hook(lambda *given: given[2].bfloat16())
    try:
        logits = network.predict(features, clicks).logits
    finally:
        rounded.remove()
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, exact, atol=0.05)


@torch.inference_mode()
def test_a_network_may_look_once() -> None:
    network = DynaMITe(replace(LITE, half_size=False)).eval()
    features = network.encode(torch.randn(1, 3, 64, 64))
    assert features.half_size is None
    assert not hasattr(network, "half_size_share")
