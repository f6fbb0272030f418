"""What screen stories share: a page that hosts a widget without a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
from tests.screen.host import Host

SIZE = (300, 200)
"""(width, height) of the picture."""

OpenHost = Callable[..., Host]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert failures == []


@pytest.fixture
def segmenter() -> NearestClick:
    return NearestClick(reach=30)


@pytest.fixture
def open_host(page: Page, segmenter: NearestClick) -> Iterator[OpenHost]:
    widgets: list[SegmentationWidget] = []

    def open_one(**settings: object) -> Host:
        picture = Image.linear_gradient("L").resize(SIZE).convert("RGB")
        widgets.append(SegmentationWidget(picture, segmenter=segmenter, **settings))
        return Host(page, widgets[-1])

    yield open_one
    for widget in widgets:
        widget.close()


@pytest.fixture
def host(open_host: OpenHost) -> Host:
    return open_host()
