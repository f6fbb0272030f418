"""Settings of all tests, and the one Chromium that those which need a browser share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A machine may be busy: what is slow is not wrong.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all: a second Playwright cannot start in the same thread."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import QUIET, find_chromium

    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium found; scripts/install_chromium.sh says how to get one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()
