"""In which precision a network computes: float32, or less where a device is faster with it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, get_args

import torch

Precision = Literal["float32", "float16", "bfloat16"]


def check_precision(precision: str) -> Precision:
    """Return a precision that exists.

    Raises:
        ValueError: if it does not.
    """
    for known in get_args(Precision):
        if precision == known:
            return known
    raise ValueError(f"precision is {precision!r}; choose one of {', '.join(get_args(Precision))}")


def computing_in(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Let matrix products and convolutions run in `precision`; float32 changes nothing."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, precision))
