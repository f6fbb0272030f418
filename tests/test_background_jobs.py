"""Jobs in the background: one after another, in the asker's context, and no reason to wait."""

from __future__ import annotations

import contextvars
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from dynamite_widget.background_jobs import BackgroundJobs


def test_jobs_are_done_one_after_another_in_the_order_asked() -> None:
    jobs = BackgroundJobs[int]()
    at_work = threading.Semaphore(1)
    order: list[int] = []

    def work(number: int) -> int:
        assert at_work.acquire(blocking=False), "another job is being done"
        order.append(number)
        at_work.release()
        return number**2

    futures = [jobs.submit(lambda n=n: work(n)) for n in range(20)]
    assert [f.result(30) for f in futures] == [n**2 for n in range(20)]
    assert order == list(range(20))


def test_a_job_that_fails_tells_its_own_asker_only() -> None:
    jobs = BackgroundJobs[float]()
    failed, done = jobs.submit(lambda: 1 / 0), jobs.submit(lambda: 1 / 2)
    with pytest.raises(ZeroDivisionError):
        failed.result(30)
    assert done.result(30) == 0.5


def test_a_job_that_has_not_begun_can_be_taken_off_the_list() -> None:
    jobs = BackgroundJobs[str]()
    opened = threading.Event()
    first = jobs.submit(lambda: str(opened.wait(30)))
    unwanted, wanted = jobs.submit(lambda: "unwanted"), jobs.submit(lambda: "wanted")
    assert unwanted.cancel()
    opened.set()
    assert (first.result(30), wanted.result(30)) == ("True", "wanted")
    with pytest.raises(CancelledError):
        unwanted.result(30)


def test_a_job_runs_in_the_context_of_the_one_who_asked() -> None:
    cell = contextvars.ContextVar("cell", default="none")
    jobs = BackgroundJobs[str]()
    for name in ("first cell", "second cell"):
        cell.set(name)
        assert jobs.submit(cell.get).result(30) == name


def test_no_thread_stays_when_the_list_is_done() -> None:
    jobs = BackgroundJobs[threading.Thread]()
    thread = jobs.submit(threading.current_thread).result(30)
    thread.join(30)
    assert not thread.is_alive()
    assert jobs.submit(threading.current_thread).result(30) is not thread


def test_python_ends_without_working_off_the_list() -> None:
    script = """
import atexit, time
from dynamite_widget.background_jobs import BackgroundJobs
done = []
jobs = BackgroundJobs()
futures = [jobs.submit(lambda: done.append(time.sleep(0.05))) for _ in range(40)]
atexit.register(lambda: print(len(done), all(future.done() for future in futures)))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120
    )
    done, every_future_settled = run.stdout.split()
    assert int(done) < 10
    assert every_future_settled == "True", "whoever still waits for one must not wait for ever"


def test_a_script_that_still_holds_a_widget_ends() -> None:
    script = """
import numpy as np
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
pixels = np.zeros((20, 30, 3), np.uint8)
w = SegmentationWidget(Session(pixels, NearestClick()))
many = SegmentationWidget(images={"a": pixels, "b": pixels}, segmenter=NearestClick())
print("ends")
"""
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,  # a thread that is started while Python ends would be waited for for ever
        cwd=Path(__file__).parents[1],
    )
    assert (run.stdout, run.stderr, run.returncode) == ("ends\n", "", 0)
