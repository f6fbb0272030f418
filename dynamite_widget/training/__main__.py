"""`python -m dynamite_widget.training`: train the embedded model from photographs."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

import torch

from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.loop import Machine, train

_SETTABLE = {
    f.name: type(f.default)
    for f in fields(TrainingConfig)
    if isinstance(f.default, int | float) and not isinstance(f.default, bool)
}


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the run; resumed if it exists"
    )
    parser.add_argument("--init", type=Path, help="weights to start from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--threads", type=int, help="of torch, on a CPU")
    parser.add_argument("--minutes", type=float, help="stop, resumably, after this long")
    for name, kind in _SETTABLE.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    chosen = {k: v for k in _SETTABLE if (v := getattr(given, k)) is not None}
    config = replace(TrainingConfig(), **chosen)
    machine = Machine(given.device, given.workers, stop_minutes=given.minutes)
    weights = train(given.data, given.out, config, machine, given.init)
    parser.exit(0, f"weights: {weights}\n")


if __name__ == "__main__":
    main()
