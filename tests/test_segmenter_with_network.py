"""The segmenter with the embedded model's network: what must hold to the bit."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamite_widget import Click, devices
from dynamite_widget.extents import Box
from dynamite_widget.models.checkpoint import WeightsRecord, save_weights
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe, ImageFeatures
from dynamite_widget.models.previous_answer import PreviousAnswer
from dynamite_widget.models.registry import find_model
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.segmenting import Answered

LITE_RECORD = find_model("dynamite-lite")
# Noise has no objects that a network without training would find small.
SMALL_OBJECT = np.zeros((400, 500), np.uint16)
SMALL_OBJECT[80:100, 110:130] = 1
CLICKS = [Click(20, 10, 3), Click(70, 40, 8), Click(2, 45), Click(25, 14, 3)]


@pytest.fixture(scope="module")
def network() -> DynaMITe:
    """A network of random weights whose answers are not all the same."""
    torch.manual_seed(0)
    network = DynaMITe(LITE)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


@pytest.fixture
def segmenter(network: DynaMITe) -> Segmenter:
    return Segmenter(network, LITE_RECORD, device="cpu", short_side=64)


def photograph(height: int = 50, width: int = 80, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_cached_and_fresh_features_give_the_same_bits(segmenter: Segmenter) -> None:
    first = segmenter.encode(photograph())
    fresh = segmenter.segment(first, CLICKS)
    assert segmenter.encode(photograph()) is first
    cached = segmenter.segment(first, CLICKS)
    segmenter.forget(first)
    again = segmenter.encode(photograph())
    assert again is not first
    for label_map in (cached, segmenter.segment(again, CLICKS)):
        np.testing.assert_array_equal(label_map, fresh)
    assert len(np.unique(fresh)) > 1


def test_what_tries_out_a_device_answers_a_click(
    network: DynaMITe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only devices other than the CPU are tried out; here one is that is the CPU in truth."""
    other = torch.device("cpu", 0)
    tried: list[torch.device] = []
    monkeypatch.setattr(devices, "available_devices", lambda: [other, devices.CPU])
    segment = DynaMITe.segment

    def noted(self: DynaMITe, features: ImageFeatures, *rest: Any) -> Tensor:  # noqa: ANN401
        tried.append(features.device)
        return segment(self, features, *rest)

    monkeypatch.setattr(DynaMITe, "segment", noted)
    assert Segmenter(network, LITE_RECORD).device == other
    assert tried


def test_segmenting_leaves_the_features_as_they_were(segmenter: Segmenter) -> None:
    features = segmenter.encode(photograph())
    first = segmenter.segment(features, CLICKS)
    segmenter.segment(features, [Click(60, 5, 1), Click(3, 3, 2)])
    np.testing.assert_array_equal(segmenter.segment(features, CLICKS), first)


def test_several_threads_get_the_answers_that_one_would_get(segmenter: Segmenter) -> None:
    def answer(seed: int) -> bytes:
        features = segmenter.encode(photograph(seed=seed % 2))
        return segmenter.segment(features, [*CLICKS[seed % 3 :], Click(seed, 5, 1)]).tobytes()

    expected = [answer(seed) for seed in range(6)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(answer, range(6))) == expected


