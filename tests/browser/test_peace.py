"""The widget and the notebook around it leave each other in peace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.discs import DISCS
from tests.browser.notebook_page import NotebookPage
from tests.browser.widget_on_screen import WidgetOnScreen

SHOW_THE_WIDGET = f"""
{DISCS}
import gc, resource
import ipywidgets
from IPython.display import display

w = dw.SegmentationWidget(samples.path("coffee.jpg"), segmenter=discs)
display(w)
"""
MORE_CELLS = tuple(f"print('cell {number}')" for number in range(40))
ALIVE = """
gc.collect()
alive = [o for o in gc.get_objects() if isinstance(o, dw.SegmentationWidget)]
print(len(alive), sum(o.comm is not None for o in alive))
"""
# What the C library keeps for the next request is not counted: it varies by a fifth of a gigabyte.
MEMORY_NOW = """
import ctypes
import psutil  # comes with ipykernel
gc.collect()
trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
if trim is not None:
    trim(0)
print(psutil.Process().memory_info().rss // 1_000_000)
"""
MEMORY = "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


@pytest.fixture(scope="module")
def notebook(open_notebook: Callable[..., NotebookPage]) -> NotebookPage:
    return open_notebook(SHOW_THE_WIDGET, *MORE_CELLS)


def test_no_key_that_she_presses_on_the_widget_changes_the_notebook(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    before = notebook.state()
    for key in [
        *"abcdefghijklmnopqrstuvwxyz0123456789",
        *("[", "]", ",", ".", "+", "-", "#", "="),
        *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", "Tab", "Shift+Tab"),
        *("Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft", "Shift+ArrowRight"),
        *("PageUp", "PageDown", "Shift+<", "Shift+>", "Shift+!"),
        *("Alt+Enter", "Delete", "Backspace", "F2", "Escape", "Space", "Control+z", "Control+y"),
        *("Control+Shift+z", "Shift+Enter", "Control+Enter", "Shift+?", "Escape"),
    ]:
        if key == "u":
            continue  # full screen hides the notebook: it is looked at by itself
        widget.canvas.focus()
        notebook.page.keyboard.press(key)
        assert notebook.state() == before, key


def test_ctrl_s_saves_the_notebook_as_everywhere(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    notebook.write_cell(5, "print('not saved yet')")
    dirty = "window.jupyterapp.shell.currentWidget.context.model.dirty"
    assert notebook.page.evaluate(f"() => {dirty}")
    widget.canvas.focus()
    notebook.page.keyboard.press("Control+s")
    notebook.page.wait_for_function(f"() => !{dirty}")
    expect(widget.canvas).to_be_focused()
    before = notebook.state()
    notebook.page.keyboard.press("x")  # the widget's keys are its own again
    assert notebook.state() == before
    assert notebook.run("import os; print(any('_pictures' in n for n in os.listdir()))") == "False"


def test_no_gesture_opens_a_menu_or_chooses_another_cell(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    before = notebook.state()
    widget.click(260, 160, button="right")
    mouse = notebook.page.mouse
    for modifier in ("Shift", "Alt", "Control"):
        notebook.page.keyboard.down(modifier)
        widget.click(300, 300)
        notebook.page.keyboard.up(modifier)
    mouse.move(*widget.place(100, 100))
    mouse.down(button="right")
    mouse.move(*widget.place(160, 130), steps=3)
    mouse.up(button="right")
    widget.wait_for_the_answer()
    assert notebook.state() == before


def test_escape_gives_the_keys_back_to_the_notebook(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    expect(widget.canvas).to_be_focused()
    notebook.page.keyboard.press("Escape")
    expect(widget.canvas).not_to_be_focused()
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    before = notebook.page.evaluate(active)
    notebook.page.keyboard.press("ArrowDown")
    assert notebook.page.evaluate(active) == before + 1


def test_what_was_drawn_is_there_after_scrolling_it_out_and_in_again(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    widget.click(200, 120)
    page = notebook.page
    inside = [(190, 120), (200, 110), (215, 125), (186, 130)]
    before = widget.painted(inside)
    assert all(alpha > 0 for *_, alpha in before)
    for _ in range(2):
        page.evaluate(
            "() => { const n = window.jupyterapp.shell.currentWidget.content;"
            " n.scrollToItem(n.widgets.length - 1); }"
        )
        expect(widget.canvas).not_to_be_in_viewport()
        page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0)")
        expect(widget.canvas).to_be_in_viewport()
    widget.canvas.scroll_into_view_if_needed()
    widget.wait_until_painted(inside, before)
    opaque = """() => {
      const canvas = document.querySelector(".dw-canvas canvas");
      const { width, height } = canvas;
      return canvas.getContext("2d").getImageData(width / 2, height / 2, 1, 1).data[3] === 255;
    }"""
    page.wait_for_function(opaque)


def run_again(notebook: NotebookPage, widget: WidgetOnScreen) -> None:
    notebook.run_cell(0)
    widget.wait_until_it_shows_the_photograph()
    widget.click(200, 120)


def test_twenty_runs_of_the_cell_give_their_memory_back(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    session = notebook.page.context.new_cdp_session(notebook.page)

    def page_counts() -> dict[str, int]:
        for _ in range(4):  # what a first collection frees holds what a later one frees
            notebook.page.wait_for_timeout(500)
            session.send("HeapProfiler.collectGarbage")
        heap = int(session.send("Runtime.getHeapUsage")["usedSize"])
        return session.send("Memory.getDOMCounters") | {"heap": heap}

    for _ in range(3):
        run_again(notebook, widget)
    kernel = int(notebook.run(MEMORY))
    # Both counts see the notebook scrolled to the widget: far cells are taken out.
    run_again(notebook, widget)
    page = page_counts()
    for _ in range(20):
        run_again(notebook, widget)
    after = page_counts()
    alive, with_comm = map(int, notebook.run(ALIVE).split())
    assert (alive, with_comm) == (1, 1)
    assert int(notebook.run(MEMORY)) < kernel + 40_000  # kB; one photograph's traits have 3,000
    assert after["nodes"] < page["nodes"] + 500  # one widget has 400
    assert after["jsEventListeners"] < page["jsEventListeners"] + 150  # one widget has 140
    # A module of 84 kB is kept for each, which is the browser's; its code, once.
    assert after["heap"] < page["heap"] + 20 * 250_000


def test_twenty_runs_of_the_cell_give_the_models_features_back(
    notebook: NotebookPage, widget: WidgetOnScreen
) -> None:
    notebook.write_cell(0, SHOW_THE_WIDGET.replace(", segmenter=discs", ""))

    for _ in range(3):
        run_again(notebook, widget)
    before = int(notebook.run(MEMORY_NOW))
    for _ in range(20):
        run_again(notebook, widget)
    kept = int(notebook.run(MEMORY_NOW)) - before
    assert notebook.run("print(len(w.objects), w.objects[0].area > 100)") == "1 True"
    assert kept < 200  # MB; the features of twenty images would be 600
