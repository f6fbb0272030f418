"""Several processes with a device each, as `torchrun` starts them; one process needs none of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Processes:
    """This process among all.

    Attributes:
        rank: its number; 0 shows progress and writes files.
        count: of all.
        device: its own.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the one that shows progress and writes files."""
        return self.rank == 0

    def spread(self, step: nn.Module) -> nn.Module:
        """Let gradients be the mean over all processes."""
        if self.count == 1:
            return step
        # A scene without background clicks, say, leaves some parameters out of a step.
        return DistributedDataParallel(step, find_unused_parameters=True)

    def agreed(self, value: float) -> float:
        """The first process's value, in all of them."""
        if self.count == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, 0)
        return float(shared)

    def wait_for_all(self) -> None:
        """Return when all processes have come here: none may leave while others need it."""
        if self.count > 1:
            distributed.barrier()


def number_of_processes() -> int:
    """How many processes `torchrun` has started, this one among them; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first_process() -> bool:
    """Whether this process is the one that speaks to people."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def processes(device: str) -> Iterator[Processes]:
    """Join the processes that `torchrun` started, if it did.

    Args:
        device: "cpu", or "cuda" for the process's own GPU.
    """
    count = number_of_processes()
    if count == 1:
        yield Processes(0, 1, torch.device(device))
        return
    own = torch.device(device)
    if own.type == "cuda":
        own = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(own)
    distributed.init_process_group("nccl" if own.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), count, own)
    finally:
        distributed.destroy_process_group()
