"""Averages two weights of one training: python scripts/average_weights.py EARLIER LATER OUT.

The mean of two points of a run is often better than either (Wortsman et al., "Model soups",
ICML 2022). The result has LATER's record, which then names the step of EARLIER as well, and the
input size of the registry.
"""

from __future__ import annotations

import argparse
import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from dynamite_widget.models.registry import find_model


def main() -> None:
    """Write the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("earlier", "later", "out"):
        parser.add_argument(name)
    given = parser.parse_args()
    first, second = load_file(given.earlier), load_file(given.later)
    mean = {name: _mean(first[name], tensor) for name, tensor in second.items()}
    metadata, earlier = _metadata(given.later), _metadata(given.earlier)
    record = json.loads(metadata["dynamite_widget"])
    model = find_model(record["name"])
    record |= {"short_side": model.short_side, "long_side": model.long_side}
    before = json.loads(earlier["dynamite_widget"])["training"]["step"]
    record["training"]["averaged_with_step"] = before
    metadata["dynamite_widget"] = json.dumps(record)
    save_file(mean, given.out, metadata=metadata)


def _mean(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    if not second.is_floating_point():
        return second
    return ((first.float() + second.float()) / 2).to(second.dtype)


def _metadata(file: str) -> dict[str, str]:
    with safe_open(file, "pt") as weights:
        return weights.metadata()


if __name__ == "__main__":
    main()
