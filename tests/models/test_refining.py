"""Refining objects in windows gives what refining them everywhere gives, where they may be."""

from __future__ import annotations

import pytest
import torch

from dynamite_widget.models import refining
from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.refiner import Cues, Refiner, RefinerMemory
from dynamite_widget.models.windows import Window


@pytest.fixture(scope="module")
def network() -> DynaMITe:
    """A network whose corrections decide: near its own click an object is, elsewhere not."""
    torch.manual_seed(0)
    network = DynaMITe(LITE).eval()
    with torch.no_grad():
        refiner = network.refiner
        refiner.correction.weight.zero_()
        refiner.merge4[0].weight.zero_()
        refiner.cues4[0].weight.zero_()
        refiner.up4[0].weight.zero_()
        refiner.image4[0].weight.zero_()
        refiner.cues4[0].weight[0, 3, 1, 1] = 1.0  # closeness to an own click, of middle width
        refiner.merge4[0].weight[0, 0, 1, 1] = 1.0
        refiner.correction.weight[0, 0, 1, 1] = 400.0
        refiner.correction.bias.fill_(-100.0)
    return network


def clicks_on_a_grid(objects: int, height: int, width: int) -> ClickTensors:
    torch.manual_seed(1)
    points = torch.rand(objects, 2) * torch.tensor([height, width])
    return ClickTensors(points, torch.arange(objects), torch.arange(objects))


def refine(network: DynaMITe, clicks: ClickTensors) -> torch.Tensor:
    features = network.encode(torch.randn(1, 3, 192, 256))
    assert features.refiner is not None
    prediction = network.predict(features, clicks)
    logits = prediction.groups.maxima(prediction.logits)
    cues = network.cues(features, clicks, prediction.groups, logits)
    return refining.refine_objects(network.refiner, features.refiner, cues, logits)


def everywhere(
    refiner: Refiner, memory: RefinerMemory, cues: Cues, background: torch.Tensor
) -> list[Window]:
    height, width = background.shape[-2:]
    return [Window(i, 0, 0, (height, width)) for i in range(cues.own.shape[1])]


@torch.inference_mode()
def test_windows_change_no_label(network: DynaMITe, monkeypatch: pytest.MonkeyPatch) -> None:
    features = network.encode(torch.randn(1, 3, 192, 256))
    clicks = clicks_on_a_grid(8, 192, 256)
    windowed = network.segment(features, clicks, (192, 256), (192, 256))
    monkeypatch.setattr(refining, "find_windows", everywhere)
    whole = network.segment(features, clicks, (192, 256), (192, 256))
    assert windowed.unique().numel() == 9
    assert torch.equal(windowed, whole)


@torch.inference_mode()
def test_objects_are_looked_for_around_their_clicks_only(network: DynaMITe) -> None:
    clicks = clicks_on_a_grid(8, 192, 256)
    refined = refine(network, clicks)
    looked_for = torch.isfinite(refined[0, 1:]).float().mean((1, 2))
    assert looked_for.mean() < 0.75
    cell = (clicks.points / 4).long()
    for index, (y, x) in enumerate(cell.tolist()):
        assert torch.isfinite(refined[0, 1 + index, y, x])


@torch.inference_mode()
def test_an_object_that_reaches_the_edge_of_its_window_is_refined_beyond_it(
    network: DynaMITe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_small(*given: object) -> list[Window]:
        return [Window.around(i, slice(y, y + 1), slice(x, x + 1), (48, 64)) for i, y, x in middles]

    clicks = clicks_on_a_grid(3, 192, 256)
    middles = [(i, *cell) for i, cell in enumerate((clicks.points / 4).long().tolist())]
    torch.manual_seed(2)
    whole = refine(network, clicks)
    monkeypatch.setattr(refining, "find_windows", too_small)
    torch.manual_seed(2)
    windowed = refine(network, clicks)
    assert (whole.argmax(1) > 0).sum() > 3 * 16 * 16
    assert torch.equal(windowed.argmax(1), whole.argmax(1))


@torch.inference_mode()
def test_a_single_object_is_refined_everywhere(network: DynaMITe) -> None:
    refined = refine(network, clicks_on_a_grid(1, 192, 256))
    assert refined.isfinite().all()


@torch.inference_mode()
def test_a_region_in_which_an_object_is_far_behind_everywhere_is_left_out() -> None:
    network = DynaMITe(LITE).eval()  # a refiner that was never trained corrects nothing
    memory = network.encode(torch.randn(1, 3, 256, 384)).refiner
    assert memory is not None
    own = torch.full((1, 3, 64, 96), -9.0)
    own[0, 0, 8:24, 8:24] = 5.0
    own[0, 0, 8:24, 40:56] = -0.5
    own[0, 0, 8:24, 72:88] = -1.5
    far = torch.full((1, 3, 2, 64, 96), -1e4)
    cues = Cues(own, torch.zeros_like(own), far, torch.zeros_like(far))
    windows = refining.find_windows(network.refiner, memory, cues, torch.zeros(1, 1, 64, 96))
    assert {window.index for window in windows} == {0}
    found = torch.zeros(64, 96)
    for window in windows:
        window.of(found).fill_(1.0)
    assert found[8:24, 8:24].all()
    assert found[8:24, 40:56].all()
    assert not found[:, 68:].any()


@torch.inference_mode()
def test_clicked_cells_know_their_own_click(network: DynaMITe) -> None:
    features = network.encode(torch.randn(1, 3, 64, 96))
    points = torch.tensor([[10.0, 20.0], [40.0, 70.0], [30.0, 50.0]])
    clicks = ClickTensors(points, torch.tensor([0, 1, -1]), torch.arange(3))
    prediction = network.predict(features, clicks)
    logits = prediction.groups.maxima(prediction.logits)
    cues = network.cues(features, clicks, prediction.groups, logits)
    for index, (y, x) in enumerate(((10 // 4, 20 // 4), (40 // 4, 70 // 4))):
        own, other = cues.near[0, index, :, y, x]
        assert own > -1
        assert other < -20
        assert cues.alike[0, index, 0, y, x] > 0.99
