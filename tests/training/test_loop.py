"""A run learns, stops, and goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.training import loop
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.photographs import Photograph
from dynamite_widget.training.scenes import Scenes, collate
from dynamite_widget.training.state import load_state, load_weights
from dynamite_widget.training.step import training_step

SMALL = TrainingConfig(crop=96, batch=2, steps=4, warmup=1, rounds=1, points=256, max_objects=2)


@pytest.fixture(autouse=True)
def without_imagenet(monkeypatch: pytest.MonkeyPatch) -> None:
    """These runs learn nothing worth the package of ImageNet weights."""
    monkeypatch.setattr(loop, "load_imagenet_backbone", lambda network: None)
    torch.set_num_threads(1)


def test_a_few_steps_on_the_same_scenes_lower_the_loss(photographs: list[Photograph]) -> None:
    torch.manual_seed(0)
    scenes = iter(Scenes(photographs, replace(SMALL, paste=0.0)))
    batch = collate([next(scenes) for _ in range(2)])
    network = DynaMITe(LITE).train()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    losses = []
    for _ in range(8):
        outcome = training_step(network, batch, rounds=1, points=256)
        optimiser.zero_grad()
        outcome.loss.backward()
        optimiser.step()
        losses.append(outcome.loss.item())
    assert min(losses[-3:]) < 0.9 * losses[0]


def test_every_weight_of_the_network_is_trained(photographs: list[Photograph]) -> None:
    torch.manual_seed(0)
    scenes = iter(Scenes(photographs, SMALL))
    network = DynaMITe(LITE).train()
    torch.nn.init.normal_(network.refiner.correction.weight)  # it starts as zero
    training_step(network, collate([next(scenes) for _ in range(4)]), 1, 256).loss.backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None]
    assert idle == []


def test_a_stopped_run_goes_on(photograph_folder: Path, tmp_path: Path) -> None:
    out, machine = tmp_path / "run", loop.Machine()
    loop.train(photograph_folder, out, replace(SMALL, steps=2), machine)
    weights = loop.train(photograph_folder, out, SMALL, machine)
    network = DynaMITe(LITE)
    mean = loop.RunningMean(network, 0.9)
    optimiser = loop._optimiser(network, SMALL)
    assert load_state(out / "state.pt", network, mean, optimiser) == 4
    fresh = DynaMITe(LITE)
    load_weights(weights, fresh)
    name = "interactive_transformer.query_embed"
    kept, written = mean.network.state_dict()[name], fresh.state_dict()[name]
    assert torch.allclose(kept, written, atol=2e-3)  # written in half precision


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"surprise": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="does not fit"):
        load_weights(tmp_path / "other.safetensors", DynaMITe(LITE))
