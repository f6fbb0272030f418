"""A kernel that is restarted or ended under a widget: it says so, and shows nothing as done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.discs import DISCS
from tests.browser.notebook_page import NotebookPage

SHOW_THE_WIDGET = f"""
{DISCS}
w = dw.SegmentationWidget(samples.path("coffee.jpg"), segmenter=discs)
w
"""


@pytest.mark.parametrize("end", [NotebookPage.restart_kernel, NotebookPage.shut_down_kernel])
def test_who_clicks_on_a_widget_whose_kernel_is_gone_is_told_so(
    open_notebook: Callable[..., NotebookPage], page: Page, end: Callable[[NotebookPage], None]
) -> None:
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    notebook = open_notebook(SHOW_THE_WIDGET)
    notebook.run_cell(0)
    widget = notebook.widget()
    widget.wait_until_it_shows_the_photograph()
    widget.click(200, 120)
    expect(widget.root.locator(".dw-object")).to_have_count(1)

    end(notebook)
    failures.clear()
    widget.press(420, 260)
    strip = widget.root.get_by_role("alert")
    expect(strip).to_contain_text("The kernel is gone: run the cell again.")
    expect(widget.root).to_have_attribute("aria-busy", "false")
    strip.get_by_role("button", name="Dismiss").click()
    widget.key("n")
    expect(strip).to_be_visible()
    expect(widget.root.locator(".dw-active")).to_have_count(1)
    assert failures == []