def test_an_earlier_answer_is_told_to_the_network_in_its_own_cells_and_numbers(
    segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[PreviousAnswer | None] = []
    segment = DynaMITe.segment

    def noted(*given: Any) -> Tensor:  # noqa: ANN401
        told.append(given[-1])
        return segment(*given)

    monkeypatch.setattr(DynaMITe, "segment", noted)
    features = segmenter.encode(photograph(32, 32))
    shown = np.zeros((32, 32), np.uint16)
    shown[:16, :16], shown[16:, :16], shown[:, 16:] = 8, 3, 99
    clicks = [Click(5, 25, 3), Click(5, 5, 8), Click(30, 5, 8)]
    segmenter.segment(features, clicks, Answered(shown, 2))
    (previous,) = told
    assert previous is not None
    assert previous.since == 2
    labels = previous.labels[0]
    assert labels.shape == (16, 16), "of the input, twice as large as the photograph"
    assert (labels[:8, :8] == 2).all()
    assert (labels[8:, :8] == 1).all()
    assert (labels[:, 8:] == 0).all(), "an object without clicks counts as background"


@pytest.mark.parametrize(
    ("previous", "error", "says"),
    [
        (np.zeros((50, 80), np.uint16), TypeError, "Answered"),
        (Answered(np.zeros((50, 81), np.uint16), 1), ValueError, r"\(50, 80\)"),
        (Answered(np.zeros((50, 80)), 1), ValueError, "whole numbers"),
        (Answered(np.zeros((50, 80), np.uint16), 5), ValueError, "5 clicks"),
        (Answered(np.zeros((50, 80), np.uint16).tolist(), 1), TypeError, "list; give a numpy"),
    ],
)
def test_what_is_no_answer_to_these_clicks_is_refused(
    segmenter: Segmenter,
    previous: Any,  # noqa: ANN401
    error: type[Exception],
    says: str,
) -> None:
    features = segmenter.encode(photograph())
    with pytest.raises(error, match=says):
        segmenter.segment(features, CLICKS, previous)
    with pytest.raises(error):
        segmenter.segment(features, [Click(2, 45)], previous)


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (33, 2), (64, 64)])
@pytest.mark.parametrize("short_side", [None, 40])
def test_images_of_any_size_get_a_label_map_of_their_size(
    network: DynaMITe, size: tuple[int, int], short_side: int | None
) -> None:
    segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=short_side, long_side=128)
    features = segmenter.encode(photograph(*size))
    label_map = segmenter.segment(features, [Click(size[1] - 1, size[0] - 1, 4)])
    assert label_map.shape == size
    assert label_map[-1, -1] == 4


