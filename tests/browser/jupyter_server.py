"""Starts a JupyterLab server of its own for browser tests, untouched by the person's settings."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.server import free_port, running_server


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
    environment = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    port, token = free_port(), secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        f"--IdentityProvider.token={token}",
        "--LabApp.expose_app_in_browser=True",
    ]
    server = JupyterServer(f"http://127.0.0.1:{port}", token, folder)
    address, log = f"{server.url}/api?token={token}", home / "server.log"
    with running_server(command, address, log, environment=environment):
        yield server
