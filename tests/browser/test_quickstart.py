"""The quickstart notebook as a person meets it: open, run, click on the cup, read the masks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import REPOSITORY, SaveScreenshot
from tests.browser.notebook_page import NotebookPage

# (x, y) on things in samples/coffee.jpg.
CUP, CUPS_INSIDE, SAUCER, SPOON, TABLE = (250, 225), (290, 130), (110, 250), (365, 285), (530, 100)
SHOW, FRAME, SHAPES = 1, 3, 4  # cells of the notebook


@pytest.fixture(scope="module")
def quickstart(open_notebook: Callable[..., NotebookPage]) -> NotebookPage:
    return open_notebook(path=REPOSITORY / "notebooks" / "quickstart.ipynb")


def test_she_clicks_on_cup_saucer_and_spoon_and_reads_their_masks(
    quickstart: NotebookPage, save_screenshot: SaveScreenshot
) -> None:
    quickstart.run_cell(SHOW)
    widget = quickstart.widget()
    widget.wait_until_it_shows_the_photograph()
    widget.click(*CUP)
    widget.click(*CUPS_INSIDE)
    widget.key("n")
    widget.key("2")
    widget.click(*SAUCER)
    widget.key("n")
    widget.key("3")
    widget.click(*SPOON)
    widget.click(*TABLE, button="right")
    quickstart.page.wait_for_timeout(1200)  # what the last click changed no longer flashes
    save_screenshot("quickstart")

    clicked = [CUP, CUPS_INSIDE, SAUCER, SPOON, TABLE]
    ids = quickstart.run(f"print([int(w.label_map[y, x]) for x, y in {clicked}])")
    assert ids == "[1, 1, 2, 3, 0]"
    near = quickstart.run(
        f"print([int((w.label_map[y-6:y+7, x-6:x+7] == k).sum()) "
        f"for k, (x, y) in zip((1, 1, 2, 3, 0), {clicked})])"
    )
    assert min(map(int, re.findall(r"\d+", near))) > 13 * 13 / 2
    assert [alpha > 0 for *_, alpha in widget.painted(clicked[:4])] == [True] * 4
    assert quickstart.run_cell(SHAPES) == "((3, 400, 600), (400, 600))"
    frame = quickstart.run_cell(FRAME)
    assert re.findall("cup|saucer|spoon", frame) == ["cup", "saucer", "spoon"]
    save_screenshot("quickstart_table")


def test_he_finds_the_keys_in_the_help(
    quickstart: NotebookPage, save_screenshot: SaveScreenshot
) -> None:
    quickstart.run_cell(SHOW)
    widget = quickstart.widget()
    widget.wait_until_it_shows_the_photograph()
    widget.key("?")
    expect(widget.root.get_by_text("New object").last).to_be_visible()
    save_screenshot("help")
    boxes = "(keys) => keys.filter((k) => k.scrollWidth > k.clientWidth).map((k) => k.innerText)"
    assert widget.root.locator(".dw-help kbd").evaluate_all(boxes) == []
