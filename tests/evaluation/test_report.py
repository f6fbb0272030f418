"""The report: tables beside the published rows, curves, and the worst images."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynamite_widget import Click, cli
from dynamite_widget.evaluation import LabelledScene, MistResult, NocResult
from dynamite_widget.evaluation.benches import BenchSettings
from dynamite_widget.evaluation.evaluate import evaluate
from dynamite_widget.evaluation.plots import iou_figure, time_figure
from dynamite_widget.evaluation.report_tables import results_table, tables
from dynamite_widget.evaluation.runs import Run
from dynamite_widget.evaluation.segmenter_source import SegmenterSource
from dynamite_widget.evaluation.worst import draw, worst
from dynamite_widget.masks import Mask
from tests.evaluation import stand_in
from tests.evaluation.stand_in import rectangle, scene, write_label_folder

pytest.importorskip("matplotlib", reason="matplotlib comes with the evaluation extra")


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    data = write_label_folder(tmp_path / "street")
    source = SegmenterSource(f"{stand_in.__name__}:NearestWithin")
    mist = BenchSettings(source, str(data), strategies=("random", "best"))
    noc = replace(mist, task="noc", clicks=20, iou_threshold=0.90)
    return [evaluate(mist, tmp_path / "runs" / "m"), evaluate(noc, tmp_path / "runs" / "n")]


def test_each_data_set_and_task_has_a_table_with_what_was_measured(runs: list[Run]) -> None:
    mist, noc = tables(runs)
    assert (mist.title, noc.title) == ("street: MIST", "street: NoC")
    assert [row[mist.columns.index("strategy")] for row in mist.rows] == ["random", "best"]
    result = runs[0].results["best"]
    assert isinstance(result, MistResult)
    assert mist.rows[1][mist.columns.index("NCI")] == f"{result.nci:.2f}"
    assert {row[-1] for row in (*mist.rows, *noc.rows)} == {"measured"}


def test_published_rows_stand_below_ours_with_their_source(runs: list[Run]) -> None:
    known = [
        Run(runs[0].path, "COCO", runs[0].settings, "COCO"),
        Run(runs[1].path, "SBD", runs[1].settings, "SBD"),
    ]
    mist, noc = tables(known)
    swin_large = next(row for row in mist.rows if row[:2] == ("dynamite-swin-large", "random"))
    assert swin_large[3:7] == ("5.70", "11958", "2242", "85.3")
    assert swin_large[-1].startswith("README of github.com/amitrana001/DynaMITe")
    b0 = next(row for row in noc.rows if row[0] == "dynamite-segformer-b0")
    assert (b0[noc.columns.index("NoC@85")], b0[noc.columns.index("NoC@90")]) == ("3.89", "6.48")


def test_what_cannot_be_compared_with_published_rows_says_so(runs: list[Run]) -> None:
    part = replace(runs[0].settings, limit=3, clicks=5)
    (table,) = tables([Run(runs[0].path, "COCO", part, "COCO")])
    assert "only 3 images of the set, 5 clicks instead of 10; not comparable" in table.notes[0]


def test_the_table_is_markdown(runs: list[Run]) -> None:
    lines = [line for line in results_table(runs).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines[:4]}) == 1
    assert re.fullmatch(r"\|(-+\|)+", lines[1])


def test_the_command_writes_a_page_that_has_all_it_shows(
    runs: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    argv = ["report", *(str(run.path) for run in runs), "--out", str(out), "--worst", "2"]
    assert cli.main(argv) == 0
    assert "street: MIST" in capsys.readouterr().out
    page = (out / "index.html").read_text()
    shown = re.findall(r'<img src="([^"]+)"', page)
    assert len(shown) == 2 * 2 + 3 * 2  # two curves a table; two images a strategy
    for name in shown:
        assert (out / name).stat().st_size > 500
    for name in ("street-mist-iou", "street-noc-time"):
        assert (out / f"{name}.png").exists()
        assert (out / f"{name}.svg").exists()
    assert "street: NoC" in (out / "tables.md").read_text()


def test_a_report_without_its_data_set_still_has_tables_and_curves(
    runs: list[Run], tmp_path: Path
) -> None:
    Path(runs[0].settings.data).rename(tmp_path / "elsewhere")
    out = tmp_path / "report"
    assert cli.main(["report", str(runs[0].path), "--out", str(out)]) == 0
    page = (out / "index.html").read_text()
    assert "No pictures: " in page
    assert "street-mist-iou.svg" in page


@pytest.mark.parametrize("number", [0, 1])
def test_an_image_that_is_gone_since_is_told_in_its_place(
    number: int, runs: list[Run], tmp_path: Path
) -> None:
    data = Path(runs[number].settings.data)
    (data / "images" / "2.jpg").unlink()
    Image.new("RGB", (9, 9)).save(data / "images" / "3.jpg")
    Image.new("L", (9, 9), 1).save(data / "masks" / "3.png")
    out = tmp_path / "report"
    assert cli.main(["report", str(runs[number].path), "--out", str(out)]) == 0
    page = (out / "index.html").read_text()
    assert re.search("No picture: the data set has no &#x27;2(#0)?&#x27; any more", page)
    assert "is of another size" in page or "has no &#x27;3#1&#x27; any more" in page
    assert '<img src="worst-1' in page


def test_an_unfinished_run_is_reported_as_far_as_it_went(runs: list[Run], tmp_path: Path) -> None:
    lines = runs[0].path / "best.jsonl"
    lines.write_bytes(b"".join(lines.read_bytes().splitlines(keepends=True)[:2]))
    (table,) = tables(runs[:1])
    assert table.rows[1][table.columns.index("images / objects")].startswith("2 / ")


def test_reading_a_run_changes_nothing_in_it(runs: list[Run], tmp_path: Path) -> None:
    lines = runs[0].path / "best.jsonl"
    lines.write_bytes(lines.read_bytes()[:-30])  # cut off, or evaluate is writing
    before = {path: path.read_bytes() for path in runs[0].path.iterdir()}
    assert cli.main(["report", str(runs[0].path), "--out", str(tmp_path / "report")]) == 0
    assert {path: path.read_bytes() for path in runs[0].path.iterdir()} == before


def test_a_folder_that_is_no_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(tmp_path), "--out", str(tmp_path / "report")]) == 2
    assert "holds no run: " in capsys.readouterr().err


def test_what_is_no_run_among_runs_is_left_out_with_a_word(
    runs: list[Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = runs[0].path.parent / "lite.safetensors"
    weights.write_bytes(b"weights")
    paths = [str(path) for path in sorted(weights.parent.iterdir())]
    out = str(tmp_path / "report")
    assert cli.main(["report", *paths, "--out", out]) == 0
    told = capsys.readouterr()
    assert "street: MIST" in told.out
    assert f"{weights} is left out: it holds no run" in told.err
    assert cli.main(["report", str(weights), "--out", out]) == 2
    assert "holds no run: " in capsys.readouterr().err


def labelled(name: str, *ious: float) -> LabelledScene:
    return LabelledScene(name, [Click(5, 5, 1)], list(ious), [float(np.mean(ious))], 10)


def test_the_worst_scenes_come_first() -> None:
    scenes = [labelled("good", 0.9), labelled("bad", 0.1, 0.2), labelled("fair", 0.5)]
    assert [one.name for one in worst(scenes, 2)] == ["bad", "fair"]


def test_outlines_and_clicks_are_drawn_where_they_are() -> None:
    truth = rectangle(10, 10, 20, 20)
    answer = Mask.from_array(rectangle(10, 35, 20, 20)).rle
    picture = draw(scene(truth), replace(labelled("x", 0.0), masks=[answer]))
    assert picture[20, 10].tolist() == [255, 255, 255]  # the truth's edge, in white
    assert picture[20, 20].tolist() == [128, 128, 128]  # inside, the photograph
    assert len({tuple(picture[20, 35]), (128, 128, 128), (255, 255, 255)}) == 3
    assert tuple(picture[5, 5]) == tuple(picture[20, 35])  # a click has its object's colour


def test_curves_show_mean_iou_and_median_time() -> None:
    sample = replace(
        labelled("x", 0.8), course=[0.2, 0.6, 0.8], click_seconds=[0.010, 0.030, 0.020]
    )
    result = NocResult([sample], max_clicks=3)
    assert iou_figure({"a": result}).axes[0].lines[0].get_ydata() == pytest.approx([20, 60, 80])
    line = time_figure({"a": result}).axes[0].lines[0]
    assert list(line.get_xdata()) == [1, 2, 3]
    assert line.get_ydata() == pytest.approx([10, 30, 20])


def test_a_report_picture_is_an_image_file(runs: list[Run], tmp_path: Path) -> None:
    out = tmp_path / "report"
    cli.main(["report", str(runs[1].path), "--out", str(out), "--worst", "1"])
    with Image.open(out / "worst-1-single-0.jpg") as image:
        assert image.size == (60, 40)
