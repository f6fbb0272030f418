"""The training loop: endless scenes, one optimiser, a running mean of weights, resumable."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.photographs import read_manifest
from dynamite_widget.training.scenes import SceneBatch, Scenes, collate
from dynamite_widget.training.state import (
    RunningMean,
    load_imagenet_backbone,
    load_state,
    load_weights,
    save_state,
    save_weights,
)
from dynamite_widget.training.step import training_step


@dataclass(frozen=True)
class Machine:
    """Where a run computes.

    Attributes:
        device: torch device.
        workers: processes that make scenes; 0 makes them in this one.
        save_minutes: time between two saved states.
        stop_minutes: stop (resumably) after this long; None runs to the end.
    """

    device: str = "cpu"
    workers: int = 0
    save_minutes: float = 5.0
    stop_minutes: float | None = None


def train(
    data: Path,
    out: Path,
    config: TrainingConfig,
    machine: Machine,
    init: Path | None = None,
) -> Path:
    """Train, or go on where `out` was left.

    Args:
        data: folder with `manifest.csv`.
        out: folder for `state.pt` (to resume) and `weights.safetensors` (the running mean).
        config: of the run.
        machine: where.
        init: weights to start from; None starts from ImageNet's for the backbone.

    Returns:
        The file of weights.
    """
    torch.manual_seed(config.seed)
    device = torch.device(machine.device)
    network = DynaMITe(LITE)
    if init:
        load_weights(init, network)
    else:
        load_imagenet_backbone(network)
    network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = RunningMean(network, config.ema)
    optimiser = _optimiser(network, config)
    out.mkdir(parents=True, exist_ok=True)
    state, weights = out / "state.pt", out / "weights.safetensors"
    step = load_state(state, network, mean, optimiser) if state.is_file() else 0
    batches = _batches(data, config, machine, step)
    began = saved = time.monotonic()
    tally = _Tally()
    with tqdm(total=config.steps, initial=step, unit="step", smoothing=0.05) as bar:
        while step < config.steps:
            batch = next(batches).to(device)
            _set_rate(optimiser, config, step)
            tally.add(_step(network, optimiser, batch, config, device))
            step += 1
            mean.update(network, step)
            bar.update()
            bar.set_postfix_str(str(tally), refresh=False)
            now = time.monotonic()
            if now - saved > 60 * machine.save_minutes:
                saved = now
                save_state(state, network, mean, optimiser, step)
                save_weights(weights, mean.network, config, step)
                tqdm.write(f"step {step}: {tally}")
            if machine.stop_minutes and now - began > 60 * machine.stop_minutes:
                break
    save_state(state, network, mean, optimiser, step)
    save_weights(weights, mean.network, config, step)
    return weights


class _Tally:
    """Running means of what a person watches."""

    def __init__(self) -> None:
        self.values = (0.0, 0.0, 0.0)
        self.count = 0

    def add(self, values: tuple[float, float, float]) -> None:
        self.count += 1
        share = max(1 / self.count, 0.02)
        self.values = tuple(  # type: ignore[assignment]
            a + share * (b - a) for a, b in zip(self.values, values, strict=True)
        )

    def __str__(self) -> str:
        loss, first, last = self.values
        return f"loss {loss:.3f}, IoU {first:.3f} at first, {last:.3f} corrected"


def _step(
    network: DynaMITe,
    optimiser: torch.optim.Optimizer,
    batch: SceneBatch,
    config: TrainingConfig,
    device: torch.device,
) -> tuple[float, float, float]:
    _train_mode(network)
    rounds = int(torch.randint(0, config.rounds + 1, ()))
    half = torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()
    with half:
        outcome = training_step(network, batch, rounds, config.points)
    optimiser.zero_grad(set_to_none=True)
    outcome.loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), config.clip)
    optimiser.step()
    return outcome.loss.item(), outcome.first_iou, outcome.last_iou


def _train_mode(network: DynaMITe) -> None:
    """Training mode, but the backbone's BatchNorm keeps ImageNet's statistics: batches are few."""
    network.train()
    for module in network.backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _optimiser(network: DynaMITe, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW; norms, biases and embeddings do not decay, the backbone learns more slowly."""
    groups = []
    for backbone in (True, False):
        for decays in (True, False):
            chosen = [
                p
                for name, p in network.named_parameters()
                if name.startswith("backbone.") == backbone
                and (p.ndim > 1 and "embed" not in name) == decays
            ]
            groups.append(
                {
                    "params": chosen,
                    "weight_decay": config.weight_decay if decays else 0.0,
                    "factor": config.backbone_factor if backbone else 1.0,
                }
            )
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def _set_rate(optimiser: torch.optim.Optimizer, config: TrainingConfig, step: int) -> None:
    """Linear warm-up, a plateau, then a cosine down to a fiftieth."""
    rise = min(1.0, (step + 1) / max(1, config.warmup))
    start = config.steps * (1 - config.cooldown)
    part = min(1.0, max(0.0, (step - start) / max(1.0, config.steps - start)))
    fall = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * part))
    for group in optimiser.param_groups:
        group["lr"] = config.learning_rate * group["factor"] * rise * fall


def _batches(
    data: Path, config: TrainingConfig, machine: Machine, step: int
) -> Iterator[SceneBatch]:
    scenes = Scenes(read_manifest(data), config, start=step)
    loader = DataLoader(
        scenes,
        batch_size=config.batch,
        collate_fn=collate,
        num_workers=machine.workers,
        persistent_workers=machine.workers > 0,
        pin_memory=machine.device.startswith("cuda"),
        prefetch_factor=4 if machine.workers else None,
    )
    return iter(loader)
