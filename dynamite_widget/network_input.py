"""What a network is given: a photograph's pixels and a person's clicks, checked, as tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, ClickTensors
from dynamite_widget.models.dynamite import PAD_TO
from dynamite_widget.resizing import Resizing

MAX_OBJECT_ID = 65535
"""The largest number a label map can hold."""


def pixel_tensor(pixels: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Normalise, then pad with 0 on the right and at the bottom (spec A1).

    Args:
        pixels: (Hr, Wr, 3) uint8.
        mean: of each channel.
        std: of each channel.

    Returns:
        (1, 3, Hp, Wp) float32, where Hp and Wp are multiples of 32.
    """
    offset = torch.tensor(mean, dtype=torch.float32, device=pixels.device)
    scale = torch.tensor(std, dtype=torch.float32, device=pixels.device)
    normalised = (pixels.float() - offset) / scale
    height, width = pixels.shape[:2]
    return F.pad(normalised.permute(2, 0, 1)[None], (0, -width % PAD_TO, 0, -height % PAD_TO))


def check_clicks(clicks: Iterable[Click], size: tuple[int, int]) -> list[Click]:
    """Return the clicks as a list if all of them can stand in an image of (H, W).

    Raises:
        TypeError: if something is no click.
        ValueError: if a click lies outside the image or has an id that no label map can hold.
    """
    height, width = size
    checked = list(clicks)
    for number, click in enumerate(checked):
        if not isinstance(click, Click):
            raise TypeError(
                f"clicks[{number}] is {click!r}; give Click(x=..., y=..., object_id=...)"
            )
        finite = math.isfinite(click.x) and math.isfinite(click.y)
        if not (finite and 0 <= click.x < width and 0 <= click.y < height):
            raise ValueError(
                f"clicks[{number}] is at x={click.x}, y={click.y}; "
                f"in this image 0 <= x < {width} and 0 <= y < {height}"
            )
        whole = isinstance(click.object_id, (int, np.integer))
        if not (whole and 0 <= click.object_id <= MAX_OBJECT_ID):
            raise ValueError(
                f"clicks[{number}] has object_id {click.object_id!r}; "
                f"ids are integers from 1 to {MAX_OBJECT_ID}, and 0 is the background"
            )
    return checked


def objects_in_order(clicks: Sequence[Click]) -> list[int]:
    """Ids of the objects, without the background, in the order in which they were first clicked."""
    return [k for k in dict.fromkeys(click.object_id for click in clicks) if k != BACKGROUND]


def click_tensors(clicks: Sequence[Click], ids: Sequence[int], resizing: Resizing) -> ClickTensors:
    """Turn clicks into the network's own: resized pixels, and objects numbered as in `ids`.

    Args:
        clicks: in order of time.
        ids: object ids; the i-th becomes owner i.
        resizing: from the photograph to the network's input.
    """
    owner = {object_id: i for i, object_id in enumerate(ids)} | {BACKGROUND: BACKGROUND_OWNER}
    points = resizing.points([(click.y, click.x) for click in clicks])
    return ClickTensors(
        points=torch.from_numpy(points.astype(np.float32)),
        owner=torch.tensor([owner[click.object_id] for click in clicks]),
        time=torch.arange(len(clicks)),
    )
