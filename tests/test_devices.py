"""The choice of a device. "meta" stands for a graphics card: every machine has it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import dynamite_widget as dw
from dynamite_widget import devices, samples
from dynamite_widget.devices import CPU, PlacedNetwork, available_devices
from dynamite_widget.models import positional_encoding

CARD = torch.device("meta")


@pytest.fixture
def with_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available_devices", lambda: [CARD, CPU])


def place(
    network: nn.Module,
    device: str | None = None,
    lacking: str = "",
    error: type[Exception] = NotImplementedError,
) -> PlacedNetwork:
    def works(_network: nn.Module, device: torch.device) -> None:
        if device == CARD and lacking:
            raise error(f"{lacking} is not implemented\nand much more to read")

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


@pytest.mark.usefixtures("with_card")
def test_a_card_that_lacks_a_type_is_left_out_with_the_reason() -> None:
    """PyTorch says so of Apple's graphics chips with a TypeError."""
    with pytest.warns(RuntimeWarning, match=r"meta cannot be used: float64 is not implemented$"):
        assert place(nn.ReLU(), lacking="float64", error=TypeError).device == CPU


class WithoutDoubles(TorchDispatchMode):
    """As Apple's graphics chips answer: no tensor may be of float64."""

    def __torch_dispatch__(
        self,
        operation: Any,  # noqa: ANN401 - as in the base class
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        result = operation(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and result.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return result


def test_the_embedded_network_answers_where_there_is_no_float64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    segmenter = dw.Segmenter.load(device="cpu")
    features = segmenter.encode(samples.path("coffee.jpg"))
    first = [dw.Click(x=200, y=130, object_id=1), dw.Click(x=20, y=20)]
    clicks = [*first, dw.Click(x=60, y=300, object_id=2), dw.Click(x=210, y=140, object_id=2)]
    exact = segmenter.segment(features, first)
    went_on = segmenter.segment(features, clicks, dw.Answered(exact, 2))
    with WithoutDoubles(), pytest.raises(TypeError, match="float64"):
        segmenter.segment(features, first)

    monkeypatch.setattr(positional_encoding, "_WITHOUT_DOUBLES", ("cpu",))
    with WithoutDoubles():
        assert (segmenter.segment(features, first) == exact).mean() > 0.999
        again = segmenter.segment(features, clicks, dw.Answered(exact, 2))
    assert (again == went_on).mean() > 0.999


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
