"""Borders follow the photograph's colours between the network's cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.models.colour_guide import ColourGuide
from dynamite_widget.models.upsampling import label_pixels

STRIDE = 4


def photograph(edge: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Dark on the left of a column, bright on the right."""
    pixels = np.full((height, width, 3), 60, np.uint8)
    pixels[:, edge:] = (200, 180, 160)
    return pixels


def guide_of(pixels: np.ndarray) -> ColourGuide:
    return ColourGuide.of(pixels, torch.from_numpy(pixels), STRIDE)


def right_of(border: float, height: int = 24, width: int = 32) -> torch.Tensor:
    """Logits of a background and of an object whose border lies at a place in cells."""
    columns = torch.arange(float(width)) + 0.5
    logits = torch.zeros(2, height, width)
    logits[1] = (columns - border).clamp(-2, 2)
    return logits


@pytest.mark.parametrize("edge", [61, 62, 63, 65, 66, 67])
def test_a_border_moves_to_the_edge_that_is_seen(edge: int) -> None:
    size = (96, 128)
    plain = label_pixels(right_of(16.0), size, size)
    guided = label_pixels(right_of(16.0), size, size, STRIDE, guide_of(photograph(edge)))
    truth = torch.arange(128).expand(96, -1) >= edge
    wrong_plain, wrong = ((labels == 1) != truth for labels in (plain, guided))
    assert wrong.sum() < wrong_plain.sum()


@given(st.integers(0, 255), st.floats(13.0, 19.0))
def test_where_all_is_of_one_colour_a_border_stays(grey: int, border: float) -> None:
    size, logits = (96, 128), right_of(border)
    pixels = np.full((*size, 3), grey, np.uint8)
    plain = label_pixels(logits, size, size)
    guided = label_pixels(logits, size, size, STRIDE, guide_of(pixels))
    middle = (plain != guided).float().mean(0)
    assert (middle > 0).sum() <= 1  # a pixel on the border itself may round to either side


def test_what_one_object_wins_all_around_stays_its_own() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    size, logits = (96, 128), right_of(16.0)
    guided = label_pixels(logits, size, size, STRIDE, guide_of(noise))
    assert not guided[:, : 4 * 15 + 2].any()
    assert guided[:, 4 * 17 - 2 :].all()


def test_a_large_photograph_is_kept_smaller_and_still_guides() -> None:
    large = photograph(63).repeat(24, axis=0).repeat(24, axis=1)  # 3072 pixels wide
    resized = torch.from_numpy(photograph(63))
    guide = ColourGuide.of(large, resized, STRIDE)
    assert max(guide.photograph.shape) <= 2048
    size = large.shape[:2]
    truth = torch.arange(size[1]).expand(size) >= 63 * 24
    plain = label_pixels(right_of(16.0), (96, 128), size)
    guided = label_pixels(right_of(16.0), (96, 128), size, STRIDE, guide)
    assert ((guided == 1) != truth).sum() < ((plain == 1) != truth).sum() / 2


def test_padding_has_no_colour_and_takes_the_nearest() -> None:
    pixels = photograph(62, 90, 122)  # the network pads it to 96 x 128
    guide = ColourGuide.of(pixels, torch.from_numpy(pixels), STRIDE)
    assert guide.cells.shape == (3, 23, 31)
    guided = label_pixels(right_of(16.0), (90, 122), (90, 122), STRIDE, guide)
    assert guided.shape == (90, 122)
    assert guided[-1].any()


def test_a_guide_keeps_its_own_copy() -> None:
    pixels = photograph(63)
    guide = guide_of(pixels.copy())
    own = pixels.copy()
    kept = ColourGuide.of(own, torch.from_numpy(pixels), STRIDE)
    own[:] = 0
    assert torch.equal(kept.photograph, guide.photograph)
