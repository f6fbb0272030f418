"""What notebook stories share: one JupyterLab, and a page for each file of tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.jupyter_server import JupyterServer, running_jupyter_server
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

REPOSITORY = Path(__file__).resolve().parents[2]
SCREENSHOTS = REPOSITORY / "test-results"

SaveScreenshot = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with running_jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="module")
def save_screenshot(page: Page) -> SaveScreenshot:
    """Keep a picture of the page under test-results/, to be looked at."""

    def save(name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return save


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture(scope="module")
def open_notebook(
    page: Page, jupyter_server: JupyterServer
) -> Iterator[Callable[..., NotebookPage]]:
    """Open a notebook made of the given cells, or one that lies at a path."""
    opened: list[NotebookPage] = []

    def open_one(*cells: str, path: Path | None = None) -> NotebookPage:
        notebook = NotebookPage.open(page, jupyter_server, cells=cells, path=path)
        opened.append(notebook)
        return notebook

    yield open_one
    for notebook in opened:
        notebook.shut_down_kernel()


@pytest.fixture
def widget(notebook: NotebookPage) -> WidgetOnScreen:
    """A new widget on a fresh photograph, in the first cell of the file's notebook."""
    notebook.run_cell(0)
    widget = notebook.widget()
    widget.wait_until_it_shows_the_photograph()
    return widget
