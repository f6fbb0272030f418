"""Files of weights: published checkpoints, plain state dicts, and our own safetensors format.

Our format holds the tensors under our names, and in its metadata a record of which model they are
for and where they came from.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from dynamite_widget.models.config import DynamiteConfig
from dynamite_widget.models.draft_files import draft_of
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.published_names import (
    is_derived,
    is_published,
    published_name,
    without_detectron2,
)
from dynamite_widget.models.registry import MODELS, ModelRecord, find_model
from dynamite_widget.models.safe_reading import read_tensors

_NAMES_SHOWN = 8
_COUNTER = "num_batches_tracked"  # of BatchNorm; inference never reads it
_RECORD = "dynamite_widget"


@dataclass(frozen=True)
class WeightsRecord:
    """What our format says of the weights it holds.

    Attributes:
        name: of the model.
        source: file that they were converted from, or what trained them.
        source_sha256: of that file, empty where there was none.
        mean: subtracted from pixels, 0..255.
        std: by which the rest is divided.
        short_side: of the network's input, None for images as they are.
        long_side: bound of the long side.
        training: settings and steps of the run that made them; None where it is not known.
    """

    name: str
    source: str
    source_sha256: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    short_side: int | None
    long_side: int | None
    training: dict[str, Any] | None = None

    @classmethod
    def of(cls, model: ModelRecord, source: str, source_sha256: str = "") -> WeightsRecord:
        """Record of weights for `model` as it is registered."""
        return cls(
            model.name,
            source,
            source_sha256,
            model.mean,
            model.std,
            model.short_side,
            model.long_side,
        )

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> WeightsRecord | None:
        """Read a safetensors file's metadata; None if it is not of our format.

        Raises:
            ValueError: if it is broken.
        """
        if _RECORD not in metadata:
            return None
        try:
            values = json.loads(metadata[_RECORD])
            known = {field.name: values.get(field.name) for field in fields(cls)}
            return cls(**known | {"mean": tuple(values["mean"]), "std": tuple(values["std"])})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"the record of these weights is broken: {error!r}") from error


def save_weights(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    record: WeightsRecord,
    dtype: torch.dtype | None = None,
) -> None:
    """Write weights in our format. A file that is there stays until the new one is whole.

    Args:
        path: where to.
        tensors: under our names, as in `DynaMITe.state_dict()`.
        record: what they are.
        dtype: to store floating tensors in, such as float16; None keeps theirs.

    Raises:
        OSError: if it cannot be written.
    """
    path = Path(path)
    stored = {
        name: tensor.detach().to("cpu", dtype if tensor.is_floating_point() else None).contiguous()
        for name, tensor in tensors.items()
        if not name.endswith(_COUNTER)
    }
    metadata = {"name": record.name, _RECORD: json.dumps(asdict(record))}
    with draft_of(path) as draft:
        save_file(stored, draft, metadata=metadata)


def load_network(
    name: str, checkpoint: str | os.PathLike[str] | None = None
) -> tuple[DynaMITe, ModelRecord]:
    """Build a model and fill it with weights.

    Args:
        name: of the model, see `dynamite-widget models`.
        checkpoint: file of weights; None takes those that come with the package.

    Returns:
        The network in evaluation mode on the CPU, float32, and the model's record.

    Raises:
        ValueError: if there is no such model, its weights are not at hand, or the file is not for
            it (what is missing, surplus or of another shape is listed).
        FileNotFoundError: if there is no such file.
    """
    model = find_model(name)
    path = Path(checkpoint).expanduser() if checkpoint is not None else model.weights_path
    if path is None:
        reason = (
            "are missing from this installation; install the package again, or"
            if model.packaged
            else f"do not come with this package; download {model.checkpoint} "
            "(docs/models.md says where) and"
        )
        raise ValueError(
            f'the weights of {name!r} {reason} give their path: checkpoint="{model.checkpoint}"'
        )
    tensors, metadata = read_tensors(path)
    record = WeightsRecord.from_metadata(metadata)
    if metadata.get("name", name) != name:
        raise ValueError(f"{path} holds weights of {metadata['name']!r}, not of {name!r}")
    try:
        tensors = fit(tensors, model.config)
    except ValueError as error:
        other = recognise(tensors)
        hint = f" It looks like {other!r}." if other else ""
        raise ValueError(f"{path} does not fit {name!r}. {error}.{hint}") from None
    with torch.device("meta"):  # no memory and no random numbers for what is replaced at once
        network = DynaMITe(model.config)
    network.load_state_dict(tensors, strict=True, assign=True)
    if record is not None:
        model = replace(
            model,
            mean=record.mean,
            std=record.std,
            short_side=record.short_side,
            long_side=record.long_side,
        )
    return network.eval(), model


def fit(tensors: Mapping[str, Tensor], config: DynamiteConfig) -> dict[str, Tensor]:
    """Bring tensors of a checkpoint under our names, as float32 and whole.

    Args:
        tensors: under published names or under ours.
        config: of the network they are for.

    Raises:
        ValueError: listing what is missing, surplus or of another shape, in the file's own names.
    """
    with torch.device("meta"):
        expected = DynaMITe(config).state_dict()
    given = dict(tensors)
    names = {name: name for name in expected}
    if is_published(list(given)):
        names = {name: published_name(name, config) for name in expected}
        given = {without_detectron2(n): t for n, t in given.items() if not is_derived(n)}
    for own, name in names.items():
        if own.endswith(_COUNTER):
            given.setdefault(name, torch.zeros((), dtype=torch.int64))
    problems = {
        "Missing": [name for name in names.values() if name not in given],
        "Surplus": list(given.keys() - names.values()),
        "Of another shape": [
            f"{name} {tuple(given[name].shape)} instead of {tuple(expected[own].shape)}"
            for own, name in names.items()
            if name in given and given[name].shape != expected[own].shape
        ],
    }
    told = [f"{problem}: {_listed(which)}" for problem, which in problems.items() if which]
    if told:
        raise ValueError(". ".join(told))
    return {
        own: given[name].to(expected[own].dtype, copy=True).contiguous()
        for own, name in names.items()
    }


def recognise(tensors: Mapping[str, Tensor]) -> str | None:
    """Name of the model whose tensors these are, judged by names and shapes."""
    for model in MODELS.values():
        try:
            fit({name: tensor.to("meta") for name, tensor in tensors.items()}, model.config)
        except ValueError:
            continue
        return model.name
    return None


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
