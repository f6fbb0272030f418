"""Runs on disk: they come to the same numbers, interrupted or not, in one process or several."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dynamite_widget import cli
from dynamite_widget.evaluation import run_mist, run_noc
from dynamite_widget.evaluation.benches import BenchSettings
from dynamite_widget.evaluation.evaluate import evaluate
from dynamite_widget.evaluation.readers import open_scenes
from dynamite_widget.evaluation.runs import Run
from dynamite_widget.evaluation.segmenter_source import SegmenterSource
from tests.evaluation import stand_in
from tests.evaluation.stand_in import NearestWithin, Stumbling, write_label_folder

ALL = ("best", "random", "worst", "wlb", "round_robin", "max_dt")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_label_folder(tmp_path / "data")


@pytest.fixture
def settings(data: Path) -> BenchSettings:
    source = SegmenterSource(f"{stand_in.__name__}:{Stumbling.__name__}")
    return BenchSettings(source, str(data), strategies=ALL, clicks=4)


def numbers(run: Run) -> list[dict[str, str]]:
    """The rows of results.csv and scenes.csv, without the times."""
    rows = []
    for name in ("results.csv", "scenes.csv"):
        with (run.path / name).open(newline="") as file:
            rows += [
                {column: cell for column, cell in row.items() if "seconds" not in column}
                for row in csv.DictReader(file)
            ]
    return rows


def test_a_run_on_disk_finds_what_the_same_run_in_python_finds(
    settings: BenchSettings, data: Path, tmp_path: Path
) -> None:
    finished = evaluate(settings, tmp_path / "run")
    for strategy, result in finished.results.items():
        in_python = run_mist(NearestWithin(8), open_scenes(data), strategy, tau=4)
        assert [image.clicks for image in result.images] == [
            image.clicks for image in in_python.images
        ]
        assert (result.nci, result.nfo, result.nfi, result.miou) == (
            in_python.nci,
            in_python.nfo,
            in_python.nfi,
            in_python.miou,
        )


@pytest.mark.parametrize("stumble", [1, 3, 8, 30])
def test_an_interrupted_run_goes_on_to_the_same_numbers(
    stumble: int, settings: BenchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(settings, tmp_path / "whole")
    monkeypatch.setattr(Stumbling, "count", 0)
    monkeypatch.setattr(Stumbling, "at", stumble)
    with pytest.raises(KeyboardInterrupt):
        evaluate(settings, tmp_path / "cut")
    kept = sum(len(Run.open(tmp_path / "cut").finished(strategy)) for strategy in ALL)
    assert kept == stumble - 1
    assert numbers(evaluate(settings, tmp_path / "cut")) == numbers(whole)
    assert Stumbling.count == len(ALL) * 5 + 1  # the image at which it stumbled, twice


def test_a_line_cut_off_by_a_crash_is_done_again(settings: BenchSettings, tmp_path: Path) -> None:
    whole = numbers(evaluate(settings, tmp_path / "run"))
    lines = tmp_path / "run" / "random.jsonl"
    lines.write_bytes(lines.read_bytes()[:-30])
    assert numbers(evaluate(settings, tmp_path / "run")) == whole


def test_a_finished_run_is_not_done_again(
    settings: BenchSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(settings, tmp_path / "run")
    monkeypatch.setattr(Stumbling, "count", 0)
    evaluate(settings, tmp_path / "run")
    assert Stumbling.count == 0


@pytest.mark.parametrize("seed_each", [False, True])
def test_several_processes_find_what_one_finds(
    seed_each: bool, settings: BenchSettings, tmp_path: Path
) -> None:
    settings = replace(settings, strategies=("random", "worst"), seed_each=seed_each)
    alone = evaluate(settings, tmp_path / "alone")
    together = evaluate(settings, tmp_path / "together", workers=2)
    assert numbers(together) == numbers(alone)


def test_a_generator_for_each_image_makes_images_independent(
    settings: BenchSettings, tmp_path: Path
) -> None:
    settings = replace(settings, strategies=("random",), seed_each=True)
    every = evaluate(settings, tmp_path / "every").results["random"]
    some = evaluate(replace(settings, limit=2), tmp_path / "some").results["random"]
    by_name = {image.name: image.clicks for image in every.images}
    assert [by_name[image.name] for image in some.images] == [image.clicks for image in some.images]


def test_a_killed_process_loses_at_most_the_image_it_was_at(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "dynamite_widget.cli", "evaluate", "--data", str(data)]
    command += ["--model", f"{stand_in.__name__}:Slow", "--strategy", "random", "--out", str(out)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = out / "random.jsonl"
    while process.poll() is None and not (lines.exists() and lines.read_bytes().count(b"\n") >= 2):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = [outcome.scene for outcome in Run.open(out).finished("random")]
    assert len(kept) >= 2
    subprocess.run(command, cwd=root, capture_output=True, check=True)
    again = [outcome.scene for outcome in Run.open(out).finished("random")]
    assert again[: len(kept)] == kept
    assert again == ["0", "1", "2", "3", "4"]


def test_other_settings_do_not_mix_with_a_run_that_is_there(
    settings: BenchSettings, tmp_path: Path
) -> None:
    evaluate(settings, tmp_path / "run")
    with pytest.raises(ValueError, match=r"clicks: 4 there, 5 now.*take another --out"):
        evaluate(replace(settings, clicks=5), tmp_path / "run")


def test_a_run_that_failed_before_its_first_image_is_no_obstacle(
    settings: BenchSettings, tmp_path: Path
) -> None:
    misspelt = replace(settings, source=SegmenterSource("dynamite-lit"))
    with pytest.raises(ValueError, match="dynamite-lit"):
        evaluate(misspelt, tmp_path / "run")
    assert len(evaluate(settings, tmp_path / "run").finished("best")) == 5


def test_a_folder_with_something_else_in_it_is_left_alone(
    settings: BenchSettings, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(ValueError, match="is there and is no run"):
        evaluate(settings, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_results_are_plain_json_without_nan(settings: BenchSettings, tmp_path: Path) -> None:
    evaluate(replace(settings, strategies=("best",)), tmp_path / "run")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = (tmp_path / "run" / "results.json").read_text()
    record = json.loads(text, parse_constant=refuse)
    assert record["results"][0]["strategy"] == "best"
    assert record["results"][0]["objects"] == 14
    assert record["run"]["data"].endswith("data")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_module_in_the_current_folder_is_found(workers: str, data: Path, tmp_path: Path) -> None:
    code = f"from {stand_in.__name__} import NearestWithin as Mine"
    (tmp_path / "neighbour.py").write_text(code)
    (tmp_path / "mine.py").write_text("from neighbour import Mine")
    (tmp_path / "bad.py").write_text("import no_such_package")
    # As the console script does it: with its own folder on the path instead of the current one.
    start = "import sys; sys.path[0] = {!r}; from dynamite_widget.cli import main; sys.exit(main())"
    root = str(Path(__file__).resolve().parents[2])

    def run(model: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", start.format(root), "evaluate", "--model", model]
        command += ["--data", str(data), "--out", str(tmp_path / "run"), "--workers", workers]
        command += ["--strategy", "worst"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    missing, bad = run("nowhere:Mine").stderr, run("bad:Mine").stderr
    assert f"no module is called 'nowhere', neither in {tmp_path}" in missing
    assert "bad cannot be imported: No module named 'no_such_package'" in bad
    assert "pip install" not in missing + bad
    done = run("mine:Mine")
    assert done.returncode == 0, done.stderr


def test_the_results_of_noc_count_images_and_objects(
    settings: BenchSettings, data: Path, tmp_path: Path
) -> None:
    result = evaluate(replace(settings, task="noc"), tmp_path / "run").results["single"]
    with (tmp_path / "run" / "results.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["images"], row["objects"]) == ("5", "14")
    in_python = run_noc(NearestWithin(8), open_scenes(data), max_clicks=4)
    assert result.n_images == in_python.n_images == 5


def test_the_command_runs_noc_and_prints_its_table(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = f"{stand_in.__name__}:NearestWithin"
    argv = ["evaluate", "--model", model, "--data", str(data), "--task", "noc"]
    assert cli.main([*argv, "--out", str(tmp_path / "run")]) == 0
    result = run_noc(NearestWithin(), open_scenes(data))
    out, err = capsys.readouterr()
    assert f"| {result.noc(0.85):.2f} " in out
    assert "5/5" in err  # the progress bar


def test_an_interrupted_command_says_how_to_go_on(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Stumbling, "count", 0)
    monkeypatch.setattr(Stumbling, "at", 2)
    argv = ["evaluate", "--model", f"{stand_in.__name__}:Stumbling", "--data", str(data)]
    argv += ["--tau", "3", "--out", str(tmp_path / "run")]
    assert cli.main(argv) == 130
    assert "The same command goes on" in capsys.readouterr().err
    assert cli.main(argv) == 0
    assert "| 3 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--strategy", "luck"], "no strategy is called 'luck'"),
        (["--strategy", "best,best"], "name each one once"),
        (["--tau", "0"], "the budget is 0 clicks"),
        (["--task", "noc", "--max-clicks", "0"], "the budget is 0 clicks"),
        (["--iou-threshold", "1.5"], "iou_threshold is 1.5"),
        (["--iou-threshold", "0"], "iou_threshold is 0.0"),
        (["--workers", "0"], "0 workers were asked for"),
        (["--short-side", "0", "--model", "dynamite-lite"], "short_side is 0"),
        (["--short-side=-5", "--model", "dynamite-lite"], "short_side is -5"),
        (["--long-side", "0", "--model", "dynamite-lite"], "long_side is 0"),
        (["--limit", "0"], "a subset of 0 scenes"),
        (["--model", "dynamite_widget.clicks:Click"], "missing 2 required positional"),
        (["--model", "dynamite_widget.clicks:Nothing"], "has no 'Nothing'"),
        (["--model", "no_such_module:It"], "no module is called 'no_such_module', neither in"),
        (["--model", "grabcut", "--device", "cpu"], "takes no checkpoint, no device and no sides"),
    ],
)
def test_mistakes_on_the_command_line_are_told_in_one_line(
    arguments: list[str],
    words: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ["evaluate", "--data", str(data), "--out", str(tmp_path / "run"), *arguments]
    if "--model" not in arguments:
        argv += ["--model", f"{stand_in.__name__}:NearestWithin"]
    assert cli.main(argv) == 2
    assert words in capsys.readouterr().err
