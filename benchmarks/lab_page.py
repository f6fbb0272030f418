"""A real JupyterLab and a browser without a graphics card, to measure in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import QUIET, find_chromium
from tests.browser.jupyter_server import JupyterServer, running_jupyter_server


class LabPage(NamedTuple):
    """What measuring in JupyterLab needs.

    Attributes:
        home: a folder that lives as long.
        server: JupyterLab.
        browser: Chromium.
        page: still empty, 1400 × 1100.
    """

    home: Path
    server: JupyterServer
    browser: Browser
    page: Page


@contextmanager
def lab_page() -> Iterator[LabPage]:
    """Start all of it, and end it afterwards."""
    with (
        tempfile.TemporaryDirectory() as home,
        running_jupyter_server(Path(home)) as server,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET)) as browser,
    ):
        page = browser.new_page(viewport={"width": 1400, "height": 1100})
        yield LabPage(Path(home), server, browser, page)
