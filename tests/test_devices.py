"""The choice of a device. "meta" stands for a graphics card: every machine has it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dynamite_widget import devices
from dynamite_widget.devices import CPU, PlacedNetwork, available_devices

CARD = torch.device("meta")


@pytest.fixture
def with_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available_devices", lambda: [CARD, CPU])


def place(network: nn.Module, device: str | None = None, lacking: str = "") -> PlacedNetwork:
    def works(_network: nn.Module, device: torch.device) -> None:
        if device == CARD and lacking:
            raise NotImplementedError(f"{lacking} is not implemented\nand much more to read")

    return PlacedNetwork(network, device, works=works, free=lambda: None)


def test_the_cpu_is_always_there_and_taken_last() -> None:
    assert available_devices()[-1] == CPU


@pytest.mark.usefixtures("with_card")
def test_a_card_on_which_everything_works_is_chosen() -> None:
    network = nn.Linear(2, 2)
    assert place(network).device == CARD
    assert network.weight.device == CARD


@pytest.mark.usefixtures("with_card")
def test_a_card_that_lacks_an_operation_is_left_out_with_the_reason() -> None:
    network = nn.ReLU()
    with pytest.warns(
        RuntimeWarning, match=r"meta cannot be used: grid_sample is not implemented$"
    ):
        assert place(network, lacking="grid_sample").device == CPU


def test_a_card_asked_for_is_not_put_to_the_test() -> None:
    assert place(nn.ReLU(), "meta", lacking="grid_sample").device == CARD


class Large(nn.Module):
    """Does not fit on the card."""

    def to(self, device: torch.device) -> Large:
        if device == CARD:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return self


def test_a_network_too_large_for_the_card_runs_on_the_cpu_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="meta cannot be used: CUDA out of memory"):
        assert place(Large(), "meta").device == CPU


@pytest.mark.parametrize(
    "words",
    ["CUDA out of memory.", "MPS backend out of memory", "CUBLAS_STATUS_ALLOC_FAILED when calling"],
)
def test_a_full_memory_is_recognised_in_the_words_of_each_backend(words: str) -> None:
    tries: list[torch.device] = []

    def work(_network: nn.Module, device: torch.device) -> str:
        tries.append(device)
        if len(tries) < 3:
            raise RuntimeError(words)
        return "done"

    freed: list[bool] = []
    placed = PlacedNetwork(
        nn.ReLU(), "meta", works=lambda *_: None, free=lambda: freed.append(True)
    )
    with pytest.warns(RuntimeWarning, match="out of memory"):
        assert placed.run(work) == "done"
    assert tries == [CARD, CARD, CPU]
    assert freed == [True]


def test_work_on_the_cpu_that_fails_for_another_reason_is_not_repeated() -> None:
    tries: list[torch.device] = []

    def work(_network: nn.Module, device: torch.device) -> None:
        tries.append(device)
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        place(nn.ReLU(), "cpu").run(work)
    assert tries == [CPU]
