"""Starts a web server of somebody else's for browser tests, and ends it again."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_START_LIMIT_SECONDS = 120


def free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(
    command: list[str], address: str, log: Path, *, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server until the block ends.

    Args:
        command: program and arguments.
        address: answers as soon as the server does.
        log: file that takes what the server says.
        environment: variables on top of this process's own.

    Raises:
        RuntimeError: if it ends or stays silent; the message carries its log.
    """
    with log.open("wb") as log_file:
        process = subprocess.Popen(
            command,
            env=os.environ | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_it_answers(address, process, log)
            yield
        finally:
            process.terminate()  # a Jupyter server shuts its kernels down before it goes
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=60):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start; its log:\n{log.read_text()[-4000:]}")
