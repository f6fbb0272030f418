"""A person labels a photograph with the mouse in JupyterLab, and reads the result in a cell.

A stand-in answers at once and exactly (every click is a disc), so that each pixel is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.agreement import assert_the_screen_agrees_with_the_kernel
from tests.browser.conftest import SaveScreenshot
from tests.browser.discs import DISCS
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

SHOW_THE_WIDGET = f"""
{DISCS}
w = dw.SegmentationWidget(
    samples.path("coffee.jpg"), segmenter=discs, labels=["cup", "saucer", "spoon"]
)
w
"""
# Mean of red, green and blue behind the widget's controls, 0..255.
BRIGHTNESS = """(root) => {
  const [r, g, b] = getComputedStyle(root).backgroundColor.match(/\\d+/g).map(Number);
  return (r + g + b) / 3;
}"""


@pytest.fixture(scope="module")
def notebook(open_notebook: Callable[..., NotebookPage]) -> NotebookPage:
    return open_notebook(SHOW_THE_WIDGET, "w")


def ids_at(notebook: NotebookPage, *points: tuple[int, int]) -> list[int]:
    """What the kernel's label map says at pixels (x, y)."""
    printed = notebook.run(f"print([int(w.label_map[y, x]) for x, y in {list(points)}])")
    return json.loads(printed)


def test_masks_appear_where_she_clicks_and_the_next_cell_reads_them(
    notebook: NotebookPage, widget: WidgetOnScreen, save_screenshot: SaveScreenshot
) -> None:
    widget.click(200, 120)
    widget.key("n")
    widget.click(420, 260)
    widget.click(470, 260)
    save_screenshot("two_objects")

    assert ids_at(notebook, (200, 120), (235, 120), (420, 260), (505, 260), (300, 200)) == [
        *(1, 1, 2, 2, 0)
    ]
    assert notebook.run("print(w.masks.shape, w.masks.dtype)") == "(2, 400, 600) bool"
    frame = json.loads(notebook.run("print(w.to_frame().to_json(orient='records'))"))
    assert [(row["object_id"], row["n_clicks"]) for row in frame] == [(1, 1), (2, 2)]
    assert_the_screen_agrees_with_the_kernel(notebook, widget)


def test_the_right_button_says_background(notebook: NotebookPage, widget: WidgetOnScreen) -> None:
    widget.click(300, 200)
    widget.click(330, 200, button="right")
    assert ids_at(notebook, (275, 200), (330, 200), (310, 200)) == [1, 0, 0]
    expect(notebook.page.locator(".lm-Menu")).to_have_count(0)
    assert_the_screen_agrees_with_the_kernel(notebook, widget)


def test_a_click_lands_where_she_points_after_zooming_and_moving_the_picture(
    notebook: NotebookPage, widget: WidgetOnScreen, save_screenshot: SaveScreenshot
) -> None:
    mouse = notebook.page.mouse
    widget.canvas.scroll_into_view_if_needed()
    x, y = widget.place(420, 260)
    mouse.move(x - 3, y)
    mouse.move(x, y)
    for _ in range(6):
        mouse.wheel(0, -100)
    mouse.down()
    mouse.move(x - 60, y - 45, steps=4)
    mouse.up()
    mouse.click(x - 60, y - 45)
    widget.wait_for_the_answer()
    save_screenshot("zoomed")

    # Browsers give wheel events whole pixels of the window: at this zoom, one of the photograph.
    x, y = notebook.run("print(*[v for c in w.session.clicks for v in (c.x, c.y)])").split()
    assert float(x) == pytest.approx(420.5, abs=1)
    assert float(y) == pytest.approx(260.5, abs=1)


