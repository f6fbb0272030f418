"""The state of a run: what is needed to go on, and the weights it has to show."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from dynamite_widget.models import checkpoint
from dynamite_widget.models.checkpoint import WeightsRecord
from dynamite_widget.models.draft_files import draft_of
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.training.config import TrainingConfig

_UNREADABLE = (RuntimeError, OSError, EOFError, LookupError, TypeError, pickle.UnpicklingError)
_LENGTH = ("steps", "minutes")
"""Settings that a run may go on with other values of."""


class RunningMean:
    """Exponential running mean of a network's weights: steadier than the weights of any one step.

    Args:
        network: to follow.
        decay: reached after a while; early on the mean follows faster. 0 keeps the newest weights.
    """

    def __init__(self, network: DynaMITe, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after `step`."""
        decay = min(self.decay, (1 + step) / (10 + step))
        own = self.network.state_dict()
        pairs = [(own[name], value) for name, value in network.state_dict().items()]
        followed = [pair for pair in pairs if pair[0].is_floating_point()]
        mine, new = ([pair[i] for pair in followed] for i in (0, 1))
        get_ema_multi_avg_fn(decay)(mine, new, 0)  # all at once: a GPU has to be asked less often
        for count, newest in pairs:
            if not count.is_floating_point():
                count.copy_(newest)


def save_state(
    path: Path,
    network: nn.Module,
    mean: RunningMean,
    optimiser: torch.optim.Optimizer,
    step: int,
    config: TrainingConfig,
) -> None:
    """Write everything needed to go on; the last good file stays until the new one is whole.

    Raises:
        OSError: if it cannot be written.
    """
    state = {
        "network": network.state_dict(),
        "mean": mean.network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "config": config.as_dict(),
    }
    with draft_of(path) as draft:
        torch.save(state, draft)


def load_state(
    path: Path,
    network: nn.Module,
    mean: RunningMean,
    optimiser: torch.optim.Optimizer,
    config: TrainingConfig,
) -> int:
    """Go on from `save_state`; returns the step.

    Raises:
        ValueError: if it is no state of such a network, or of a run with other settings; only the
            run's length may be another one.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        other = _differences(state.get("config", {}), config.as_dict())
        if other:
            raise ValueError(f"its settings are others ({other})")
        network.load_state_dict(state["network"])
        mean.network.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        return int(state["step"])
    except _UNREADABLE as error:
        raise ValueError(_not_this_run(path, f"it cannot be read as one: {error}")) from error
    except ValueError as error:
        raise ValueError(_not_this_run(path, str(error))) from error


def _differences(before: dict[str, Any], now: dict[str, Any]) -> str:
    return "; ".join(
        f"{name}: {value!r} there, {now.get(name)!r} now"
        for name, value in before.items()
        if value != now.get(name) and name not in _LENGTH
    )


def _not_this_run(path: Path, why: str) -> str:
    return (
        f"{path} is not the state of this run: {why}. With the same settings a run goes on, "
        "--overwrite begins anew, and any other run needs another --out"
    )


def save_weights(
    path: Path, network: DynaMITe, record: ModelRecord, config: TrainingConfig, step: int
) -> None:
    """Write weights that `Segmenter.load` reads, with the run's config and step count.

    Those of the embedded model in half precision, so that they travel in the package.
    """
    told = WeightsRecord.of(record, "dynamite-widget train")
    told = replace(told, training={"config": config.as_dict(), "step": step})
    dtype = torch.float16 if record.packaged else None
    checkpoint.save_weights(path, network.state_dict(), told, dtype)
