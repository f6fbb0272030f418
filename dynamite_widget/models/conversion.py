"""`dynamite-widget convert`: any checkpoint of ours or of the publication becomes safetensors."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from dynamite_widget.models.checkpoint import (
    WeightsRecord,
    fit,
    recognise,
    save_weights,
    sha256,
)
from dynamite_widget.models.registry import MODELS, find_model
from dynamite_widget.models.safe_reading import read_tensors


def convert(
    source: str | Path,
    target: str | Path,
    *,
    name: str | None = None,
    half: bool = False,
    overwrite: bool = False,
) -> WeightsRecord:
    """Write a checkpoint in our safetensors format, with a record of where it came from.

    Args:
        source: published checkpoint, state dict or safetensors file.
        target: file to write, ending in .safetensors.
        name: of the model; None tells it by the tensors.
        half: store float16: half the size, and labels that differ in a few pixels. What is in
            float16 already stays so.
        overwrite: whether an existing `target` may be replaced.

    Returns:
        The record written.

    Raises:
        ValueError: if the source is no checkpoint of the model, or of none that is known, or the
            target's name does not end in .safetensors.
        FileExistsError: if there is a file at `target` already.
    """
    source, target = Path(source).expanduser(), Path(target).expanduser()
    if target.suffix != ".safetensors":
        raise ValueError(f"{target} would be a safetensors file: let its name end in .safetensors")
    if target.exists() and not overwrite:
        raise FileExistsError(17, "file is there already (--overwrite replaces it)", str(target))
    if not target.parent.is_dir():
        raise ValueError(f"there is no folder {target.parent} to write {target.name} into")
    tensors, metadata = read_tensors(source)
    name = name or recognise(tensors)
    if name is None:
        raise ValueError(
            f"{source} fits none of the models {', '.join(MODELS)}; "
            "--name NAME tells what is missing for one"
        )
    model = find_model(name)
    half = half or all(t.dtype == torch.float16 for t in tensors.values() if t.is_floating_point())
    try:
        tensors = fit(tensors, model.config)
    except ValueError as error:
        raise ValueError(f"{source} does not fit {name!r}. {error}") from None
    record = WeightsRecord.of(model, source.name, sha256(source))
    own = WeightsRecord.from_metadata(metadata)
    if own is not None:  # how it was trained, and for which input, stays known
        record = replace(own, source=record.source, source_sha256=record.source_sha256)
    save_weights(target, tensors, record, torch.float16 if half else None)
    return record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("source", metavar="IN", help="published checkpoint or state dict")
    parser.add_argument("target", metavar="OUT", help="file to write, ends in .safetensors")
    parser.add_argument("--name", help="model it is for; told by its tensors if not given")
    parser.add_argument("--half", action="store_true", help="store float16, half the size")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")


def run(args: argparse.Namespace) -> None:
    """Convert, and say what was written."""
    record = convert(
        args.source, args.target, name=args.name, half=args.half, overwrite=args.overwrite
    )
    size = Path(args.target).expanduser().stat().st_size / 1e6
    sys.stdout.write(f"{args.target}: {record.name}, {size:.1f} MB\n")
