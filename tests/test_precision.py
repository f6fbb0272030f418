"""Less precision is asked for, never taken; and it moves borders only."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import dynamite_widget as dw
from dynamite_widget import samples
from dynamite_widget.images import to_rgb
from dynamite_widget.models.precision import Precision
from dynamite_widget.resizing import Resizing

CLICKS = [dw.Click(x=200, y=130, object_id=1), dw.Click(x=20, y=20)]


def photograph() -> np.ndarray:
    image = to_rgb(samples.path("coffee.jpg"))
    return Resizing(image.shape[:2], (240, 360)).image(image)


def label_map(precision: str) -> np.ndarray:
    segmenter = dw.Segmenter.load(device="cpu", short_side=None, precision=precision)
    features = segmenter.encode(photograph())
    assert features.network.transformer.mask_features.dtype in (
        torch.float32,
        getattr(torch, precision),
    )
    return segmenter.segment(features, CLICKS)


@pytest.mark.parametrize(("precision", "moved"), [("bfloat16", 0.05), ("float16", 0.01)])
def test_half_precision_moves_only_borders(precision: str, moved: float) -> None:
    """Of a number, bfloat16 keeps 8 bits and float16 11."""
    exact = label_map("float32")
    assert 0.01 < (exact == 1).mean() < 0.99
    assert (label_map(precision) != exact).mean() < moved


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_answers_click_after_click(precision: Precision) -> None:
    """Clicks that others take, corrections, a new object, small ones in windows, going on."""
    segmenter = dw.Segmenter.load(device="cpu", precision=precision)
    features = segmenter.encode(photograph())
    height, width = features.size
    places = np.random.default_rng(0).random((12, 2)) * (width, height)
    clicks: list[dw.Click] = []
    answered = None
    for time, (x, y) in enumerate(places):
        clicks.append(dw.Click(x=x, y=y, object_id=(time + 1) % 4))
        answered = dw.Answered(segmenter.segment(features, clicks, answered), len(clicks))
        assert set(np.unique(answered.label_map)) <= {0, *(c.object_id for c in clicks)}


def test_an_unknown_precision_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'float8'; choose one of float32, float16, bfloat16"):
        dw.Segmenter.load(precision="float8")  # type: ignore[arg-type]
