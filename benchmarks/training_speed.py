"""Measures how many photographs a training by its recipe sees in a second, and what it waits for.

Usage:
    python -m benchmarks.training_speed PHOTOGRAPHS [--init NAME] [--device cuda] [--crop 448]
                                        [--batch 32 ...] [--workers 7] [--rounds 4] [--steps 10]
                                        [--learn refiner ...]

PHOTOGRAPHS is what `dynamite-widget train --data` takes. Each size of batch is a row. The first
steps are not counted: a GPU loads its programs in them. All steps have the same number of
corrective rounds. Waiting for scenes is the loader's share of a step.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, replace
from unittest.mock import patch

import torch

from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.training import loop
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.loop import Machine, Run, scene_batches
from dynamite_widget.training.networks import load_start
from dynamite_widget.training.own_labels import open_labels
from dynamite_widget.training.parallel import processes
from dynamite_widget.training.photographs import LabelledImage
from dynamite_widget.training.recipes import RECIPES

UNTIMED = 4


@dataclass(frozen=True)
class Speed:
    """Seconds of a step, the part of them spent waiting for scenes, and memory taken, GB."""

    seconds: float
    waiting: float
    memory: float


def main() -> None:
    """Make some steps with every size of batch, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+")
    parser.add_argument("--init", default="dynamite-lite")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--crop", type=int, default=448)
    parser.add_argument("--batch", type=int, nargs="+", default=[32])
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=4, help="of corrections, in every step")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--learn", nargs="+", default=[], help="only these parts do")
    parser.add_argument("--threads", type=int, help="of PyTorch, on a CPU")
    parser.add_argument("--bfloat16", action="store_true", help="on a CPU, too")
    given = parser.parse_args()

    if given.threads:
        torch.set_num_threads(given.threads)
    images = open_labels(given.data)
    machine = Machine(given.device, given.workers, bfloat16=given.bfloat16)
    print("| crops a step | seconds | images a second | waiting for scenes | GPU memory |")
    print("|---|---|---|---|---|")
    for batch in given.batch:
        network, record = load_start(given.init)
        recipe = replace(RECIPES[record.name], learn=tuple(given.learn))
        config = replace(recipe, crop=given.crop, batch=batch, rounds=given.rounds)
        speed = measure(network, record, images, config, machine, given.steps)
        print(
            f"| {batch} | {speed.seconds:.2f} | {batch / speed.seconds:.1f} "
            f"| {100 * speed.waiting:.0f} % | {speed.memory:.1f} GB |",
            flush=True,
        )


def measure(
    network: DynaMITe,
    record: ModelRecord,
    images: list[LabelledImage],
    config: TrainingConfig,
    machine: Machine,
    steps: int,
) -> Speed:
    """Train a network some steps; nothing is kept. The median of the steps counts."""
    whole, waiting = [], []
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with processes(machine.device) as own, patch.object(loop, "draw_rounds", lambda c: c.rounds):
        run = Run(network, record, config, own, bfloat16=machine.bfloat16)
        batches = scene_batches(images, config, machine, own)
        for _ in range(UNTIMED + steps):
            began = time.perf_counter()
            batch = next(batches).to(own.device)
            ready = time.perf_counter()
            run.make_step(batch)  # ends with the loss as a number: the GPU is done, too
            whole.append(time.perf_counter() - began)
            waiting.append(ready - began)
    cuda = own.device.type == "cuda"
    memory = torch.cuda.max_memory_allocated(own.device) / 1e9 if cuda else 0.0
    return Speed(
        statistics.median(whole[UNTIMED:]),
        sum(waiting[UNTIMED:]) / sum(whole[UNTIMED:]),
        memory,
    )


if __name__ == "__main__":
    main()
