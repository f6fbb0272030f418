"""The widget runs unchanged in other hosts than JupyterLab: Notebook 7, Voila and marimo.

They are no part of the development set-up: what is not installed is skipped. To run these tests,
install it beside the package: pip install notebook voila marimo.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SaveScreenshot
from tests.browser.server import free_port, running_server
from tests.browser.widget_on_screen import WidgetOnScreen

CELL = """
import dynamite_widget as dw
from dynamite_widget import samples
w = dw.SegmentationWidget(samples.path("coffee.jpg"), labels=["cup", "saucer"])
w
"""
MARIMO_APP = """
import marimo
app = marimo.App()

@app.cell
def _():
    import dynamite_widget as dw
    from dynamite_widget import samples
    w = dw.SegmentationWidget(samples.path("coffee.jpg"), labels=["cup", "saucer"])
    w
    return

if __name__ == "__main__":
    app.run()
"""
# (x, y) on things in samples/coffee.jpg.
CUP, SAUCER, TABLE = (250, 225), (110, 250), (530, 100)


def notebook_with_the_widget(folder: Path) -> Path:
    path = folder / "coffee.ipynb"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(CELL)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def jupyter_folders(home: Path) -> dict[str, str]:
    """Variables that keep a Jupyter application away from the person's own settings."""
    return {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "IPYTHONDIR": str(home / "ipython"),
    }


@contextmanager
def notebook_7(home: Path, page: Page) -> Iterator[None]:
    url, token = f"http://127.0.0.1:{(port := free_port())}", "tests"
    path = notebook_with_the_widget(home)
    command = [
        *(sys.executable, "-m", "notebook", "--no-browser", "--allow-root", f"--port={port}"),
        *(f"--ServerApp.root_dir={home}", f"--IdentityProvider.token={token}"),
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    address = f"{url}/api?token={token}"
    with running_server(command, address, home / "log", environment=jupyter_folders(home)):
        page.goto(f"{url}/notebooks/{path.name}?token={token}")
        page.wait_for_function(
            """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel
                     ?.status === "idle" """,
            timeout=120_000,
        )
        page.locator(".jp-Notebook .jp-Cell").first.click()
        page.keyboard.press("Shift+Enter")
        yield


@contextmanager
def voila(home: Path, page: Page) -> Iterator[None]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [
        *(sys.executable, "-m", "voila", str(notebook_with_the_widget(home))),
        *("--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"),
    ]
    address = f"{url}/voila/static/voila.js"
    with running_server(command, address, home / "log", environment=jupyter_folders(home)):
        page.goto(url, timeout=120_000)
        yield


@contextmanager
def marimo(home: Path, page: Page) -> Iterator[None]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    app = home / "app.py"
    app.write_text(MARIMO_APP)
    command = [
        *(sys.executable, "-m", "marimo", "run", str(app), "--headless", "--no-token"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    with running_server(command, url, home / "log", environment={"XDG_CONFIG_HOME": str(home)}):
        page.goto(url)
        yield


@pytest.mark.parametrize("host", [notebook_7, voila, marimo], ids=lambda host: host.__name__)
def test_she_clicks_on_two_things_and_both_masks_appear(
    host: object, page: Page, tmp_path: Path, save_screenshot: SaveScreenshot
) -> None:
    assert callable(host)
    name = host.__name__
    package = name.removesuffix("_7")
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    with host(tmp_path, page):
        widget = WidgetOnScreen(page.locator(".dynamite-widget"))
        widget.wait_until_it_shows_the_photograph()
        widget.click(*CUP)
        widget.key("n")
        widget.key("2")
        widget.click(*SAUCER)
        painted = widget.painted([CUP, SAUCER, TABLE])
        save_screenshot(f"host_{name}")
    assert [alpha > 0 for *_, alpha in painted] == [True, True, False]
    assert widget.size == (600, 400)
