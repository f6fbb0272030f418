"""Random weights under the published names: nobody may ship the real ones."""

from __future__ import annotations

import importlib.util
import json
import math
import zlib
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamite_widget.models.backbones.swin import relative_position_index
from dynamite_widget.models.config import DynamiteConfig
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.published_names import is_derived, published_name

GOLDEN = Path(__file__).resolve().parents[1] / ".." / "shared" / "golden" / "dynamite"
needs_golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason=f"recorded numbers are not here ({GOLDEN})"
)
_ENDS_OF_BRANCHES = (
    *("out_proj.weight", "output_proj.weight", "linear2.weight"),
    *("mlp.fc2.weight", "attn.proj.weight"),
)
_SALT = {"resnet50": "c"}
"""With these seeds more than one query wins."""
BACKBONES = ("resnet50", "hrnet32", "segformer_b0", "swin_tiny", "swin_large")


@lru_cache(maxsize=1)
def _rule() -> ModuleType:
    spec = importlib.util.spec_from_file_location("weights_rule", GOLDEN / "weights_rule.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def published_keys(backbone: str) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shapes and types of every tensor in a published checkpoint."""
    listed = json.loads((GOLDEN / f"keys_{backbone}.json").read_text())["keys"]
    return {name: (tuple(shape), dtype) for name, shape, dtype in listed}


def recorded_weights(backbone: str) -> dict[str, Tensor]:
    """The weights with which the published implementation was recorded."""
    rule = _rule()
    weights = {}
    for name, (shape, dtype) in published_keys(backbone).items():
        if is_derived(name):
            weights[name] = relative_position_index(math.isqrt(shape[0]))
        elif dtype == "int64":
            weights[name] = torch.zeros(shape, dtype=torch.int64)
        else:
            values = rule.tensor_for(name, shape, rule.SALT[backbone])
            weights[name] = torch.from_numpy(np.ascontiguousarray(values))
    return weights


def made_up_weights(config: DynamiteConfig) -> dict[str, Tensor]:
    """Weights under published names that neither die out nor blow up, the same every time."""
    with torch.device("meta"):
        expected = DynaMITe(config).state_dict()
    weights = {}
    for own, like in expected.items():
        name = published_name(own, config)
        seed = zlib.crc32(f"{_SALT.get(config.backbone.kind, '')}{name}".encode())
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(like.shape, generator=generator)
        if not like.is_floating_point():
            weights[name] = torch.zeros(like.shape, dtype=like.dtype)
        elif name.endswith("running_var"):
            weights[name] = 1 + 0.1 * noise.abs()
        elif like.dim() >= 2:
            gain = 0.3 if name.endswith(_ENDS_OF_BRANCHES) else 2 if "in_proj" in name else 1
            weights[name] = gain * noise / math.sqrt(like[0].numel())
        elif name.endswith(".weight"):
            weights[name] = 1 + 0.1 * noise
        elif name.endswith("sampling_offsets.bias"):
            weights[name] = 2 * noise
        else:
            weights[name] = (0.02 if name.endswith("bias") else 0.5) * noise
        if name.endswith("relative_position_bias_table"):
            window = (math.isqrt(len(noise)) + 1) // 2
            index = name.replace("bias_table", "index")
            weights[index] = relative_position_index(window)
    return weights
