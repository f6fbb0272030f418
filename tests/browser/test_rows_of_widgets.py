"""The widget stands among others: beside a button, beside itself, in the middle, in an output."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import SaveScreenshot
from tests.browser.discs import DISCS
from tests.browser.notebook_page import NotebookPage

WIDGET = f"""
{DISCS}
import ipywidgets as wi
from IPython.display import display

w = dw.SegmentationWidget(samples.path("coffee.jpg"), segmenter=discs)
"""
BESIDE_A_BUTTON = 'wi.HBox([w, wi.Button(description="Export")])'
TWICE = "wi.HBox([w, w])"
IN_THE_MIDDLE = 'wi.VBox([w], layout=wi.Layout(align_items="center"))'
IN_AN_OUTPUT = """
out = wi.Output()
with out:
    display(w)
wi.HBox([out])
"""
ALONE, NARROW = "w", 'wi.Box([w], layout=wi.Layout(width="330px"))'


@pytest.fixture(scope="module")
def notebook(open_notebook: Callable[..., NotebookPage]) -> NotebookPage:
    notebook = open_notebook(WIDGET, "")
    notebook.run_cell(0)
    return notebook


@pytest.mark.parametrize(
    ("name", "shown", "least", "most"),
    [
        ("alone", ALONE, 700, 1280),
        ("beside_a_button", BESIDE_A_BUTTON, 600, 1280),
        ("twice", TWICE, 300, 640),
        ("in_the_middle", IN_THE_MIDDLE, 600, 1280),
        ("in_an_output", IN_AN_OUTPUT, 600, 1280),
        ("narrow", NARROW, 300, 330),
    ],
)
def test_it_takes_the_room_there_is(
    notebook: NotebookPage,
    save_screenshot: SaveScreenshot,
    name: str,
    shown: str,
    least: int,
    most: int,
) -> None:
    notebook.write_cell(1, shown)
    notebook.run_cell(1)
    widget = notebook.widget()
    widget.wait_until_it_shows_the_photograph()
    box = widget.root.bounding_box()
    assert box is not None
    save_screenshot(f"row_{name}")
    assert least <= box["width"] <= most
    output = notebook.page.locator(".jp-OutputArea-output:visible").last
    assert output.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1")
