"""An answer in the background leaves a processor to page and kernel, and PyTorch as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
import torch

from dynamite_widget import processors
from dynamite_widget.processors import leaving_one_processor

T = TypeVar("T")


@pytest.fixture(autouse=True)
def four_threads_on_four_processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(processors, "_processors", lambda: 4)
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def in_a_new_thread(work: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_in_the_background_one_processor_is_left_to_others() -> None:
    def answer() -> list[int]:
        threads = [torch.get_num_threads()]
        with leaving_one_processor():
            threads.append(torch.get_num_threads())
            threads.append(in_a_new_thread(torch.get_num_threads))
        return [*threads, torch.get_num_threads()]

    # Before, meanwhile here, meanwhile in a thread that just began, and afterwards.
    assert in_a_new_thread(answer) == [4, 3, 4, 4]
    assert torch.get_num_threads() == 4


def test_it_is_as_before_also_after_an_error() -> None:
    def fail() -> int:
        with pytest.raises(RuntimeError), leaving_one_processor():
            raise RuntimeError
        return torch.get_num_threads()

    assert in_a_new_thread(fail) == 4


def test_the_main_thread_computes_with_all_it_was_given() -> None:
    with leaving_one_processor():
        assert torch.get_num_threads() == 4


def test_who_asked_for_less_gets_no_less(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer() -> int:
        with leaving_one_processor():
            return torch.get_num_threads()

    torch.set_num_threads(2)
    assert in_a_new_thread(answer) == 2
    monkeypatch.setattr(processors, "_processors", lambda: 1)
    assert in_a_new_thread(answer) == 1
