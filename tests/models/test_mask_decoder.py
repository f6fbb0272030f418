"""Pixels learn the same from queries whether these are folded or not."""

from __future__ import annotations

import pytest
import torch

from dynamite_widget.models.mask_decoder import MaskDecoder
from dynamite_widget.models.positional_encoding import MapEncoding


@pytest.mark.parametrize("told", ["nothing", "pixels", "queries"])
@torch.inference_mode()
def test_folding_few_queries_changes_no_pixel(told: str) -> None:
    torch.manual_seed(0)
    height, width, channels, heads, queries = 6, 8, 32, 2, 5
    decoder = MaskDecoder(2, channels, heads, 64).eval()
    assert queries < decoder.head_width
    shapes = {"pixels": (1, heads, queries, height * width), "queries": (1, 1, queries, 1)}
    pixels = torch.randn(1, height * width, channels)
    position = MapEncoding.of(height, width, channels, pixels.device)
    content, places = torch.randn(2, 1, queries, channels)
    bias = torch.randn(shapes[told]) if told in shapes else None

    def decoded() -> torch.Tensor:
        return torch.cat(list(decoder(pixels, position, content, places, [bias, bias])), 1)

    folded = decoded()
    decoder.head_width = 0
    assert torch.allclose(folded, decoded(), atol=1e-5)
    assert not torch.allclose(folded, pixels, atol=0.1)
