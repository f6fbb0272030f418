"""The list of models tells the truth."""

from __future__ import annotations

import json

import pytest
import torch

from dynamite_widget.cli import main
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import MODELS, find_model


@pytest.mark.parametrize("name", MODELS)
def test_the_parameters_told_are_those_of_the_network(name: str) -> None:
    model = find_model(name)
    with torch.device("meta"):
        network = DynaMITe(model.config)
    assert sum(parameter.numel() for parameter in network.parameters()) == model.parameters


def test_the_command_lists_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() == MODELS.keys()
    swin = rows["dynamite-swin-large"]
    assert swin["parameters"] == "220.0 M"
    assert swin["checkpoint"] == "dynamite_swin_large.pth"
    assert swin["licence"] == "MIT"
    assert swin["weights"] == "to be downloaded"
    assert main(["models"]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in MODELS)
    assert "docs/models.md" in table


def test_the_published_networks_expect_what_detectron2_gives() -> None:
    model = find_model("dynamite-hrnet32")
    assert (model.short_side, model.long_side) == (800, 1333)
    assert model.mean == (123.675, 116.28, 103.53)
    assert model.weights_path is None
