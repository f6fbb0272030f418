"""The benchmark notebook runs on the photographs that come with the package."""

from __future__ import annotations

import pytest

from tests.test_notebooks import executed

pytest.importorskip("cv2", reason="OpenCV comes with the evaluation extra")
pytest.importorskip("matplotlib", reason="matplotlib comes with the evaluation extra")


@pytest.mark.slow
def test_the_notebook_shows_both_tables_the_curves_and_the_worst_image() -> None:
    notebook = executed(
        "benchmark.ipynb",
        then="print([len(r.samples) for r in noc.values()], [r.n_objects for r in mist.values()])",
    )
    shown = [o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", [])]
    tables = [data["text/html"] for data in shown if "text/html" in data]
    assert any("NoC@85" in table and "GrabCut" in table for table in tables)
    assert any("NCI" in table and "worst" in table for table in tables)
    assert sum("image/png" in data for data in shown) == 3
    assert notebook.cells[-1].outputs[0].text == "[7, 7] [7, 7, 7]\n"
