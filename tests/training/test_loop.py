"""A run learns, stops, and goes on where it stopped."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from dynamite_widget.models.checkpoint import load_network
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import find_model
from dynamite_widget.training.config import Protocol, TrainingConfig
from dynamite_widget.training.loop import (
    Machine,
    Run,
    draw_rounds,
    scene_batches,
    state_beside,
    train,
)
from dynamite_widget.training.parallel import Processes
from dynamite_widget.training.photographs import Photograph
from dynamite_widget.training.progress import Progress
from dynamite_widget.training.scenes import SceneBatch, Scenes, collate
from dynamite_widget.training.state import load_state, save_state
from dynamite_widget.training.step import Outcome, TrainingStep
from tests.training.conftest import SMALL

RECORD = find_model("dynamite-lite")
ALONE = Processes(0, 1, torch.device("cpu"))


def test_a_few_steps_on_the_same_scenes_lower_the_loss(photographs: list[Photograph]) -> None:
    torch.manual_seed(0)
    scenes = iter(Scenes(photographs, replace(SMALL, paste=0.0)))
    batch = collate([next(scenes) for _ in range(2)])
    network = DynaMITe(LITE).train()
    step = TrainingStep(network, SMALL, RECORD)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    losses = []
    for _ in range(8):
        outcome = step(batch, rounds=1)
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
    batch = collate([next(scenes) for _ in range(4)])
    TrainingStep(network, SMALL, RECORD)(batch, 1).loss.backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None]
    assert idle == []


def test_a_step_may_compute_in_half_precision(photographs: list[Photograph]) -> None:
    torch.manual_seed(0)
    scenes = iter(Scenes(photographs, SMALL))
    batch = collate([next(scenes) for _ in range(2)])
    step = TrainingStep(DynaMITe(LITE).train(), SMALL, RECORD)
    exact = step(batch, 0).loss
    with torch.autocast("cpu", torch.bfloat16):
        rounded = step(batch, 0).loss
    rounded.backward()
    assert rounded.item() == pytest.approx(exact.item(), rel=0.2)
    assert all(p.grad is None or p.grad.isfinite().all() for p in step.parameters())


def test_only_the_refiner_learns_and_the_rest_stays_to_the_last_bit(
    photographs: list[Photograph],
) -> None:
    torch.manual_seed(0)
    network = DynaMITe(LITE)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    config = replace(SMALL, steps=2, learn=("refiner",), batch_norm="all")
    run = Run(network, RECORD, config, ALONE)
    assert len(list(run.steps(scene_batches(photographs, config, Machine(), ALONE)))) == 2
    after = network.state_dict()
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed
    assert {name.split(".")[0] for name in changed} == {"refiner"}
    assert any("running_mean" in name for name in changed)


def test_a_run_in_which_nothing_would_learn_is_refused() -> None:
    config = replace(SMALL, learn=("refinery",))
    with pytest.raises(ValueError, match="there is no 'refinery'; parts of this network: backbone"):
        Run(DynaMITe(LITE), RECORD, config, ALONE)


def state_step(out: Path, run: Run) -> int:
    """Step of the state beside weights, which is taken over."""
    state = state_beside(out)
    return load_state(state, run.network, run.mean, run.optimiser, run.config)


def test_a_stopped_run_goes_on(photographs: list[Photograph], tmp_path: Path) -> None:
    out, seen = tmp_path / "runs" / "my.safetensors", []

    def go_on(config: TrainingConfig) -> DynaMITe:
        network = DynaMITe(LITE)
        return train(network, RECORD, photographs, config, Machine(), out, seen.append)

    go_on(replace(SMALL, steps=2))
    trained = go_on(SMALL)
    assert [progress.step for progress in seen] == [1, 2, 3, 4]
    fresh = Run(DynaMITe(LITE), RECORD, SMALL, ALONE)
    assert state_step(out, fresh) == 4
    written, record = load_network("dynamite-lite", out)
    name = "interactive_transformer.query_embed"
    kept = trained.state_dict()[name]
    assert torch.equal(kept, fresh.mean.network.state_dict()[name])
    assert torch.allclose(kept, written.state_dict()[name], atol=2e-3)  # written in half precision
    assert record == RECORD


def test_an_interrupted_run_keeps_its_steps(photographs: list[Photograph], tmp_path: Path) -> None:
    out = tmp_path / "my.safetensors"

    def interrupt(progress: Progress) -> None:
        if progress.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(DynaMITe(LITE), RECORD, photographs, SMALL, Machine(), out, interrupt)
    fresh = Run(DynaMITe(LITE), RECORD, SMALL, ALONE)
    assert state_step(out, fresh) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"learning_rate": 0.1}, "learning_rate: 0.0005 there, 0.1 now"),
        ({"learn": ("refiner",)}, r"learn: \(\) there, \('refiner',\) now"),
    ],
)
def test_a_run_with_other_settings_does_not_go_on(
    photographs: list[Photograph], tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    out = tmp_path / "my.safetensors"

    def go_on(config: TrainingConfig) -> None:
        train(DynaMITe(LITE), RECORD, photographs, config, Machine(), out, lambda _: None)

    go_on(replace(SMALL, steps=1))
    with pytest.raises(ValueError, match=words) as refused:
        go_on(replace(SMALL, **change))
    assert "my.state.pt is not the state of this run" in str(refused.value)
    assert "--overwrite begins anew" in str(refused.value)


@pytest.mark.parametrize("part", [0, 100, 50_000])
def test_a_broken_state_is_named(photographs: list[Photograph], tmp_path: Path, part: int) -> None:
    out = tmp_path / "my.safetensors"
    once = replace(SMALL, steps=1)
    train(DynaMITe(LITE), RECORD, photographs, once, Machine(), out, lambda _: None)
    state_beside(out).write_bytes(state_beside(out).read_bytes()[:part])
    with pytest.raises(ValueError, match=r"my\.state\.pt is not the state of this run"):
        train(DynaMITe(LITE), RECORD, photographs, SMALL, Machine(), out, lambda _: None)


def test_a_resumed_run_draws_other_rounds_than_before(
    photographs: list[Photograph], tmp_path: Path
) -> None:
    out = tmp_path / "my.safetensors"
    train(
        DynaMITe(LITE), RECORD, photographs, replace(SMALL, steps=1), Machine(), out, lambda _: None
    )
    draws = []
    for _ in range(2):
        torch.manual_seed(SMALL.seed)
        Run(DynaMITe(LITE), RECORD, SMALL, ALONE, state_beside(out) if draws else None)
        draws.append([draw_rounds(replace(SMALL, rounds=100)) for _ in range(8)])
    assert draws[0] != draws[1]


def test_a_gradient_that_is_not_finite_teaches_nothing_and_ends_a_run_if_it_stays(
    photographs: list[Photograph], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    scenes = iter(Scenes(photographs, SMALL))
    batch = collate([next(scenes) for _ in range(2)])
    run = Run(DynaMITe(LITE), RECORD, replace(SMALL, steps=100), ALONE)
    forward, spoilt = TrainingStep.forward, [False]

    def sometimes_broken(self: TrainingStep, batch: SceneBatch, rounds: int) -> Outcome:
        outcome = forward(self, batch, 0)
        return replace(outcome, loss=outcome.loss * math.nan) if spoilt[0] else outcome

    monkeypatch.setattr(TrainingStep, "forward", sometimes_broken)
    steps = run.steps(iter([batch] * 100))
    first, _ = next(steps)
    spoilt[0] = True
    second, _ = next(steps)
    assert second.step == first.step + 1
    assert second.loss == first.loss
    weights = [*run.network.parameters(), *run.mean.network.parameters()]
    assert all(weight.isfinite().all() for weight in weights)
    with pytest.raises(FloatingPointError, match="20 steps in a row are not finite"):
        list(steps)


def test_a_full_disk_leaves_the_last_state_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "my.state.pt"
    path.write_bytes(b"before")

    def full(_state: object, draft: Path) -> None:
        draft.write_bytes(b"half of it")
        raise RuntimeError("[enforce fail at inline_container.cc] unexpected pos")

    monkeypatch.setattr(torch, "save", full)
    run = Run(DynaMITe(LITE), RECORD, SMALL, ALONE)
    with pytest.raises(OSError, match=r"my\.state\.pt cannot be written: .*unexpected pos"):
        save_state(path, run.network, run.mean, run.optimiser, 1, SMALL)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


def test_a_run_ends_when_its_time_is_over() -> None:
    config = replace(SMALL, steps=None, minutes=2.0)
    assert config.part(step=1000, seconds=60) == 0.5
    assert config.part(step=1, seconds=120) == 1.0
    assert replace(config, steps=100).part(step=90, seconds=60) == 0.9
    with pytest.raises(ValueError, match="needs an end"):
        replace(config, minutes=None)


def test_the_rate_rises_stays_and_falls() -> None:
    config = TrainingConfig(learning_rate=1.0, warmup=10, cooldown=0.5)
    assert math.isclose(config.rate(4, 0.0), 0.5)
    assert config.rate(100, 0.3) == 1.0
    assert math.isclose(config.rate(100, 0.75), 0.51)
    assert math.isclose(config.rate(100, 1.0), 0.02)


def test_the_time_left_shrinks_with_what_is_done(photographs: list[Photograph]) -> None:
    torch.manual_seed(0)
    scenes = iter(Scenes(photographs, SMALL))
    batch = collate([next(scenes) for _ in range(2)])
    run = Run(DynaMITe(LITE), RECORD, SMALL, ALONE)
    seen: list[Progress] = [progress for progress, _ in run.steps(iter([batch] * 4))]
    assert [progress.part for progress in seen] == [0.25, 0.5, 0.75, 1.0]
    assert seen[0].seconds_left > 0 == seen[-1].seconds_left


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"crop": 100}, "multiple of 32"),
        ({"batch": 0}, "more than 0"),
        ({"steps": -1}, "steps"),
        ({"points": 0}, "points is 0"),
        ({"learning_rate": math.inf}, "learning_rate is inf"),
        ({"ema": 2}, "ema is 2; it must be from 0 to 1"),
    ],
)
def test_impossible_settings_are_refused(setting: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **setting)


def test_few_corrections_are_drawn_more_often_than_many_but_the_paper_draws_evenly() -> None:
    torch.manual_seed(0)

    def drawn(protocol: Protocol) -> torch.Tensor:
        config = TrainingConfig(protocol=protocol, rounds=7)
        return torch.bincount(torch.tensor([draw_rounds(config) for _ in range(4000)]))

    dense, paper = drawn("dense"), drawn("paper")
    assert len(dense) == len(paper) == 8
    assert dense[:2].sum() == pytest.approx(2000, abs=150)
    assert dense[7] > 150
    assert paper.tolist() == pytest.approx([500] * 8, abs=100)
