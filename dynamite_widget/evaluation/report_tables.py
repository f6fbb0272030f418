"""Tables of results as in the paper, with the published rows below ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dynamite_widget.evaluation import published
from dynamite_widget.evaluation.mist import MistResult
from dynamite_widget.evaluation.noc import NocResult
from dynamite_widget.evaluation.report_groups import Group, groups
from dynamite_widget.evaluation.runs import Run

OURS = "measured"
IOU_CLICKS = (1, 3, 5)
_IOU_COLUMNS = tuple(f"IoU@{k}" for k in IOU_CLICKS)


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes:
        title: what it shows.
        columns: their headings.
        rows: cells, as many as headings.
        notes: sentences below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """The table in Markdown, its columns aligned for reading as text."""
        cells = [self.columns, *self.rows]
        widths = [max(len(row[k]) for row in cells) for k in range(len(self.columns))]
        lines = [
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            + " |"
            for row in cells
        ]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        parts = [f"**{self.title}**", "", *lines]
        if self.notes:
            parts += ["", *self.notes]
        return "\n".join(parts)


def tables(runs: Sequence[Run]) -> list[Table]:
    """One table for each data set and task among the runs."""
    make = {"mist": _mist_table, "noc": _noc_table}
    return [make[group.task](group) for group in groups(runs)]


def results_table(runs: Sequence[Run]) -> str:
    """All tables of some runs, in Markdown."""
    return "\n\n".join(table.to_markdown() for table in tables(runs))


def _mist_table(group: Group) -> Table:
    rows = [
        (
            name,
            strategy,
            str(result.tau),
            f"{result.nci:.2f}",
            str(result.nfo),
            str(result.nfi),
            f"{result.miou * 100:.1f}",
            *_ious_after(result, result.tau),
            f"{len(result.images)} / {result.n_objects}",
            _ours(run, strategy),
        )
        for run, name in zip(group.runs, group.names, strict=True)
        for strategy, result in run.results.items()
        if isinstance(result, MistResult)
    ]
    theirs = [
        (
            row.model,
            row.strategy,
            "10",
            f"{row.nci:.2f}",
            str(row.nfo),
            str(row.nfi),
            f"{row.miou:.1f}",
            *("" for _ in IOU_CLICKS),
            "",
            row.source,
        )
        for row in published.MIST
        if row.data == group.published
    ]
    columns = ("model", "strategy", "τ", "NCI", "NFO", "NFI", "mIoU", *_IOU_COLUMNS)
    notes = _notes(group, bool(theirs), 10, 0.85)
    return Table(
        f"{group.title}: MIST", (*columns, "images / objects", "source"), (*rows, *theirs), notes
    )


def _noc_table(group: Group) -> Table:
    rows = [
        (
            name,
            *_noc_cells(result, 0.85),
            *_noc_cells(result, 0.90),
            *_ious_after(result, result.max_clicks),
            str(len(result.samples)),
            _ours(run, strategy),
        )
        for run, name in zip(group.runs, group.names, strict=True)
        for strategy, result in run.results.items()
        if isinstance(result, NocResult)
    ]
    theirs = [
        (
            row.model,
            f"{row.noc_85:.2f}",
            "",
            f"{row.noc_90:.2f}",
            "",
            *("" for _ in IOU_CLICKS),
            "",
            row.source,
        )
        for row in published.NOC
        if row.data == group.published
    ]
    columns = ("model", "NoC@85", "NoF@85", "NoC@90", "NoF@90", *_IOU_COLUMNS)
    notes = _notes(group, bool(theirs), 20, 0.90)
    return Table(f"{group.title}: NoC", (*columns, "objects", "source"), (*rows, *theirs), notes)


def _ious_after(result: MistResult | NocResult, most: int) -> list[str]:
    return [f"{result.mean_iou(k) * 100:.1f}" if k <= most else "" for k in IOU_CLICKS]


def _noc_cells(result: NocResult, iou: float) -> tuple[str, str]:
    if iou > result.iou_threshold:
        return "", ""
    return f"{result.noc(iou):.2f}", str(result.failures(iou))


def _ours(run: Run, strategy: str) -> str:
    progress = run.progress(strategy)
    return f"{OURS}, {progress}" if progress else OURS


def _notes(group: Group, compared: bool, clicks: int, iou: float) -> tuple[str, ...]:
    notes = []
    others = "published rows" if compared else "runs that went otherwise"
    for run, name in zip(group.runs, group.names, strict=True):
        settings, differences = run.settings, []
        if settings.limit is not None:
            differences.append(f"only {settings.limit} images of the set")
        if settings.clicks != clicks:
            differences.append(f"{settings.clicks} clicks instead of {clicks}")
        if settings.iou_threshold != iou:
            differences.append(f"IoU threshold {settings.iou_threshold} instead of {iou}")
        if settings.seed_each and settings.task == "mist":
            differences.append("a random generator for each image")
        if any(run.progress(strategy) for strategy in settings.strategies):
            differences.append("not finished")
        if differences:
            where = "" if name.endswith(f" in {run.path.name}") else f" in {run.path.name}"
            notes.append(f"{name}{where}: {', '.join(differences)}; not comparable with {others}.")
    return tuple(notes)
