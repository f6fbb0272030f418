"""The state of a run: what is needed to go on, and the weights it has to show."""

from __future__ import annotations

import copy
import os
import pickle
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from dynamite_widget.models import checkpoint
from dynamite_widget.models.checkpoint import WeightsRecord
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.training.config import TrainingConfig


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
) -> None:
    """Write everything needed to go on; the last good file stays until the new one is whole."""
    state = {
        "network": network.state_dict(),
        "mean": mean.network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
    }
    partial = path.with_name(path.name + ".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_state(
    path: Path, network: nn.Module, mean: RunningMean, optimiser: torch.optim.Optimizer
) -> int:
    """Go on from `save_state`; returns the step.

    The optimiser's moments are the earlier ones, its settings those that it has now.

    Raises:
        ValueError: if it is no state of this network, or other parts of it learned.
    """
    settings = [{**group} for group in optimiser.param_groups]
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(state["network"])
        mean.network.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        step = int(state["step"])
    except (RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"{path} is not the state of such a run; with the same model and the same parts "
            f"learning it goes on, any other run needs another --out: {error}"
        ) from error
    for group, now in zip(optimiser.param_groups, settings, strict=True):
        group.update({name: value for name, value in now.items() if name != "params"})
    return step


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
