"""Every notebook that we show runs in a fresh kernel, and is kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def executed(name: str, *, then: str) -> NotebookNode:
    """Run a notebook and one more cell in its kernel, in the notebook's own folder."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(then))
    client = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(NOTEBOOKS)}})
    return client.execute()


def test_quickstart_shows_the_widget_and_segments() -> None:
    notebook = executed(
        "quickstart.ipynb",
        then="print(session.label_map[230, 321] == rocket, w.masks.shape, len(w.to_frame()))",
    )
    shown = [
        output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])
    ]
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)
    assert any("image/png" in data for data in shown)
    assert "rocket" in next(data["text/html"] for data in reversed(shown) if "text/html" in data)
    assert notebook.cells[-1].outputs[0].text == "True (0, 400, 600) 0\n"


def test_fine_tuning_shows_before_and_after_and_weights_that_load() -> None:
    notebook = executed(
        "finetune.ipynb",
        then="print(result.before.objects, result.after.objects, result.steps, weights.is_file(), "
        "tuned.label_map[int(y), int(x)] == k)",
    )
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    tables = [
        output["data"]["text/html"] for output in shown if "text/html" in output.get("data", {})
    ]
    assert any("NoC@85" in table and "before" in table and "after" in table for table in tables)
    assert any("held-out images: mean IoU" in output.get("text", "") for output in shown)
    assert notebook.cells[-1].outputs[0].text == "8 8 20 True True\n"


def test_clicks_on_several_photographs_become_one_table_and_a_plot() -> None:
    notebook = executed(
        "dataframes.ipynb",
        then="print(table['image'].tolist(), (table['area'] > 0).all(), "
        "w.collection.counts['done'])",
    )
    shown = [
        output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])
    ]
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)
    assert sum("image/png" in data for data in shown) == 2  # the overlay, and the plot once
    names = ["coffee.jpg", "coffee.jpg", "rocket.jpg", "chelsea.jpg"]
    assert notebook.cells[-1].outputs[0].text == f"{names} True 3\n"


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
