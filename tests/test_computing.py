"""Whoever asks, a processor computes in one thread, one thing after another."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from dynamite_widget import computing
from dynamite_widget.background_jobs import BackgroundJobs
from dynamite_widget.computing import compute, computing_here
from dynamite_widget.devices import PlacedNetwork


def test_work_is_done_in_another_thread_whoever_asks() -> None:
    asked_by_main = compute(threading.get_ident)
    with ThreadPoolExecutor(1) as pool:
        asker = pool.submit(threading.get_ident).result()
        asked_by_other = pool.submit(compute, threading.get_ident).result()
    assert asked_by_main != threading.get_ident()
    assert asked_by_other not in (asker, threading.get_ident())


def test_one_thing_is_done_after_another() -> None:
    at_work: list[int] = []
    most = 0

    def work() -> None:
        nonlocal most
        at_work.append(1)
        most = max(most, len(at_work))
        time.sleep(0.005)
        at_work.pop()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(compute, work) for _ in range(24)]:
            done.result()
    assert most == 1


def test_the_thread_stays_for_the_next_click_and_ends_some_seconds_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(computing, "_jobs", BackgroundJobs(linger=0.3))
    thread = compute(threading.current_thread)
    time.sleep(0.05)
    assert compute(threading.current_thread) is thread
    thread.join(5)
    assert not thread.is_alive()
    assert compute(threading.current_thread) is not thread


def test_a_thread_that_stays_does_not_hold_up_the_end_of_python() -> None:
    script = "from dynamite_widget.computing import compute; compute(lambda: None)"
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    assert time.monotonic() - began < computing._LINGER_SECONDS


def test_an_error_comes_to_whoever_asked() -> None:
    def fail() -> None:
        raise ValueError("this photograph is broken")

    with pytest.raises(ValueError, match="this photograph is broken"):
        compute(fail)
    assert compute(lambda: 7) == 7


def test_work_may_ask_for_more_work() -> None:
    outer, inner = compute(lambda: (threading.get_ident(), compute(threading.get_ident)))
    assert outer == inner


def test_a_thread_that_computes_anyway_does_it_itself() -> None:
    with computing_here():
        assert compute(threading.get_ident) == threading.get_ident()
    assert compute(threading.get_ident) != threading.get_ident()


def test_networks_on_the_processor_run_there_without_gradients() -> None:
    placed = PlacedNetwork(
        torch.nn.Linear(2, 2), "cpu", works=lambda _network, _device: None, free=lambda: None
    )

    def work(network: torch.nn.Linear, device: torch.device) -> tuple[int, bool, torch.Tensor]:
        answer = network(torch.ones(1, 2, device=device))
        return threading.get_ident(), torch.is_grad_enabled(), answer

    thread, gradients, answer = placed.run(work)
    assert thread != threading.get_ident()
    assert not gradients
    assert not answer.requires_grad
    np.testing.assert_array_equal(
        answer.numpy(), placed.run(lambda network, _: network(torch.ones(1, 2)).numpy())
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_a_thread_of_its_own() -> None:
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait(10)

    busy = threading.Thread(target=compute, args=(work,))
    busy.start()
    assert begun.wait(10)
    child = os.fork()
    if not child:
        os._exit(0 if compute(lambda: 7) == 7 else 1)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    end.set()
    busy.join()
    if ended[0] == 0:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert ended == (child, 0)
