"""The published models' recipes are the paper's, and they start and run."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from dynamite_widget import cli
from dynamite_widget.models.backbones.drop_path import DropPath
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.published_names import published_name
from dynamite_widget.models.registry import MODELS, find_model
from dynamite_widget.training.loop import Machine, Run, make_optimiser, scene_batches
from dynamite_widget.training.networks import load_backbone, new_network, prepare, train_mode
from dynamite_widget.training.parallel import Processes
from dynamite_widget.training.photographs import Photograph
from dynamite_widget.training.recipes import ABLATION, RECIPES

PUBLISHED = [name for name in RECIPES if name != "dynamite-lite"]


def unbuilt(name: str) -> DynaMITe:
    """A network of shapes without numbers: the largest has 220 million."""
    with torch.device("meta"):
        return DynaMITe(find_model(name).config)


def test_every_model_has_a_recipe() -> None:
    assert set(RECIPES) == set(MODELS)


@pytest.mark.parametrize("name", ["dynamite-segformer-b0", "dynamite-resnet50"])
def test_a_published_model_learns_by_its_recipe(name: str, photographs: list[Photograph]) -> None:
    torch.manual_seed(0)
    config = replace(RECIPES[name], crop=64, batch=2, points=64, steps=2, scale=(0.8, 1.2))
    network, record = new_network(name)
    run = Run(network, record, config, Processes(0, 1, torch.device("cpu")))
    trained = "interactive_transformer.query_embed"
    before = network.get_parameter(trained).detach().clone()
    batches = scene_batches(photographs, config, Machine(), run.own)
    seen = [progress for progress, _ in run.steps(batches)]
    assert [progress.step for progress in seen] == [1, 2]
    assert all(math.isfinite(progress.loss) for progress in seen)
    assert not torch.equal(before, network.get_parameter(trained))
    assert torch.equal(run.mean.network.get_parameter(trained), network.get_parameter(trained))
    learns = {n for n, p in network.named_parameters() if p.requires_grad}
    assert {n for n in learns if network.get_parameter(n).grad is None} == set()


@pytest.mark.parametrize("name", PUBLISHED)
def test_norms_and_embeddings_do_not_decay_and_the_backbone_learns_slowly(name: str) -> None:
    network, config = unbuilt(name), RECIPES[name]
    prepare(network, config)
    groups = make_optimiser(network, config).param_groups
    assert all(g["factor"] in (0.1, 1.0) and g["weight_decay"] in (0.0, 0.05) for g in groups)
    decays = {id(p) for g in groups if g["weight_decay"] for p in g["params"]}
    spared = {n for n, p in network.named_parameters() if p.requires_grad and id(p) not in decays}
    assert "interactive_transformer.level_embed.weight" in spared
    assert "interactive_transformer.layer_norm.bias" in spared
    assert "interactive_transformer.query_embed" not in spared
    assert "interactive_transformer.mask_embed.layers.0.bias" not in spared
    tables = [n for n, _ in network.named_parameters() if n.endswith("bias_table")]
    assert set(tables) <= spared
    assert bool(tables) == ("swin" in name)


def test_stochastic_depth_rises_and_the_first_stage_of_segformer_is_frozen() -> None:
    for name, highest in (("dynamite-swin-large", 0.3), ("dynamite-segformer-b0", 0.1)):
        network = unbuilt(name)
        prepare(network, RECIPES[name])
        rates = [m.probability for m in network.backbone.modules() if isinstance(m, DropPath)]
        assert rates == sorted(rates)
        assert (rates[0], rates[-1]) == (0.0, highest)
    frozen = [n for n, p in network.named_parameters() if not p.requires_grad]
    assert frozen
    assert all(name.startswith("backbone.stages.0.") for name in frozen)


def test_the_embedded_model_learns_all_but_the_stem_and_two_stages_of_its_backbone() -> None:
    network = unbuilt("dynamite-lite")
    prepare(network, RECIPES["dynamite-lite"])
    learn = {n for n, p in network.named_parameters() if p.requires_grad}
    stages = {n.split(".")[3] for n in learn if n.startswith("backbone.network.blocks.")}
    assert stages == {"2", "3", "4", "5", "6"}
    assert not {n for n in learn if n.startswith(("backbone.network.conv", "backbone.network.bn"))}
    others = {n for n, _ in network.named_parameters() if not n.startswith("backbone.")}
    assert others <= learn


def test_only_hrnet_follows_the_statistics_of_its_batches() -> None:
    for name in PUBLISHED:
        network = unbuilt(name)
        train_mode(network, RECIPES[name])
        norms = [m for m in network.backbone.modules() if isinstance(m, nn.BatchNorm2d)]
        assert all(m.training for m in norms) == (name == "dynamite-hrnet32" or not norms)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [("dynamite-resnet50", 163_889, 177_546), ("dynamite-swin-large", 327_778, 355_092)],
)
def test_the_rate_falls_where_the_paper_says(name: str, first: int, second: int) -> None:
    config = RECIPES[name]

    def rate(step: int) -> float:
        return config.rate(step, config.part(step, 0.0))

    assert rate(0) == rate(first - 2) == 1e-4
    assert math.isclose(rate(first + 2), 1e-5)
    assert math.isclose(rate(second - 2), 1e-5)
    assert math.isclose(rate(second + 2), 1e-6)


def test_the_ablations_have_their_own_schedule() -> None:
    assert (ABLATION.batch, ABLATION.steps, ABLATION.learning_rate) == (128, 46_500, 5e-4)


def test_a_backbone_starts_from_a_classifiers_weights(tmp_path: Path) -> None:
    network = DynaMITe(find_model("dynamite-segformer-b0").config)
    tensors = {
        published_name(f"backbone.{n}", network.config).removeprefix("backbone."): torch.ones(
            v.shape
        )
        for n, v in network.backbone.state_dict().items()
    }
    torch.save(tensors | {"head.weight": torch.ones(1000, 256)}, tmp_path / "mit_b0.pth")
    load_backbone(network, tmp_path / "mit_b0.pth")
    assert all((value == 1).all() for value in network.backbone.state_dict().values())
    tensors.pop("block2.0.attn.q.weight")
    tensors["block1.0.attn.q.weight"] = torch.ones(3, 3)
    torch.save(tensors, tmp_path / "mit_b0.pth")
    with pytest.raises(ValueError, match=r"block2\.0\.attn\.q\.weight is missing"):
        load_backbone(network, tmp_path / "mit_b0.pth")


def test_a_recipe_runs_stops_and_goes_on_by_one_command(
    photograph_folder: Path, untrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "lite.safetensors"
    options = "--recipe dynamite-lite --crop 96 --batch 2 --points 128 --rounds 0 --device cpu"
    asked = ["train", "--data", str(photograph_folder), "--init", str(untrained), *options.split()]
    assert cli.main([*asked, "--out", str(out), "--steps", "1"]) == 0
    assert cli.main([*asked, "--out", str(out), "--steps", "2"]) == 0
    state = torch.load(tmp_path / "lite.state.pt", weights_only=True)
    assert state["step"] == 2
    assert "lite.safetensors" in capsys.readouterr().out
    assert cli.main([*asked[:-1], "cpu", "--out", str(out), "--validate", "x"]) == 2
    assert "dynamite-widget evaluate" in capsys.readouterr().err


def test_a_recipe_wants_its_own_weights(
    photograph_folder: Path, untrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--data", str(photograph_folder), "--init", str(untrained), "--out"]
    asked += [str(tmp_path / "x.safetensors"), "--recipe", "dynamite-swin-tiny"]
    assert cli.main(["train", *asked]) == 2
    assert "is dynamite-lite, but the recipe is dynamite-swin-tiny's" in capsys.readouterr().err