def test_he_takes_a_click_back_and_does_it_again(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    widget.click(400, 240)
    widget.key("z")
    assert ids_at(notebook, (200, 120), (400, 240)) == [1, 0]
    assert_the_screen_agrees_with_the_kernel(notebook, widget)

    widget.root.get_by_role("button", name=re.compile("^Redo")).click()
    widget.wait_for_the_answer()
    assert ids_at(notebook, (200, 120), (400, 240)) == [1, 1]

    widget.root.get_by_role("button", name=re.compile("^Undo")).click()
    widget.key("Control+z")
    assert notebook.run("print(w.label_map.max(), len(w.session.clicks))") == "0 0"
    assert_the_screen_agrees_with_the_kernel(notebook, widget)


def test_a_reload_of_the_page_brings_the_whole_screen_back(
    notebook: NotebookPage, widget: WidgetOnScreen, save_screenshot: SaveScreenshot
) -> None:
    widget.click(200, 120)
    widget.key("n")
    widget.click(420, 260)
    notebook.save()
    notebook.reload()

    reloaded = notebook.widget()
    reloaded.wait_until_it_shows_the_photograph()
    save_screenshot("after_reload")
    assert_the_screen_agrees_with_the_kernel(notebook, reloaded)

    reloaded.click(420, 330)
    assert ids_at(notebook, (200, 120), (420, 330)) == [1, 2]
    assert_the_screen_agrees_with_the_kernel(notebook, reloaded)


def test_two_views_of_one_widget_agree(notebook: NotebookPage, widget: WidgetOnScreen) -> None:
    notebook.run_cell(1)
    second = notebook.widget(1)
    second.wait_until_it_shows_the_photograph()

    widget.click(200, 120)
    second.wait_for_the_answer()
    assert_the_screen_agrees_with_the_kernel(notebook, second)

    second.click(420, 260)
    widget.wait_for_the_answer()
    widget.canvas.scroll_into_view_if_needed()
    assert_the_screen_agrees_with_the_kernel(notebook, widget)
    assert ids_at(notebook, (200, 120), (420, 260)) == [1, 1]


def test_a_view_that_opens_later_shows_every_click_and_takes_them_back(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    widget.click(420, 260)
    widget.click(300, 200)
    notebook.run_cell(1)
    second = notebook.widget(1)
    second.wait_until_it_shows_the_photograph()
    second.wait_for_the_answer()
    assert_the_screen_agrees_with_the_kernel(notebook, second)

    second.click(420, 260)
    assert_the_screen_agrees_with_the_kernel(notebook, second)
    assert ids_at(notebook, (200, 120), (420, 260), (300, 200)) == [1, 0, 1]


def test_an_error_stands_in_the_widget_and_the_work_goes_on(
    notebook: NotebookPage, widget: WidgetOnScreen, save_screenshot: SaveScreenshot
) -> None:
    widget.click(300, 200)
    widget.click(2, 2)
    strip = widget.root.get_by_role("alert")
    expect(strip).to_contain_text("the corner cannot be segmented")
    save_screenshot("error")

    widget.click(420, 260)
    assert ids_at(notebook, (2, 2), (300, 200), (420, 260)) == [0, 1, 1]
    assert_the_screen_agrees_with_the_kernel(notebook, widget)


def test_a_cell_reads_the_truth_while_answers_are_on_their_way(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    notebook.run("discs.seconds = 0.7")
    for x in (200, 300, 400):
        widget.press(x, 200)
    assert ids_at(notebook, (200, 200), (300, 200), (400, 200)) == [1, 1, 1]

    widget.wait_for_the_answer()
    assert_the_screen_agrees_with_the_kernel(notebook, widget)


def test_the_widget_is_dark_in_a_dark_notebook_and_reads_well_in_both(
    notebook: NotebookPage, widget: WidgetOnScreen, save_screenshot: SaveScreenshot
) -> None:
    widget.click(200, 120)
    widget.click(2, 2)  # an error, so that the strip is looked at, too
    notebook.use_theme("JupyterLab Dark")
    dark = widget.root.evaluate(BRIGHTNESS)
    save_screenshot("dark")
    assert violations(notebook.page) == []
    notebook.use_theme("JupyterLab Light")
    assert violations(notebook.page) == []
    assert dark < 80 < 200 < widget.root.evaluate(BRIGHTNESS)
