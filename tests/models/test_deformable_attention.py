"""Deformable attention by sparse sums is deformable attention by grid sampling."""

from __future__ import annotations

import torch
from torch import Tensor

from dynamite_widget.models.deformable_attention import DeformableAttention, Pyramid
from tests.reference.pixel_decoder import deformable_attention

SIZES = [(2, 3), (5, 6), (9, 12)]
TOKENS = sum(height * width for height, width in SIZES)


def attention(reach: float) -> DeformableAttention:
    """Attention whose places lie up to about `reach` pixels away."""
    torch.manual_seed(0)
    module = DeformableAttention(256, 8)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape) / 16)
        module.sampling_offsets.bias.copy_(reach * torch.randn(192))
    return module


def plainly(module: DeformableAttention, queries: Tensor, values: Tensor) -> Tensor:
    weights = {f"m.{name}": value for name, value in module.named_parameters()}
    return deformable_attention(weights, "m", queries[None], values[None], SIZES)[0]


def by_parts(module: DeformableAttention, queries: Tensor, values: Tensor, step: int) -> Tensor:
    pyramid = Pyramid.of(SIZES, torch.device("cpu"))
    table = module.remember(values, pyramid)
    parts = [slice(start, start + step) for start in range(0, TOKENS, step)]
    return torch.cat([module(queries[part], part, table, pyramid) for part in parts])


def inputs() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(2, TOKENS, 256, generator=generator))  # type: ignore[return-value]


def test_places_inside_at_the_border_and_far_outside_are_sampled_alike() -> None:
    queries, values = inputs()
    for reach in (0.5, 3.0, 40.0):
        module = attention(reach)
        made, plain = by_parts(module, queries, values, 17), plainly(module, queries, values)
        torch.testing.assert_close(made, plain, rtol=1e-5, atol=1e-5)


def test_parts_of_any_length_give_the_same_answer() -> None:
    queries, values = inputs()
    module = attention(3.0)
    whole = by_parts(module, queries, values, TOKENS)
    torch.testing.assert_close(by_parts(module, queries, values, 1), whole, rtol=1e-5, atol=1e-6)


def test_it_learns_as_grid_sampling_does() -> None:
    queries, values = inputs()
    module = attention(2.0)
    gradients = []
    for way in (plainly, lambda *given: by_parts(*given, 50)):
        module.zero_grad()
        leaves = queries.clone().requires_grad_(), values.clone().requires_grad_()
        way(module, *leaves).square().sum().backward()
        gradients.append([leaf.grad for leaf in (*leaves, *module.parameters())])
    for made, plain in zip(*gradients, strict=True):
        torch.testing.assert_close(made, plain, rtol=1e-3, atol=1e-3)


def test_heads_start_by_looking_in_different_directions() -> None:
    module = DeformableAttention(256, 8)
    offsets = module.sampling_offsets.bias.detach().view(8, 3, 4, 2)
    assert len({tuple(o) for o in offsets[:, 0, 0].tolist()}) == 8
    reach = offsets[:, 0].abs().amax(-1)
    torch.testing.assert_close(reach, torch.arange(1.0, 5.0).expand(8, -1))
