"""Averages weights of one training: python scripts/average_weights.py WEIGHTS [WEIGHTS ...] OUT.

The mean of several points of a run, or of runs that began alike, is often better than any of them
(Wortsman et al., "Model soups", ICML 2022). The result has the record of the last one given, which
then names the steps of the others as well, and the input size of the registry. A layer that only
some of them have is the mean of these.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from dynamite_widget.models.registry import find_model


def main() -> None:
    """Write the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", nargs="+")
    parser.add_argument("out")
    given = parser.parse_args()
    if Path(given.out).exists():
        parser.error(f"{given.out} is there already")
    names = {json.loads(_metadata(path)["dynamite_widget"])["name"] for path in given.weights}
    if len(names) > 1:
        parser.error(f"weights of several models have no mean: {', '.join(sorted(names))}")
    tensors = [load_file(path) for path in given.weights]
    mean = {
        name: _mean([some[name] for some in tensors if name in some])
        for name in dict.fromkeys(name for some in tensors for name in some)
    }
    *others, metadata = [_metadata(path) for path in given.weights]
    record = json.loads(metadata["dynamite_widget"])
    model = find_model(record["name"])
    record |= {"short_side": model.short_side, "long_side": model.long_side}
    trainings = [json.loads(other["dynamite_widget"])["training"] for other in others]
    steps = [None if training is None else training["step"] for training in trainings]
    record["training"] = (record["training"] or {}) | {"averaged_with_steps": steps}
    metadata["dynamite_widget"] = json.dumps(record)
    save_file(mean, given.out, metadata=metadata)


def _mean(given: list[torch.Tensor]) -> torch.Tensor:
    first = given[0]
    if not first.is_floating_point():
        return first
    return torch.stack([each.float() for each in given]).mean(0).to(first.dtype)


def _metadata(file: str) -> dict[str, str]:
    with safe_open(file, "pt") as weights:
        return weights.metadata()


if __name__ == "__main__":
    main()
