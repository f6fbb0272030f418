"""Which runs belong into one table, and names by which tables and runs are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dynamite_widget.evaluation.runs import Run


@dataclass(frozen=True)
class Group:
    """Runs of one task on the same data.

    Attributes:
        title: of the data set, with as much of its path as tells it from others of that title.
        task: "mist" or "noc".
        published: title of the set of the paper that the data is; empty for others.
        runs: in the order in which they were given.
        names: of the runs, in that order.
    """

    title: str
    task: str
    published: str
    runs: tuple[Run, ...]
    names: tuple[str, ...]


def groups(runs: Sequence[Run]) -> list[Group]:
    """Sort runs by their data and task; folders of one name are not the same data."""
    found: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        found.setdefault((run.settings.task, *_data(run)), []).append(run)
    firsts = [group[0] for group in found.values()]
    return [
        Group(
            _title(group[0], [other for other in firsts if other is not group[0]]),
            group[0].settings.task,
            group[0].published,
            tuple(group),
            _names(group),
        )
        for group in found.values()
    ]


def _data(run: Run) -> tuple[str, ...]:
    if run.published:
        return ("published", run.published)  # wherever it lies
    return (run.settings.data, run.layout or run.settings.layout or "", run.settings.split)


def _title(run: Run, others: Sequence[Run]) -> str:
    """The shortest title that no other data of the task has."""
    rivals = [_titles(other) for other in others if other.settings.task == run.settings.task]
    for length, title in enumerate(_titles(run)):
        if all(title != titles[min(length, len(titles) - 1)] for titles in rivals):
            return title
    return _titles(run)[-1]


def _titles(run: Run) -> list[str]:
    """Titles of a run's data, each longer than the one before."""
    if run.published:
        return [run.published]
    path = Path(run.settings.data)
    layout = run.layout or run.settings.layout or "unknown layout"
    return [
        run.title,
        f"{run.title} ({path.parent.name}/{path.name})",
        f"{run.title} ({path})",
        f"{run.title} ({path}, {layout}, {run.settings.split})",
    ]


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Names by model and settings, with the run's directory where these are the same."""
    names = [_name(run) for run in runs]
    rows = Counter(_rows(runs, names))
    unclear = [run for run, name in zip(runs, names, strict=True) if _shared(run, name, rows)]
    places = Counter(run.path.name for run in unclear)
    return tuple(
        name
        if run not in unclear
        else f"{name} in {run.path.name if places[run.path.name] == 1 else run.path}"
        for run, name in zip(runs, names, strict=True)
    )


def _rows(runs: Sequence[Run], names: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (name, strategy)
        for run, name in zip(runs, names, strict=True)
        for strategy in run.settings.strategies
    ]


def _shared(run: Run, name: str, rows: Counter[tuple[str, str]]) -> bool:
    return any(rows[name, strategy] > 1 for strategy in run.settings.strategies)


def _name(run: Run) -> str:
    source, seed = run.settings.source, run.settings.seed_id
    details = [
        Path(source.checkpoint).name if source.checkpoint else "",
        "" if source.short_side is None else f"short side {source.short_side}",
        "" if source.long_side is None else f"long side {source.long_side}",
        f"seed {seed}" if seed else "",
    ]
    told = ", ".join(detail for detail in details if detail)
    return f"{source.model} ({told})" if told else source.model
