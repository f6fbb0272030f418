"""She labels fifty objects by mouse and keyboard, puts some right, and reads the table.

Every click is answered by a disc, so that all that should come of it can be computed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.agreement import assert_the_screen_agrees_with_the_kernel
from tests.browser.conftest import SaveScreenshot
from tests.browser.discs import DISCS
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

SHOW_THE_WIDGET = f"""
{DISCS}
import json
discs.radius = 20
labels = ["cup", "saucer", "spoon"]
w = dw.SegmentationWidget(samples.path("coffee.jpg"), segmenter=discs, labels=labels)
w
"""
READ_THE_TABLE = """
frame = w.to_frame()
print(json.dumps({
    "rows": json.loads(frame.drop(columns="segmentation").to_json(orient="records")),
    "areas": [int(mask.sum()) for mask in w.masks],
    "counts": [int((w.label_map == row.object_id).sum()) for row in frame.itertuples()],
    "overlap": int(w.masks.sum(0).max()),
}))
"""
PLACES = [(30 + 60 * (k % 10), 40 + 80 * (k // 10)) for k in range(50)]
LABELS = ["cup", "saucer", "spoon"]
DISC = 20


@pytest.fixture(scope="module")
def notebook(open_notebook: Callable[..., NotebookPage]) -> NotebookPage:
    return open_notebook(SHOW_THE_WIDGET, "print('the cell below')")


def row(widget: WidgetOnScreen, object_id: int) -> Locator:
    return widget.root.locator(f'[data-object-id="{object_id}"]')


def choose(widget: WidgetOnScreen, object_id: int) -> None:
    """Press an object's row in the list."""
    row(widget, object_id).locator(".dw-object-choose").click()
    widget.wait_for_the_answer()


def table(notebook: NotebookPage) -> dict[str, Any]:
    """What cells read, the objects' rows by their id."""
    read = json.loads(notebook.run(READ_THE_TABLE))
    assert read["areas"] == read["counts"] == [row["area"] for row in read["rows"]]
    assert read["overlap"] == 1
    return {row["object_id"]: row for row in read["rows"]}


def test_fifty_objects_are_labelled_put_right_and_read_from_the_table(
    notebook: NotebookPage, widget: WidgetOnScreen, save_screenshot: SaveScreenshot
) -> None:
    widget.canvas.focus()
    before = notebook.state()
    keyboard, mouse = notebook.page.keyboard, notebook.page.mouse

    # One after the other, as quickly as hands go: the kernel is not waited for.
    for k, (x, y) in enumerate(PLACES):
        keyboard.press("n")
        widget.press(x, y)
        keyboard.press(str(1 + k % 3))
    widget.wait_for_the_answer()
    save_screenshot("fifty_labelled")
    rows = table(notebook)
    assert [*rows] == [*range(1, 51)]
    assert [each["label"] for each in rows.values()] == [LABELS[k % 3] for k in range(50)]
    assert {each["n_clicks"] for each in rows.values()} == {1}
    whole = rows[12]["area"]
    assert whole == pytest.approx(3.14 * DISC**2, rel=0.02)

    # 23 is larger than it seemed: one more click beside the first.
    choose(widget, 23)
    x, y = PLACES[22]
    widget.click(x + 8, y - 24)
    # 31 goes too far: the eraser takes its right half.
    choose(widget, 31)
    keyboard.press("e")
    widget.wait_until_it_stands_still()
    x, y = PLACES[30]
    mouse.move(*widget.place(x + 14, y - 24))
    mouse.down()
    mouse.move(*widget.place(x + 14, y + 24), steps=6)
    mouse.up()
    widget.wait_for_the_answer()
    keyboard.press("c")
    # 13 is no object at all; 14 was none for a moment.
    choose(widget, 13)
    widget.key("Delete")
    choose(widget, 14)
    widget.key("Delete")
    widget.key("z")
    # 40 needs a closer look: the wheel goes in, a click takes a corner away, and out again.
    choose(widget, 40)
    widget.wait_until_it_stands_still()
    x, y = PLACES[39]
    place = widget.place(x - 12, y - 12)
    mouse.move(place[0] - 2, place[1])
    mouse.move(*place)
    for _ in range(5):
        mouse.wheel(0, -100)
    mouse.click(*place, button="right")
    widget.wait_for_the_answer()
    widget.key("f")
    # 7 is turned around, and has a name.
    choose(widget, 7)
    keyboard.press("F2")
    keyboard.type("the old one")
    widget.root.get_by_label("New attribute").fill("turned")
    widget.root.get_by_label("Its value").fill("true")
    keyboard.press("Enter")
    widget.wait_for_the_answer()
    # 8 is finished: nothing may change it any more.
    choose(widget, 8)
    widget.key("l")
    save_screenshot("fifty_put_right")

    after = table(notebook)
    assert [*after] == [k for k in range(1, 51) if k != 13]
    touched = {7, 8, 23, 31, 40}
    for number, each in after.items():
        if number not in touched:
            assert each | {"turned": None} == rows[number] | {"turned": None}, number
    assert (after[23]["n_clicks"], after[23]["area"] > 1.3 * whole) == (2, True)
    assert 0.4 * whole < after[31]["area"] < 0.8 * whole
    assert 0 < after[40]["area"] < 0.9 * whole
    assert (after[7]["name"], after[7]["turned"], after[7]["area"]) == ("the old one", True, whole)
    assert notebook.run("print([o.id for o in w.objects if o.locked])") == "[8]"
    assert_the_screen_agrees_with_the_kernel(notebook, widget)
    cells = notebook.state()["cells"][:2]
    assert cells == before["cells"][:2]
    expect(notebook.page.locator(".jp-Dialog, .lm-Menu")).to_have_count(0)
