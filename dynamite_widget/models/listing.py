"""`dynamite-widget models`: every model by name, and whether its weights are at hand."""

from __future__ import annotations

import argparse
import json
import sys

from dynamite_widget.models.registry import MODELS, ModelRecord

_HEADINGS = ("name", "parameters", "checkpoint", "licence", "weights")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--json", action="store_true", help="for programs to read")


def run(args: argparse.Namespace) -> None:
    """Print the table."""
    rows = [describe(model) for model in MODELS.values()]
    if args.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = [_HEADINGS, *(tuple(str(row[heading]) for heading in _HEADINGS) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(_HEADINGS))]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
    sys.stdout.write("\nWhere to get checkpoints, and the published scores: docs/models.md\n")


def describe(model: ModelRecord) -> dict[str, str | int]:
    """One row of the table."""
    elsewhere = "missing" if model.packaged else "to be downloaded"
    return {
        "name": model.name,
        "parameters": f"{model.parameters / 1e6:.1f} M",
        "checkpoint": model.checkpoint,
        "licence": model.licence,
        "weights": "at hand" if model.weights_path is not None else elsewhere,
    }
