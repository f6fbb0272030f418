"""Sine codes of places and times: of every pixel of a map and of clicks."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dynamite_widget.models.config import ClickEncoding

_TEMPERATURE = 10000.0
_TIME_HORIZON = 500
"""Time steps are measured against this many clicks, or more where an image has more."""


def _sine_code(values: Tensor, features: int) -> Tensor:
    """Interleave sines and cosines of `values` (...) at `features` wave lengths: (..., features)."""
    index = torch.arange(features, dtype=torch.float32, device=values.device)
    wave = _TEMPERATURE ** (2 * torch.div(index, 2, rounding_mode="floor") / features)
    angles = values[..., None] / wave
    return torch.stack((angles[..., 0::2].sin(), angles[..., 1::2].cos()), dim=-1).flatten(-2)


def map_encoding(height: int, width: int, channels: int, device: torch.device) -> Tensor:
    """Code of each pixel of a map, rows then columns: (height * width, channels).

    Rows and columns count from 1 and are scaled to 2 pi (Mask2Former's normalised sine encoding).
    """
    features = channels // 2
    rows = torch.arange(1, height + 1, dtype=torch.float32, device=device)
    columns = torch.arange(1, width + 1, dtype=torch.float32, device=device)
    y = _sine_code(rows / (height + 1e-6) * (2 * math.pi), features)
    x = _sine_code(columns / (width + 1e-6) * (2 * math.pi), features)
    grid = torch.cat(
        (y[:, None].expand(-1, width, -1), x[None].expand(height, -1, -1)),
        dim=-1,
    )
    return grid.reshape(height * width, 2 * features)


def click_encoding_width(kind: ClickEncoding, channels: int) -> int:
    """Length of a click's code for maps of `channels` channels."""
    return {"spatio_temporal": 3 * channels // 2, "none": 0}.get(kind, channels)


def encode_clicks(
    points: Tensor,
    times: Tensor,
    size: tuple[int, int],
    max_time: Tensor | None,
    kind: ClickEncoding,
    channels: int,
) -> Tensor:
    """Code of each click's place and time (spec A6; Rana et al., ICCV 2023, sec. 3.2).

    Args:
        points: (B, Q, 2) of y, x in pixels of the padded network input.
        times: (B, Q) time steps.
        size: padded network input, height and width.
        max_time: (B,) newest time step of each image; None leaves times as they are.
        kind: which parts enter.
        channels: channels of the maps the queries look at.

    Returns:
        (B, Q, click_encoding_width(kind, channels)).
    """
    half = channels // 2
    # Doubles, as the published code divides in Python before it makes tensors.
    exact, when = points.double(), times.double()
    if max_time is not None:
        horizon = max_time.double().clamp(min=_TIME_HORIZON)[:, None]
        when = when / horizon
    turn = 2 * math.pi
    y = (exact[..., 0] / size[0] * turn).float()
    x = (exact[..., 1] / size[1] * turn).float()
    t = (when * turn).float()
    if kind == "temporal":
        return _sine_code(t, channels)
    parts = [_sine_code(y, half), _sine_code(x, half)]
    if kind == "spatio_temporal":
        parts.append(_sine_code(t, half))
    return torch.cat(parts, dim=-1)
