"""Sine codes of places and times: of every pixel of a map and of clicks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from dynamite_widget.models.config import ClickEncoding

_TEMPERATURE = 10000.0
_TIME_HORIZON = 500
"""Time steps are measured against this many clicks, or more where an image has more."""
_WITHOUT_DOUBLES = ("mps",)
"""Kinds of devices that have no float64."""


def _sine_code(values: Tensor, features: int) -> Tensor:
    """Interleave sines and cosines of (...) values at many wave lengths: (..., features)."""
    index = torch.arange(features, dtype=torch.float32, device=values.device)
    wave = _TEMPERATURE ** (2 * torch.div(index, 2, rounding_mode="floor") / features)
    angles = values[..., None] / wave
    return torch.stack((angles[..., 0::2].sin(), angles[..., 1::2].cos()), dim=-1).flatten(-2)


@dataclass(frozen=True)
class MapEncoding:
    """Code of each pixel of a map, kept as the codes of its rows and of its columns.

    Rows and columns count from 1 and are scaled to 2 pi (Mask2Former's normalised sine encoding).

    Attributes:
        rows: (height, channels / 2).
        columns: (width, channels / 2).
    """

    rows: Tensor
    columns: Tensor

    @classmethod
    def of(cls, height: int, width: int, channels: int, device: torch.device) -> MapEncoding:
        """Encode a map of the given size."""

        def line(length: int) -> Tensor:
            count = torch.arange(1, length + 1, dtype=torch.float32, device=device)
            return _sine_code(count / (length + 1e-6) * (2 * math.pi), channels // 2)

        return cls(line(height), line(width))

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return len(self.columns)

    def of_rows(self, rows: slice) -> Tensor:
        """Codes of all pixels of some rows, row by row: (pixels, channels)."""
        chosen = self.rows[rows]
        pair = (
            chosen[:, None].expand(-1, self.width, -1),
            self.columns[None].expand(len(chosen), -1, -1),
        )
        return torch.cat(pair, dim=-1).flatten(0, 1)

    def bands(self, at_once: int) -> Iterator[slice]:
        """All rows, some at a time."""
        for start in range(0, len(self.rows), at_once):
            yield slice(start, min(start + at_once, len(self.rows)))


def map_encoding(height: int, width: int, channels: int, device: torch.device) -> Tensor:
    """Code of each pixel of a map, row by row: (height * width, channels)."""
    return MapEncoding.of(height, width, channels, device).of_rows(slice(None))


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
    dtype = torch.float32 if points.device.type in _WITHOUT_DOUBLES else torch.float64
    exact, when = points.to(dtype), times.to(dtype)
    if max_time is not None:
        horizon = max_time.to(dtype).clamp(min=_TIME_HORIZON)[:, None]
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
