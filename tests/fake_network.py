"""A network for tests: every pixel takes the object of the nearest click."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.previous_answer import PreviousAnswer


@dataclass(frozen=True)
class FakeRecord:
    """What the registry says of a model."""

    name: str = "nearest-click"
    mean: tuple[float, float, float] = (100.0, 110.0, 120.0)
    std: tuple[float, float, float] = (50.0, 60.0, 70.0)
    short_side: int | None = 64
    long_side: int | None = 96
    widest: float | None = None


@dataclass(frozen=True)
class FakeFeatures:
    """The input itself, said to lie on some device."""

    pixels: Tensor
    device: torch.device

    @property
    def nbytes(self) -> int:
        return self.pixels.nbytes

    def to(self, device: torch.device) -> FakeFeatures:
        return replace(self, device=device)


@dataclass
class Journal:
    """What happened to a network and to its copies."""

    encoded: list[Tensor]
    clicks: list[ClickTensors]
    devices: list[str]

    def __deepcopy__(self, memo: dict[int, object]) -> Journal:
        return self


class NearestClick(nn.Module):
    """Answers at once, unless `before`, called in every `encode` and `segment`, waits or raises."""

    def __init__(self, before: Callable[[str], None] = lambda verb: None) -> None:
        super().__init__()
        self.config = SimpleNamespace(colour_guide=False, refiner=None)
        self.before = before
        self.journal = Journal([], [], [])

    def encode(self, pixels: Tensor) -> FakeFeatures:
        assert not torch.is_grad_enabled()
        self.before("encode")
        self.journal.encoded.append(pixels)
        self.journal.devices.append(pixels.device.type)
        return FakeFeatures(pixels, pixels.device)

    def segment(
        self,
        features: FakeFeatures,
        clicks: ClickTensors,
        resized: tuple[int, int],
        original: tuple[int, int],
        previous: PreviousAnswer | None = None,
    ) -> Tensor:
        assert not torch.is_grad_enabled()
        assert features.device.type == clicks.points.device.type
        self.before("segment")
        self.journal.clicks.append(clicks)
        self.journal.devices.append(features.device.type)
        if clicks.points.device.type == "meta":
            return torch.zeros(original, dtype=torch.int64)
        y = torch.arange(original[0])[:, None, None] * resized[0] / original[0]
        x = torch.arange(original[1])[None, :, None] * resized[1] / original[1]
        distance = (y - clicks.points[:, 0]) ** 2 + (x - clicks.points[:, 1]) ** 2
        return clicks.owner[distance.argmin(-1)] + 1


class Gate:
    """Lets a test hold a network inside `encode`."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, verb: str) -> None:
        if verb == "encode":
            self.entered.set()
            assert self.opened.wait(30)
