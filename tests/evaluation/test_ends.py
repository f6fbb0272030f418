"""However a run of several processes ends, none of them stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.evaluation import stand_in
from tests.evaluation.stand_in import write_label_folder

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


class Slower(stand_in.Slow):
    """Takes so long over its second image that it is interrupted there."""

    def encode(self, image: object) -> tuple[int, int]:
        if self.encoded:
            time.sleep(600)
        return super().encode(image)


def hear_ctrl_c() -> None:
    """What a shell starts in the background is deaf to Ctrl-C, and so is all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """An evaluation, and its workers at work."""
    data, out = write_label_folder(tmp_path / "data", 6), tmp_path / "run"
    command = [sys.executable, "-m", "dynamite_widget.cli", "evaluate", "--data", str(data)]
    command += ["--model", f"{__name__}:Slower", "--strategy", "worst", "--out", str(out)]
    command += ["--workers", "2"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_ctrl_c,
    )
    lines = out / "worst.jsonl"
    assert wait_for(lambda: lines.exists() and lines.read_bytes().count(b"\n") == 2)
    children = psutil.Process(process.pid).children()
    workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    yield process, workers
    for one in [process, *workers]:
        if one.pid in psutil.pids():
            os.kill(one.pid, signal.SIGKILL)


def test_workers_end_when_the_first_process_is_killed(
    running: tuple[subprocess.Popen[bytes], list[psutil.Process]],
) -> None:
    process, workers = running
    process.kill()
    assert wait_for(lambda: all(ended(worker) for worker in workers))


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_end_ends_with_its_workers_and_says_how_to_go_on(
    by: signal.Signals, running: tuple[subprocess.Popen[bytes], list[psutil.Process]]
) -> None:
    process, workers = running
    process.send_signal(by)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"The same command goes on where this one stopped." in told
    assert b"Traceback" not in told
    assert wait_for(lambda: all(ended(worker) for worker in workers))


def test_a_killed_worker_is_told_in_one_line(
    running: tuple[subprocess.Popen[bytes], list[psutil.Process]],
) -> None:
    process, workers = running
    workers[0].kill()
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    last = told.decode().strip().splitlines()[-1]
    assert last.startswith("dynamite-widget: error: a worker ended before its work was done")
    assert b"Traceback" not in told
    assert wait_for(lambda: ended(workers[1]))
