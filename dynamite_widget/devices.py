"""Where a network runs: the choice of a device, and what happens when its memory is full."""

from __future__ import annotations

import copy
import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import nn

N = TypeVar("N", bound=nn.Module)
T = TypeVar("T")

CPU = torch.device("cpu")
_PACKAGE = str(Path(__file__).parent) + os.sep


def available_devices() -> list[torch.device]:
    """Devices of this machine, fastest first; the CPU is always the last."""
    devices = []
    if torch.cuda.is_available():
        devices.append(torch.device("cuda"))
    if torch.backends.mps.is_available():
        devices.append(torch.device("mps"))
    return [*devices, CPU]


def check_device(device: str | torch.device) -> torch.device:
    """Return a device that exists here.

    Raises:
        ValueError: if it does not.
    """
    try:
        checked = torch.device(device)
        torch.empty(1, device=checked)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        if is_out_of_memory(error):
            return checked
        here = ", ".join(str(d) for d in available_devices())
        raise ValueError(f"device {str(device)!r} cannot be used ({error}); here: {here}") from None
    return checked


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device has told in one of its ways that its memory is full."""
    return isinstance(error, torch.cuda.OutOfMemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in str(error) for words in ("out of memory", "STATUS_ALLOC_FAILED"))
    )


class PlacedNetwork(Generic[N]):
    """A network on its device, and in host memory for what does not fit there. Safe on any thread.

    Args:
        network: it is moved to the device and put into evaluation mode.
        device: where to run; None chooses the first of `available_devices` that `works`.
        works: runs the network once on a small input, on the device given, to see that every
            operation exists there.
        free: gives back device memory that can be spared.

    Attributes:
        device: where the network runs unless memory is short.
    """

    def __init__(
        self,
        network: N,
        device: str | torch.device | None,
        *,
        works: Callable[[N, torch.device], object],
        free: Callable[[], None],
    ) -> None:
        self._network = network.eval()
        self._free = free
        self._host_network: N | None = None
        self._lock = threading.Lock()
        if device is None:
            self.device = next(d for d in available_devices() if self._moved_to(d, works))
        else:
            self.device = check_device(device)
            if not self._moved_to(self.device, lambda _network, _device: None):
                self.device = CPU

    def run(self, work: Callable[[N, torch.device], T]) -> T:
        """Return `work(network, device)`, without gradients.

        Where device memory runs out, spare memory is given back and the work done again; where
        that is not enough, it is done by the CPU, with a warning.
        """
        with torch.inference_mode():
            for attempt in range(2):
                if attempt:
                    self._free()
                    _empty_cache(self.device)
                # Leaving `except` drops the traceback, which would keep the failed try's tensors.
                try:
                    return work(self._network, self.device)
                except RuntimeError as error:
                    if not is_out_of_memory(error):
                        raise
            warnings.warn(
                f"{self.device} is out of memory, so this runs on the CPU, slowly. A smaller "
                "short_side needs less memory.",
                RuntimeWarning,
                stacklevel=_level_of_caller(),
            )
            return work(self._on_host(), CPU)

    def _moved_to(self, device: torch.device, works: Callable[[N, torch.device], object]) -> bool:
        if device == CPU:
            self._network.to(CPU)
            return True
        try:
            self._network.to(device)
            with torch.inference_mode():
                works(self._network, device)
        # A missing operation is a NotImplementedError, which is one; a missing type a TypeError.
        except (RuntimeError, TypeError) as error:
            reason = str(error).split("\n", 1)[0]
        else:
            return True
        self._network.to(CPU)
        warnings.warn(f"{device} cannot be used: {reason}", RuntimeWarning, stacklevel=4)
        return False

    def _on_host(self) -> N:
        with self._lock:
            if self._host_network is None:
                self._host_network = _copy_to_host(self._network)
            return self._host_network


def _copy_to_host(network: N) -> N:
    """Copy a network into host memory without needing memory on its device for the copy."""
    memo: dict[int, object] = {}
    for parameter in network.parameters():
        memo[id(parameter)] = nn.Parameter(parameter.detach().to(CPU, copy=True), False)
    for buffer in network.buffers():
        memo[id(buffer)] = buffer.to(CPU, copy=True)
    return copy.deepcopy(network, memo).to(CPU)


def _level_of_caller() -> int:
    """Where a warning points: the number of frames up to the first outside this package."""
    level, frame = 1, sys._getframe(1).f_back  # there is no other way before 3.12
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level + 1


def _empty_cache(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
