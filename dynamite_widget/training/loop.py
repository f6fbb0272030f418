"""The training loop: endless scenes, one optimiser, a running mean of weights, resumable."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.half_precision import computing_in_half, depthwise_in_full
from dynamite_widget.training.networks import prepare, train_mode
from dynamite_widget.training.paper_scenes import PaperScenes
from dynamite_widget.training.parallel import Processes, processes
from dynamite_widget.training.photographs import LabelledImage
from dynamite_widget.training.progress import OnProgress, Progress, Tally
from dynamite_widget.training.scenes import SceneBatch, Scenes, collate
from dynamite_widget.training.state import RunningMean, load_state, save_state, save_weights
from dynamite_widget.training.step import TrainingStep

_MOST_SPOILT = 20
"""Steps in a row whose gradient is not finite: then it is no accident."""


@dataclass(frozen=True)
class Machine:
    """Where a run computes.

    Attributes:
        device: torch device; with several processes "cuda" is each one's own.
        workers: processes that make scenes; 0 makes them in this one.
        save_minutes: time between two saved states.
        stop_minutes: stop, resumably, after this long; None runs to the end.
        compiled: compile the backbone; worth its minutes in long runs on a CPU.
        bfloat16: compute in it on a CPU as well, as GPUs always do; faster where the processor has
            instructions for it (AVX512_BF16, AMX).
    """

    device: str = "cpu"
    workers: int = 0
    save_minutes: float = 5.0
    stop_minutes: float | None = None
    compiled: bool = False
    bfloat16: bool = False

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ValueError(f"workers is {self.workers}; it must be 0 or more")
        if self.stop_minutes is not None and not self.stop_minutes > 0:
            raise ValueError(f"minutes is {self.stop_minutes}; it must be more than 0")


def state_beside(weights: Path) -> Path:
    """Where the state of a run that writes `weights` is kept."""
    return weights.with_suffix(".state.pt")


def train(
    network: DynaMITe,
    record: ModelRecord,
    images: Sequence[LabelledImage],
    config: TrainingConfig,
    machine: Machine,
    out: Path,
    on_progress: OnProgress,
) -> DynaMITe:
    """Train, or go on where a run stopped that wrote to the same file.

    Args:
        network: to start from.
        record: of the network.
        images: to draw scenes from.
        config: of the run.
        machine: where.
        out: file of weights, the running mean; the state is kept beside it.
        on_progress: called after every step, in the first process.

    Returns:
        The network with the running mean of its weights.
    """
    state = state_beside(out)
    with processes(machine.device) as own:
        torch.manual_seed(config.seed + own.rank)
        run = Run(network, record, config, own, state, bfloat16=machine.bfloat16)
        if machine.compiled:
            run.network.backbone.compile(dynamic=False)

        def save() -> None:
            if own.first:
                out.parent.mkdir(parents=True, exist_ok=True)
                save_state(state, run.network, run.mean, run.optimiser, run.step, config)
                save_weights(out, run.mean.network, record, config, run.step)

        saved = 0.0
        try:
            for progress, seconds in run.steps(
                scene_batches(images, config, machine, own, run.step)
            ):
                if own.first:
                    on_progress(progress)
                if seconds - saved > 60 * machine.save_minutes:
                    saved = seconds
                    save()
                if machine.stop_minutes and seconds > 60 * machine.stop_minutes:
                    break
        except KeyboardInterrupt:
            save()
            raise
        save()
        run.end()
        return run.mean.network


class Run:
    """A network on its way through a schedule.

    Args:
        network: to train; it is moved to the device.
        record: of the network.
        config: of the run.
        own: this process.
        state: file of an earlier part of the run; None or none there begins anew.
        bfloat16: compute in it on a CPU, too.

    Raises:
        ValueError: if the state is another run's.

    Attributes:
        network: as trained so far.
        mean: the running mean of its weights.
        optimiser: of its parameters.
        step: steps made.
        spoilt: steps in a row, up to the newest, that taught nothing as their gradient was not
            finite.
    """

    def __init__(
        self,
        network: DynaMITe,
        record: ModelRecord,
        config: TrainingConfig,
        own: Processes,
        state: Path | None = None,
        *,
        bfloat16: bool = False,
    ) -> None:
        prepare(network, config)
        network.to(own.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network, self.config, self.own = network, config, own
        self.mean = RunningMean(network, config.ema)
        self.optimiser = make_optimiser(network, config)
        self.step = self.spoilt = 0
        if state is not None and state.is_file():
            self.step = load_state(state, network, self.mean, self.optimiser, config)
            torch.manual_seed(hash((config.seed, own.rank, self.step)))  # not what was drawn before
        self._half = bfloat16 or own.device.type == "cuda"
        if self._half and own.device.type == "cpu":
            depthwise_in_full(network)
        self._training = own.spread(TrainingStep(network, config, record).to(own.device))

    def steps(self, batches: Iterator[SceneBatch]) -> Iterator[tuple[Progress, float]]:
        """Make steps until the schedule is over.

        Yields:
            After each where the run is, and the seconds since `steps` began.

        Raises:
            FloatingPointError: if the gradient of many steps in a row is not finite.
        """
        began, tally = time.monotonic(), Tally()
        start = part = self.config.part(self.step, 0.0)
        seconds = 0.0
        while part < 1:
            rate = self.config.rate(self.step, part)
            for group in self.optimiser.param_groups:
                group["lr"] = rate * group["factor"]
            result = self.make_step(next(batches).to(self.own.device))
            if not self.spoilt:
                tally.add(*result)
            self.step += 1
            self.mean.update(self.network, self.step)
            seconds = self.own.agreed(time.monotonic() - began)
            part = self.config.part(self.step, seconds)
            left = seconds * max(0.0, 1 - part) / max(part - start, 1e-9)
            yield Progress(self.step, part, *tally.values, seconds_left=left), seconds

    def end(self) -> None:
        """End with all other processes: none may leave while another needs it."""
        del self._training  # what spreads gradients has to go before they part
        self.own.wait_for_all()

    def make_step(self, batch: SceneBatch) -> tuple[float, float, float]:
        """Learn from one batch, unless its gradient is not finite, which would end all learning.

        Returns:
            The loss, and the mean IoU at first and at last.
        """
        train_mode(self.network, self.config)
        rounds = draw_rounds(self.config)
        with computing_in_half(self.own.device, self._half):
            outcome = self._training(batch, rounds)
        self.optimiser.zero_grad(set_to_none=True)
        outcome.loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip)
        if norm.isfinite():
            self.spoilt = 0
            self.optimiser.step()
        else:
            self.spoilt += 1
            if self.spoilt == _MOST_SPOILT:
                raise FloatingPointError(
                    f"the gradients of {_MOST_SPOILT} steps in a row are not finite; what was "
                    "saved before stays. A smaller --learning-rate may help"
                )
        return outcome.loss.item(), outcome.first_iou, outcome.last_iou


def draw_rounds(config: TrainingConfig) -> int:
    """Rounds of corrections in a step: 0 to `config.rounds`.

    The paper draws them evenly. In `dense` few are drawn more often than many, half of the time
    no more than a quarter: most objects need few clicks, but the last ones must not be new to the
    network either.
    """
    drawn = float(torch.rand(()))
    if config.protocol == "dense":
        drawn **= 2
    return int((config.rounds + 1) * drawn)


def make_optimiser(network: DynaMITe, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW; norms and embeddings do not decay, the backbone learns more slowly."""
    spared = _not_decaying(network, config)
    groups = []
    for backbone in (True, False):
        for decays in (True, False):
            chosen = [
                p
                for name, p in network.named_parameters()
                if p.requires_grad
                and name.startswith("backbone.") == backbone
                and (name not in spared) == decays
            ]
            if chosen:
                groups.append(
                    {
                        "params": chosen,
                        "weight_decay": config.weight_decay if decays else 0.0,
                        "factor": config.backbone_factor if backbone else 1.0,
                    }
                )
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def _not_decaying(network: DynaMITe, config: TrainingConfig) -> set[str]:
    """Names of parameters without weight decay: as published, or all vectors and embeddings."""
    if config.protocol == "dense":
        return {n for n, p in network.named_parameters() if p.ndim <= 1 or "embed" in n}
    kinds = (nn.LayerNorm, nn.GroupNorm, nn.BatchNorm2d, nn.Embedding)
    of_kinds = {
        f"{place}.{name}"
        for place, module in network.named_modules()
        if isinstance(module, kinds)
        for name, _ in module.named_parameters(recurse=False)
    }
    return of_kinds | {
        n for n, _ in network.named_parameters() if n.endswith("relative_position_bias_table")
    }


def scene_batches(
    images: Sequence[LabelledImage],
    config: TrainingConfig,
    machine: Machine,
    own: Processes,
    step: int = 0,
) -> Iterator[SceneBatch]:
    """This process's share of every batch, without end.

    Raises:
        ValueError: if the batch cannot be shared equally.
    """
    if config.batch % own.count:
        raise ValueError(f"a batch of {config.batch} cannot be shared by {own.count} processes")
    kind = PaperScenes if config.protocol == "paper" else Scenes
    loader = DataLoader(
        kind(images, config, start=step, process=own.rank),
        batch_size=config.batch // own.count,
        collate_fn=collate,
        num_workers=machine.workers,
        persistent_workers=machine.workers > 0,
        pin_memory=own.device.type == "cuda",
        prefetch_factor=4 if machine.workers else None,
    )
    return iter(loader)
