"""A notebook in a JupyterLab page, as a person at the mouse and keyboard uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
from playwright.sync_api import Page

from tests.browser.jupyter_server import JupyterServer
from tests.browser.widget_on_screen import WidgetOnScreen

_READY_LIMIT_MS = 120_000
_ANSI_COLOR = re.compile(r"\x1b\[[0-9;]*m")

# Runs in the page. The index counts from the end where it is negative.
_RUN_CELL = """async (index) => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.sessionContext.ready;
  const cells = panel.content.widgets;
  panel.content.activeCellIndex = index < 0 ? cells.length + index : index;
  panel.content.deselectAll();
  await window.jupyterapp.commands.execute("notebook:run-cell");
  return panel.content.activeCell.model.sharedModel.getOutputs();
}"""
_WRITE_CELL = """([index, source]) => {
  const { content } = window.jupyterapp.shell.currentWidget;
  content.model.sharedModel.getCell(index).setSource(source);
}"""
# The scratch cell is the last one; it is made when it is first needed.
_WRITE_SCRATCH_CELL = """(source) => {
  const model = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
  const last = model.getCell(model.cells.length - 1);
  if (last.getMetadata("scratch")) return last.setSource(source);
  model.addCell({ cell_type: "code", source, metadata: { scratch: true } });
}"""

# What a stray key could change: cells and their text, which one is chosen, the mode, dialogs.
_STATE = """() => {
  const { content } = window.jupyterapp.shell.currentWidget;
  return {
    cells: content.widgets.map((cell) => [cell.model.type, cell.model.sharedModel.getSource()]),
    active: content.activeCellIndex,
    selected: content.widgets.map((cell) => content.isSelected(cell)),
    mode: content.mode,
    dialogs: document.querySelectorAll(".jp-Dialog, .lm-Menu, .jp-DocumentSearch-overlay").length,
    panels: document.querySelectorAll(".lm-DockPanel-tabBar .lm-TabBar-tab").length,
    collapsed: content.widgets.map((cell) => cell.inputHidden),
  };
}"""


@dataclass(frozen=True)
class NotebookPage:
    """A notebook open in a JupyterLab page.

    Attributes:
        page: the browser's page, for the mouse, the keyboard and what is drawn.
        server: the JupyterLab it came from.
        name: file name of the notebook.
    """

    page: Page
    server: JupyterServer
    name: str

    @classmethod
    def open(
        cls, page: Page, server: JupyterServer, *, cells: tuple[str, ...] = (), path: Path | None
    ) -> NotebookPage:
        """Write a notebook into the server's folder and open it, with its kernel started."""
        name = f"{uuid4().hex}.ipynb"
        if path is None:
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            )
            nbformat.write(notebook, server.folder / name)
        else:
            (server.folder / name).write_bytes(path.read_bytes())
        opened = cls(page, server, name)
        page.goto(server.notebook_address(name), timeout=_READY_LIMIT_MS)
        opened.wait_until_ready()
        return opened

    def wait_until_ready(self) -> None:
        """Wait for the notebook and its kernel."""
        self.page.wait_for_function(
            """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel
                     ?.status === "idle" """,
            timeout=_READY_LIMIT_MS,
        )

    def reload(self) -> None:
        """Reload the page as F5 does; the kernel goes on."""
        self.page.reload(timeout=_READY_LIMIT_MS)
        self.wait_until_ready()

    def run_cell(self, index: int) -> str:
        """Run a cell, counted from 0, or from the end where negative, and return what it printed.

        Raises:
            AssertionError: if the cell raised; the message is its traceback.
        """
        return _printed(self.page.evaluate(_RUN_CELL, index))

    def write_cell(self, index: int, source: str) -> None:
        """Replace what stands in a cell, counted from 0; its output stays until it is run."""
        self.page.evaluate(_WRITE_CELL, [index, source])

    def run(self, source: str) -> str:
        """Run some lines in a scratch cell at the end, and return what they printed."""
        self.page.evaluate(_WRITE_SCRATCH_CELL, source)
        return self.run_cell(-1)

    def state(self) -> dict[str, Any]:
        """What a stray key or click could change: cells, which are chosen, mode, menus, panels."""
        return self.page.evaluate(_STATE)

    def widget(self, index: int = 0) -> WidgetOnScreen:
        """A segmentation widget of the notebook, counted from the top."""
        return WidgetOnScreen(self.page.locator(".dynamite-widget").nth(index))

    def save(self) -> None:
        """Save the notebook, as Ctrl+S does."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def use_theme(self, name: str) -> None:
        """Change JupyterLab's theme, as its settings menu does, and wait until it is on."""
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            name,
        )
        self.page.wait_for_function("(n) => document.body.dataset.jpThemeName === n", arg=name)

    def restart_kernel(self) -> None:
        """Restart the kernel, as its menu does; what stands on the screen stays there."""
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
        )
        self.wait_until_ready()

    def shut_down_kernel(self) -> None:
        """End the kernel, so that others have the machine for themselves."""
        self.page.evaluate(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()"
        )


def _printed(outputs: list[dict]) -> str:
    texts = []
    for output in outputs:
        if output["output_type"] == "error":
            raise AssertionError(_ANSI_COLOR.sub("", "\n".join(output["traceback"])))
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        texts.append(text if isinstance(text, str) else "".join(text))
    return "".join(texts).rstrip("\n")
