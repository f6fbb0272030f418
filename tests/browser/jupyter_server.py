"""Starts a JupyterLab server of its own for browser tests, untouched by the person's settings."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_LIMIT_SECONDS = 120


@dataclass(frozen=True)
class JupyterServer:
    """A running JupyterLab.

    Attributes:
        url: address without a trailing slash.
        token: what a browser must show to be let in.
        folder: where its notebooks lie.
    """

    url: str
    token: str
    folder: Path

    def notebook_address(self, name: str) -> str:
        """Address that opens a notebook of the folder in a fresh JupyterLab workspace."""
        return f"{self.url}/lab/tree/{name}?token={self.token}&reset"


@contextmanager
def running_jupyter_server(home: Path) -> Iterator[JupyterServer]:
    """Run JupyterLab with everything it reads and writes under `home`; it ends with the block.

    Args:
        home: an empty folder.

    Yields:
        The server, once it answers.

    Raises:
        RuntimeError: if it ends or stays silent; the message carries its log.
    """
    folder = home / "notebooks"
    folder.mkdir()
    notification = home / "settings" / "@jupyterlab" / "apputils-extension"
    notification.mkdir(parents=True)
    # A toast about news would cover the canvas.
    (notification / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True})
    )
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    port, token = _free_port(), secrets.token_hex(16)
    log = home / "server.log"
    with log.open("wb") as log_file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={folder}",
                f"--IdentityProvider.token={token}",
                "--LabApp.expose_app_in_browser=True",
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
        )
        try:
            server = JupyterServer(f"http://127.0.0.1:{port}", token, folder)
            _wait_until_it_answers(server, process, log)
            yield server
        finally:
            process.terminate()  # the server shuts its kernels down before it goes
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(
    server: JupyterServer, process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{server.url}/api?token={server.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start; its log:\n{log.read_text()[-4000:]}")
