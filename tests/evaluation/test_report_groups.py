"""What a report puts side by side, and how it tells runs and data sets apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dynamite_widget import cli
from dynamite_widget.evaluation.benches import BenchSettings
from dynamite_widget.evaluation.evaluate import evaluate
from dynamite_widget.evaluation.report_groups import groups
from dynamite_widget.evaluation.report_tables import tables
from dynamite_widget.evaluation.runs import Run
from dynamite_widget.evaluation.segmenter_source import SegmenterSource
from tests.evaluation import stand_in
from tests.evaluation.stand_in import write_label_folder

SOURCE = SegmenterSource(f"{stand_in.__name__}:NearestWithin")


def settings(data: Path, clicks: int = 2) -> BenchSettings:
    return BenchSettings(SOURCE, str(data), task="noc", clicks=clicks, iou_threshold=0.9)


def imagined(name: str, data: str = "/data/val", **source: object) -> Run:
    """A run that was never made."""
    its = BenchSettings(replace(SegmenterSource("lite"), **source), data, task="noc")
    return Run(Path("runs") / name, Path(data).name, its)


def test_folders_of_one_name_have_a_table_each(tmp_path: Path) -> None:
    runs = [
        evaluate(settings(write_label_folder(tmp_path / site / "val", n)), tmp_path / f"run{n}")
        for site, n in (("A", 1), ("B", 2))
    ]
    first, second = tables(runs)
    assert (first.title, second.title) == ("val (A/val): NoC", "val (B/val): NoC")
    assert (first.rows[0][-2], second.rows[0][-2]) == ("2", "5")
    out = tmp_path / "report"
    assert cli.main(["report", *(str(run.path) for run in runs), "--out", str(out)]) == 0
    assert len(list(out.glob("*-iou.png"))) == 2


def test_pictures_load_whatever_the_folder_of_the_data_is_called(tmp_path: Path) -> None:
    out = tmp_path / "report"
    names = ("my set #1", "my set #1?", "$a$ 100%")
    runs = [
        evaluate(settings(write_label_folder(tmp_path / name, 1)), tmp_path / f"run{k}")
        for k, name in enumerate(names)
    ]
    assert cli.main(["report", *(str(run.path) for run in runs), "--out", str(out)]) == 0
    links = re.findall(r'<img src="([^"]+)"', (out / "index.html").read_text())
    assert len(set(links)) == 3 * (2 + 2)  # two curves and two objects each
    for link in links:
        assert urlsplit(link).path == link
        assert (out / unquote(link)).exists()


def test_the_same_data_is_one_table_whether_its_layout_was_said_or_found(tmp_path: Path) -> None:
    data = write_label_folder(tmp_path / "val", 1)
    found = evaluate(settings(data), tmp_path / "found")
    said = evaluate(replace(settings(data), layout="labels"), tmp_path / "said")
    assert [group.title for group in groups([Run.open(found.path), said])] == ["val"]


def test_a_published_set_is_one_table_wherever_it_lies() -> None:
    runs = [imagined("a", "/here/coco"), imagined("b", "/there/COCO"), imagined("c", "/own/COCO")]
    for run in runs[:2]:
        run.title = run.published = "COCO"
    assert [group.title for group in groups(runs)] == ["COCO", "COCO (own/COCO)"]


def test_names_say_in_what_runs_of_a_model_differ() -> None:
    (group,) = groups(
        [
            imagined("a"),
            imagined("b", short_side=512),
            imagined("c", checkpoint="x/my.pt"),
            imagined("d"),
        ]
    )
    assert group.names == ("lite in a", "lite (short side 512)", "lite (my.pt)", "lite in d")
    (group,) = groups([imagined("x/run"), imagined("y/run")])
    assert group.names == ("lite in runs/x/run", "lite in runs/y/run")


def test_runs_with_another_number_of_clicks_are_marked(tmp_path: Path) -> None:
    data = write_label_folder(tmp_path / "val", 1)
    runs = [evaluate(settings(data, clicks), tmp_path / f"r{clicks}") for clicks in (2, 20)]
    (table,) = tables(runs)
    (note,) = table.notes
    words = "in r2: 2 clicks instead of 20; not comparable with runs that went otherwise."
    assert note.endswith(words)


def test_an_interrupted_run_is_marked(tmp_path: Path) -> None:
    run = evaluate(settings(write_label_folder(tmp_path / "val", 6), 20), tmp_path / "run")
    assert tables([Run.open(run.path)])[0].rows[0][-1] == "measured"
    lines = run.path / "single.jsonl"
    lines.write_bytes(b"".join(lines.read_bytes().splitlines(keepends=True)[:3]))
    (table,) = tables([Run.open(run.path)])
    assert table.rows[0][-1] == "measured, 3 of 6 images"
    assert "in run: not finished; not comparable" in table.notes[0]


@pytest.mark.parametrize("name", ["set.v1", "set"])
def test_a_data_set_has_the_whole_name_of_its_folder(name: str, tmp_path: Path) -> None:
    run = evaluate(settings(write_label_folder(tmp_path / name, 1)), tmp_path / "run")
    assert tables([run])[0].title == f"{name}: NoC"
