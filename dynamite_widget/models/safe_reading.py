"""Reads tensors from a file of weights without letting anything in it run.

PyTorch's own unpickler for weights builds tensors, numbers, strings and containers and nothing
else. Published checkpoints also hold NumPy scalars and arrays, and some are plain pickles of NumPy
arrays; those are allowed here, too.
"""

from __future__ import annotations

import codecs
import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

_NUMPY_TYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
"""With this number, pickled, files of `torch.save` began before they were archives."""


def _numpy_builders() -> dict[str, Any]:
    """What rebuilds NumPy values, under the names of NumPy 1 and of NumPy 2."""
    allowed: dict[str, Any] = {"numpy.ndarray": np.ndarray, "numpy.dtype": np.dtype}
    for number in _NUMPY_TYPES:
        kind = type(np.dtype(number))
        allowed[f"{kind.__module__}.{kind.__name__}"] = kind
    rebuild_array, rebuild_scalar = np.zeros(1).__reduce__()[0], np.float64(0).__reduce__()[0]
    for package in ("numpy.core", "numpy._core"):
        allowed[f"{package}.multiarray._reconstruct"] = rebuild_array
        allowed[f"{package}.multiarray.scalar"] = rebuild_scalar
    return allowed


class _NumPyOnly(pickle.Unpickler):
    """Unpickles containers, numbers, text and NumPy values; anything else is refused by name."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        allowed = _numpy_builders() | {
            "collections.OrderedDict": OrderedDict,
            "_codecs.encode": codecs.encode,  # how protocol 2 writes bytes
        }
        if f"{module}.{name}" not in allowed:
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name}")
        return allowed[f"{module}.{name}"]


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the named tensors of a file: PyTorch's format or safetensors, told apart by content.

    Args:
        path: of the file. Of nested dictionaries the one under "model" or "state_dict" is taken.

    Returns:
        The tensors in host memory, and a safetensors file's metadata.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no file of weights, is cut off, or would run code.
    """
    with path.open("rb") as file:
        start = file.read(512)
    if re.match(rb"\s*<(!doctype|html)", start, re.IGNORECASE):
        raise ValueError(
            f"{path} is a web page, not a file of weights: download it again in a browser "
            "(Google Drive asks first whether large files may be downloaded)"
        )
    if start[8:9] == b"{":
        return _read_safetensors(path)
    return _tensors_of(_unpickle(path), path), {}


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, dict(file.metadata() or {})
    except SafetensorError as error:
        raise ValueError(f"{path} is a broken safetensors file: {error}") from None


def _unpickle(path: Path) -> object:
    try:
        with path.open("rb") as file:
            if _is_from_torch(file):
                builders: list[Any] = [(built, name) for name, built in _numpy_builders().items()]
                with torch.serialization.safe_globals(builders):
                    return torch.load(file, map_location="cpu", weights_only=True)
            return _NumPyOnly(file).load()
    except pickle.UnpicklingError as error:
        unsafe = re.search(r"GLOBAL ([\w.]+)", str(error))
        if unsafe:
            raise ValueError(
                f"{path} is not opened: it asks to run {unsafe[1]}; "
                "a file of weights needs tensors, numbers and text only"
            ) from None
        raise ValueError(
            f"{path} is no file of weights: it holds more than tensors, numbers and text"
        ) from None
    except Exception as error:  # a broken pickle can end in an exception of any kind
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        raise ValueError(
            f"{path} is no file of weights, or is cut off (download it again): {reason}"
        ) from None


def _is_from_torch(file: BinaryIO) -> bool:
    """Whether `torch.save` wrote it, as a zip archive or in the format before."""
    start = file.read(32)
    file.seek(0)
    return start.startswith(b"PK") or _LEGACY_MAGIC in start


def _tensors_of(content: object, path: Path) -> dict[str, Tensor]:
    for name in ("model", "state_dict"):
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content = content[name]
    if not isinstance(content, Mapping):
        raise ValueError(f"{path} holds a {type(content).__name__}, not named tensors")
    tensors, others = {}, []
    for name, value in content.items():
        if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
            value = torch.from_numpy(np.array(value))
        if isinstance(name, str) and isinstance(value, Tensor):
            tensors[name] = value
        else:
            others.append(str(name))
    if not tensors:
        raise ValueError(f"{path} holds no tensors, only {', '.join(others[:10]) or 'nothing'}")
    return tensors
