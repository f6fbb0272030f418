"""`dynamite-widget train`: fine-tune a model on one's own masks, or train one by its recipe."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

import torch

from dynamite_widget.training.config import BatchNorms, TrainingConfig
from dynamite_widget.training.fine_tuning import check_target, fine_tune
from dynamite_widget.training.loop import Machine, state_beside, train
from dynamite_widget.training.networks import load_start, new_network
from dynamite_widget.training.own_labels import open_labels
from dynamite_widget.training.parallel import is_first_process, number_of_processes
from dynamite_widget.training.progress import ProgressBar
from dynamite_widget.training.recipes import RECIPES

_SETTINGS = {
    f.name: type(f.default)
    for f in fields(TrainingConfig)
    if isinstance(f.default, int | float)
    and not isinstance(f.default, bool)
    and f.name not in ("steps", "minutes")
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--data",
        nargs="+",
        required=True,
        metavar="LABELS",
        help="a COCO file, session files, a folder of them, or a folder with manifest.csv",
    )
    parser.add_argument("--images", help="folder of the COCO file's images (default: its own)")
    parser.add_argument(
        "--init",
        help="a model's name or a file of weights to start from (default: dynamite-lite; with "
        "--recipe ImageNet's for the backbone)",
    )
    parser.add_argument(
        "--out", required=True, help="file of weights to write, ends in .safetensors"
    )
    parser.add_argument("--steps", type=int, help="optimiser steps (default: 200)")
    parser.add_argument(
        "--minutes", type=float, help="train so long; with --recipe: stop, to go on later"
    )
    parser.add_argument(
        "--validate", nargs="+", metavar="LABELS", help="measure on these, not on a fifth of LABELS"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    recipe = parser.add_argument_group("a whole training instead of fine-tuning")
    recipe.add_argument("--recipe", choices=RECIPES, help="train this model from the start")
    recipe.add_argument("--backbone", type=Path, help="file of the backbone's ImageNet weights")
    machine = parser.add_argument_group("the machine")
    machine.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    machine.add_argument("--workers", type=int, default=0, help="processes that make scenes")
    machine.add_argument("--threads", type=int, help="of PyTorch, on a CPU")
    machine.add_argument(
        "--compile", action="store_true", help="the backbone, with --recipe: faster after minutes"
    )
    machine.add_argument(
        "--bfloat16", action="store_true", help="on a CPU with AVX512_BF16 or AMX: faster"
    )
    settings = parser.add_argument_group(
        "settings of the run", "see TrainingConfig; defaults are the recipe's"
    )
    settings.add_argument(
        "--learn", nargs="+", metavar="PART", help="only these learn, such as refiner: faster"
    )
    settings.add_argument(
        "--batch-norm", choices=get_args(BatchNorms), help="which of them follows its batches"
    )
    for name, kind in _SETTINGS.items():
        settings.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=kind.__name__)


def run(args: argparse.Namespace) -> None:
    """Fine-tune, or train by a recipe; say what came of it."""
    if args.threads is not None:
        if args.threads < 1:
            raise ValueError(f"--threads is {args.threads}; it must be 1 or more")
        torch.set_num_threads(args.threads)
    if args.recipe:
        _train_by_recipe(args)
        return
    if number_of_processes() > 1:
        raise ValueError("fine-tuning is the work of one process; torchrun goes with --recipe")
    if args.compile:
        raise ValueError("--compile goes with --recipe; fine-tuning is over too soon for it")
    if args.backbone:
        raise ValueError("--backbone goes with --recipe; fine-tuning starts from whole weights")
    result = fine_tune(
        args.data,
        images=args.images,
        init=args.init or "dynamite-lite",
        out=args.out,
        validate=args.validate,
        steps=args.steps,
        minutes=args.minutes,
        settings=lambda config: _with_settings(config, args),
        machine=Machine(args.device, args.workers, bfloat16=args.bfloat16),
        overwrite=args.overwrite,
    )
    sys.stdout.write(f"{result}\n")


def _train_by_recipe(args: argparse.Namespace) -> None:
    if args.validate:
        raise ValueError(
            "--validate goes with fine-tuning; measure with `dynamite-widget evaluate`"
        )
    out = Path(args.out).expanduser()
    state, first = state_beside(out), is_first_process()
    # What a stopped run left behind is there to be gone on with.
    check_target(out, args.overwrite or state.is_file())
    config = _with_settings(RECIPES[args.recipe], args)
    if args.steps is not None:
        config = replace(config, steps=args.steps)
    images = open_labels(args.data, args.images)
    if args.init:
        network, record = load_start(args.init)
        if record.name != args.recipe:
            raise ValueError(f"{args.init} is {record.name}, but the recipe is {args.recipe}'s")
    else:
        network, record = new_network(args.recipe, args.backbone)
    machine = Machine(
        args.device,
        args.workers,
        stop_minutes=args.minutes,
        compiled=args.compile,
        bfloat16=args.bfloat16,
    )
    if args.overwrite and first:
        state.unlink(missing_ok=True)
    if state.is_file() and first:
        sys.stderr.write(f"goes on with the run of {state}; --overwrite begins anew\n")
    try:
        with ProgressBar(first) as bar:
            train(network, record, images, config, machine, out, bar)
    except KeyboardInterrupt:
        if state.is_file() and first:
            sys.stderr.write("stopped; the same command goes on\n")
        raise
    if first:
        sys.stdout.write(f"{out}\n")


def _with_settings(config: TrainingConfig, args: argparse.Namespace) -> TrainingConfig:
    names = (*_SETTINGS, "batch_norm")
    chosen = {k: v for k in names if (v := getattr(args, k)) is not None}
    if args.learn:
        chosen["learn"] = tuple(args.learn)
    return replace(config, **chosen)
