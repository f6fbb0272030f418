"""A run on disk: its settings, one line for each finished scene, and the results."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from dynamite_widget._version import __version__
from dynamite_widget.evaluation.benches import BenchSettings, Outcome
from dynamite_widget.evaluation.labelling import LabelledScene
from dynamite_widget.evaluation.mist import MistResult
from dynamite_widget.evaluation.noc import NocResult
from dynamite_widget.evaluation.readers import SceneSet
from dynamite_widget.evaluation.segmenter_source import SegmenterSource
from dynamite_widget.evaluation.summary import scene_rows, summarise
from dynamite_widget.models.registry import MODELS

SETTINGS_FILE = "run.json"
RESULTS_FILE = "results.json"


class Run:
    """A directory in which a run is kept.

    Attributes:
        path: of the directory.
        title: of the data set.
        settings: that decide the run's numbers.
        published: title of the set of the paper that the data set is, or a part of it; empty for
            others, which the published rows say nothing about.
        layout: as which the data set was read.
        n_images: to label, or None if an older run does not say.
    """

    def __init__(
        self,
        path: Path,
        title: str,
        settings: BenchSettings,
        published: str = "",
        layout: str = "",
        n_images: int | None = None,
    ) -> None:
        self.path = path
        self.title = title
        self.settings = settings
        self.published = published
        self.layout = layout
        self.n_images = n_images

    @classmethod
    def begin(cls, path: Path, scenes: SceneSet, settings: BenchSettings) -> Run:
        """Start a run, or go on with the one that is there.

        Args:
            path: of its directory, made if it is missing.
            scenes: to label, as they lie on disk now.
            settings: that decide the run's numbers.

        Raises:
            ValueError: if the directory holds a run with other settings, or something else.
        """
        run = cls(path, scenes.title, settings, scenes.published, scenes.layout, len(scenes.names))
        record = run._record()
        file = path / SETTINGS_FILE
        if file.exists() and any(path.glob("*.jsonl")):
            before = _read_json(file)
            _check_same(path, before, record)
            write_text(file, json.dumps({**before, "data_set": record["data_set"]}, indent=1))
            run._cut_broken_lines()
        elif path.exists() and not file.exists() and (path.is_file() or any(path.iterdir())):
            raise ValueError(f"{path} is there and is no run; take another --out")
        else:
            path.mkdir(parents=True, exist_ok=True)
            write_text(file, json.dumps(record, indent=1))
        return run

    @staticmethod
    def is_at(path: Path) -> bool:
        """Whether a run is kept in this directory."""
        return (path / SETTINGS_FILE).is_file()

    @classmethod
    def open(cls, path: Path) -> Run:
        """Open a run to read it.

        Raises:
            ValueError: if there is none.
        """
        file = path / SETTINGS_FILE
        if not cls.is_at(path):
            raise ValueError(f"{path} holds no run: {file} is missing")
        record = _read_json(file)
        try:
            known = {k: record[k] for k in BenchSettings.__dataclass_fields__}
            known["source"] = SegmenterSource(**known["source"])
            known["strategies"] = tuple(known["strategies"])
            data_set = record.get("data_set", {})  # older runs have none
            return cls(path, record["title"], BenchSettings(**known), **data_set)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{file} is no run's settings: {error}") from error

    def finished(self, strategy: str) -> list[Outcome]:
        """What came of the scenes finished so far, in the order in which they were.

        A line that an interruption cut off, or that is being written just now, is left out.

        Raises:
            ValueError: if the file holds something else.
        """
        file = self._lines(strategy)
        if not file.exists():
            return []
        try:
            return [_outcome(json.loads(line)) for line in _whole_lines(file).splitlines()]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file} is broken: {error}; remove it to begin anew") from error

    def progress(self, strategy: str) -> str:
        """How far a strategy is, such as "3 of 6 images"; empty if it is done."""
        file = self._lines(strategy)
        done = file.read_bytes().count(b"\n") if file.exists() else 0
        if self.n_images is not None:
            return "" if done == self.n_images else f"{done} of {self.n_images} images"
        return "" if (self.path / RESULTS_FILE).exists() else f"unfinished, {done} images"

    def add(self, strategy: str, outcome: Outcome) -> None:
        """Keep what came of a scene; it is on disk when this returns."""
        record = {
            "scene": outcome.scene,
            "labelled": [labelled.to_json() for labelled in outcome.labelled],
            "skipped": outcome.skipped,
        }
        with self._lines(strategy).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record, separators=(",", ":")) + "\n")
            lines.flush()
            os.fsync(lines.fileno())

    @cached_property
    def results(self) -> dict[str, MistResult | NocResult]:
        """Result of each strategy, from the scenes finished when this is first asked for."""
        return self._results_in_order(None)

    def write_results(self, scenes: Iterable[str]) -> None:
        """Write results.json, results.csv (a row a strategy) and scenes.csv (a row a scene)."""
        results = self._results_in_order(list(scenes))
        summaries = [
            {**self.labels(), "strategy": strategy, **summarise(result)}
            for strategy, result in results.items()
        ]
        write_text(
            self.path / RESULTS_FILE,
            json.dumps({"run": self._record(), "results": summaries}, indent=1),
        )
        write_csv(self.path / "results.csv", summaries)
        rows = [
            {"strategy": strategy, **row}
            for strategy, result in results.items()
            for row in scene_rows(result)
        ]
        write_csv(self.path / "scenes.csv", rows)

    def labels(self) -> dict[str, Any]:
        """What a table says of the run before the numbers."""
        checkpoint = self.settings.source.checkpoint
        return {
            "model": self.settings.source.model,
            "checkpoint": Path(checkpoint).name if checkpoint else "",
            "data": self.title,
            "task": self.settings.task,
        }

    def _results_in_order(self, scenes: list[str] | None) -> dict[str, MistResult | NocResult]:
        results = {}
        for strategy in self.settings.strategies:
            by_name = {outcome.scene: outcome for outcome in self.finished(strategy)}
            order = by_name if scenes is None else [name for name in scenes if name in by_name]
            results[strategy] = self.settings.result(strategy, [by_name[name] for name in order])
        return results

    def _record(self) -> dict[str, Any]:
        weights = _weights(self.settings.source)
        record = {
            "title": self.title,
            "data_set": {
                "published": self.published,
                "layout": self.layout,
                "n_images": self.n_images,
            },
            **asdict(self.settings),
            "strategies": list(self.settings.strategies),
            "checkpoint_sha256": None if weights is None else _sha256(weights),
            "version": __version__,
            "machine": {
                "system": platform.platform(),
                "processor": platform.processor() or platform.machine(),
                "cores": os.cpu_count(),
                "python": platform.python_version(),
            },
        }
        return json.loads(json.dumps(record))

    def _cut_broken_lines(self) -> None:
        """Remove what an interruption left at a file's end, so that lines can follow."""
        for strategy in self.settings.strategies:
            file = self._lines(strategy)
            if file.exists():
                os.truncate(file, len(_whole_lines(file)))

    def _lines(self, strategy: str) -> Path:
        return self.path / f"{strategy}.jsonl"


def _whole_lines(file: Path) -> bytes:
    data = file.read_bytes()
    return data[: data.rfind(b"\n") + 1]


def write_text(path: Path, text: str) -> None:
    """Write a file so that there is always the old one or the new one, whole."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows with a heading; a column that a row lacks stays empty."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _weights(source: SegmenterSource) -> Path | None:
    """File of a segmenter's weights, also of those in the package, which an update may change."""
    if source.checkpoint:
        return Path(source.checkpoint)
    return MODELS[source.model].weights_path if source.model in MODELS else None


def _check_same(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    decisive = sorted(now.keys() - {"data_set", "version", "machine"})
    other = [
        f"{name}: {before.get(name)!r} there, {now[name]!r} now"
        for name in decisive
        if before.get(name) != now[name]
    ]
    if other:
        raise ValueError(
            f"{path} holds a run with other settings ({'; '.join(other)}); take another --out, "
            "or the same settings to go on"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is broken: {error}") from error


def _outcome(record: dict[str, Any]) -> Outcome:
    labelled = [LabelledScene.from_json(one) for one in record["labelled"]]
    return Outcome(record["scene"], labelled, record["skipped"])