@pytest.mark.slow
def test_a_photograph_of_50_megapixels_is_labelled_in_bounded_memory() -> None:
    script = """
import resource
import numpy as np
from dynamite_widget import Click
from dynamite_widget.models.checkpoint import WeightsRecord, save_weights
from dynamite_widget.models.config import LITE
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.registry import find_model
from dynamite_widget.segmenter import Segmenter
from dynamite_widget.segmenting import Answered

segmenter = Segmenter(DynaMITe(LITE), find_model("dynamite-lite"), device="cpu", short_side=64)
photograph = np.full((5774, 8660, 3), 200, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
features = segmenter.encode(photograph)
label_map = segmenter.segment(features, [Click(8659, 5773, 40_000), Click(5, 5, 3)])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*label_map.shape, label_map[5773, 8659], label_map[5, 5], (after - before) // 1024)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    height, width, last, first, megabytes = map(int, run.stdout.split())
    assert (height, width, last, first) == (5774, 8660, 40_000, 3)
    assert megabytes < 1500


def test_a_full_graphics_card_changes_nothing_in_the_answer(network: DynaMITe) -> None:
    expected = answer_of(network)

    class Crowded(DynaMITe):
        """The same network on a card that has room for its weights only; its copies are not."""

        on_card: DynaMITe

        def encode(self, pixels: Tensor) -> ImageFeatures:
            if self is self.on_card:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            return super().encode(pixels)

    Crowded.on_card = Crowded(network.config)
    Crowded.on_card.load_state_dict(network.state_dict())
    with pytest.warns(RuntimeWarning, match="out of memory"):
        np.testing.assert_array_equal(answer_of(Crowded.on_card), expected)


def answer_of(network: DynaMITe) -> np.ndarray:
    segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=64)
    return segmenter.segment(segmenter.encode(photograph()), CLICKS)


@pytest.fixture(scope="module")
def weights(network: DynaMITe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    save_weights(path, network.state_dict(), WeightsRecord.of(LITE_RECORD, "a test"))
    return path


def test_a_model_is_loaded_from_a_file_and_answers_as_the_network_it_came_from(
    network: DynaMITe, weights: Path
) -> None:
    segmenter = Segmenter.load("dynamite-lite", checkpoint=weights, device="cpu", short_side=64)
    label_map = segmenter.segment(segmenter.encode(photograph()), CLICKS)
    different = np.mean(label_map != answer_of(network))
    assert different < 0.002, "only rounding may differ"
    assert segmenter.record.name == "dynamite-lite"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pth"):
        Segmenter.load("dynamite-swin-tiny", checkpoint=tmp_path / "nowhere.pth")


def test_a_model_whose_weights_must_be_fetched_says_so() -> None:
    with pytest.raises(ValueError, match=r"dynamite_resnet50\.pth"):
        Segmenter.load("dynamite-resnet50")


def test_close_ups_are_kept_for_the_next_click_and_given_back_with_their_photograph(
    network: DynaMITe,
) -> None:
    segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=64)
    features = segmenter.encode(photograph(400, 500))
    clicks = [Click(120, 90, 1)]
    segmenter.segment(features, clicks, Answered(SMALL_OBJECT, 0))
    entries = segmenter.cache_info().entries
    assert entries > 1
    segmenter.segment(features, [*clicks, Click(122, 92, 1)], Answered(SMALL_OBJECT, 1))
    assert segmenter.cache_info().entries == entries
    segmenter.forget(features)
    assert segmenter.cache_info().entries == 0


def test_without_close_ups_nothing_but_the_photograph_is_encoded(network: DynaMITe) -> None:
    segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=64, close_ups=False)
    features = segmenter.encode(photograph(400, 500))
    segmenter.segment(features, [Click(120, 90, 1)], Answered(SMALL_OBJECT, 0))
    assert segmenter.cache_info().entries == 1
    assert features.pixels is None


def test_where_it_looked_ahead_the_first_click_encodes_one_window_less(network: DynaMITe) -> None:
    encoded = []
    for ahead in (False, True):
        segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=64)
        features = segmenter.encode(photograph(400, 500))
        if ahead:
            segmenter.look_ahead(features, [Box(0, 0, 400, 300)])  # too large for a second look
            assert segmenter.cache_info().entries == 1
            segmenter.look_ahead(features, [Box(111, 82, 20, 20)])  # almost where it will be
            assert segmenter.cache_info().entries == 2
        before = segmenter.cache_info().misses
        segmenter.segment(features, [Click(120, 90, 1)], Answered(SMALL_OBJECT, 0))
        encoded.append(segmenter.cache_info().misses - before)
    assert encoded[1] == encoded[0] - 1


def test_a_guess_is_the_answer_and_given_up_between_two_steps_of_it(network: DynaMITe) -> None:
    segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=64)
    features = segmenter.encode(photograph(400, 500))
    clicks = [Click(120, 90, 1), Click(300, 200, 2)]
    steps = 0

    def unwanted() -> bool:
        nonlocal steps
        steps += 1
        return steps == last

    last = -1
    whole = segmenter.guess(features, clicks, Answered(SMALL_OBJECT, 0), unwanted)
    np.testing.assert_array_equal(
        whole, segmenter.segment(features, clicks, Answered(SMALL_OBJECT, 0))
    )
    steps = 0
    segmenter.guess(features, clicks, Answered(SMALL_OBJECT, 0), unwanted)
    every = steps  # windows are encoded by now
    assert every > 10, "so often it can be given up"
    for last in (1, every // 2, every):
        steps = 0
        assert segmenter.guess(features, clicks, Answered(SMALL_OBJECT, 0), unwanted) is None
        assert steps == last
    assert segmenter.segment(features, clicks).any(), "what is asked is answered"


def test_close_ups_show_the_photograph_as_it_was_encoded(network: DynaMITe) -> None:
    answers = []
    for change in (False, True):
        segmenter = Segmenter(network, LITE_RECORD, device="cpu", short_side=64)
        image = photograph(400, 500)
        features = segmenter.encode(image)
        if change:
            image[:] = 0
        answers.append(segmenter.segment(features, [Click(120, 90, 1)], Answered(SMALL_OBJECT, 0)))
    np.testing.assert_array_equal(*answers)
