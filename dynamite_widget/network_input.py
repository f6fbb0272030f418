"""What a network is given: a photograph's pixels and a person's clicks, checked, as tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, ClickTensors
from dynamite_widget.models.dynamite import PAD_TO, STRIDE
from dynamite_widget.models.previous_answer import PreviousAnswer
from dynamite_widget.resizing import Resizing
from dynamite_widget.segmenting import Answered

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


def previous_answer(
    answered: Answered | None, clicks: int, ids: Sequence[int], resizing: Resizing
) -> PreviousAnswer | None:
    """Turn an earlier answer into the network's own: labels of its cells, objects as in `ids`.

    Args:
        answered: the earlier answer, if there is one.
        clicks: how many there are now.
        ids: object ids; label i + 1 is the i-th one's.
        resizing: from the photograph to the network's input.

    Raises:
        TypeError: if the answer is no `Answered`, or its label map no array.
        ValueError: if it is of another size than the photograph, or of more clicks.
    """
    if answered is None:
        return None
    if not isinstance(answered, Answered):
        raise TypeError(f"previous is {type(answered).__name__}; give Answered(label_map, clicks)")
    label_map = answered.label_map
    if not isinstance(label_map, np.ndarray):
        raise TypeError(f"the previous label map is {type(label_map).__name__}; give a numpy array")
    if label_map.shape != resizing.original or label_map.dtype.kind not in "iu":
        raise ValueError(
            f"the previous label map is {label_map.dtype} {label_map.shape}; "
            f"this image needs whole numbers of shape {resizing.original}"
        )
    if not 0 <= answered.clicks <= clicks:
        raise ValueError(
            f"the previous answer was to {answered.clicks} clicks, but only {clicks} are given"
        )
    rows, columns = (
        _pixels_of_cells(*sides) for sides in zip(resizing.original, resizing.resized, strict=True)
    )
    seen = label_map[rows[:, None], columns]
    labels = np.zeros(seen.shape, np.int64)
    for i, object_id in enumerate(ids):
        labels[seen == object_id] = i + 1
    return PreviousAnswer(torch.from_numpy(labels)[None], since=answered.clicks)


def _pixels_of_cells(original: int, resized: int) -> NDArray[np.int64]:
    """Rows or columns of the photograph that lie at the middles of the network's cells."""
    cells = -(-resized // PAD_TO) * (PAD_TO // STRIDE)
    middles = (np.arange(cells) + 0.5) * STRIDE * original / resized
    return np.minimum(middles.astype(np.int64), original - 1)
