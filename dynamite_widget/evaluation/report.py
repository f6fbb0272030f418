"""`dynamite-widget report`: tables, curves and the worst images of some runs, as one page."""

from __future__ import annotations

import argparse
import html
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dynamite_widget.evaluation.benches import ALONE
from dynamite_widget.evaluation.mist import MistResult
from dynamite_widget.evaluation.plots import Results, iou_figure, time_figure
from dynamite_widget.evaluation.readers import open_scenes
from dynamite_widget.evaluation.report_groups import Group, groups
from dynamite_widget.evaluation.report_tables import Table, results_table, tables
from dynamite_widget.evaluation.runs import Run, write_text
from dynamite_widget.evaluation.worst import picture, worst

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;
  color-scheme: light dark; }
table { border-collapse: collapse; } td, th { padding: .2rem .7rem; text-align: left; }
tr { border-bottom: 1px solid #8884; } img { max-width: 100%; }
.figures, .worst { display: flex; flex-wrap: wrap; gap: 1rem; }
.figures img { width: 34rem; background: white; } figure { margin: 0; width: 36rem; }
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("runs", nargs="+", type=Path, help="directories that `evaluate` wrote")
    parser.add_argument(
        "--out", type=Path, default=Path("report"), help="directory (default: %(default)s)"
    )
    parser.add_argument(
        "--worst", type=int, default=12, help="images of each run to show (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> None:
    """Write the report and print its tables."""
    runs = [Run.open(path) for path in args.runs if Run.is_at(path)]
    if not runs:
        Run.open(args.runs[0])  # says what is missing there
    for path in args.runs:
        if not Run.is_at(path):
            sys.stderr.write(f"{path} is left out: it holds no run\n")
    page = write_report(runs, args.out, args.worst)
    told = f"{results_table(runs)}\n\nThe page with curves and the worst images is {page}\n"
    sys.stdout.write(told)


def write_report(runs: Sequence[Run], out: Path, n_worst: int = 12) -> Path:
    """Write tables.md, the curves as PNG and SVG, pictures of the worst images, and index.html.

    Args:
        runs: finished or not; what is there is told.
        out: directory, made if it is missing.
        n_worst: how many images of each run to draw. They are read from the data set's folder;
            where that or one of them is gone, the page says so.

    Returns:
        The path of index.html.
    """
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "tables.md", results_table(runs) + "\n")
    body = ["<h1>Benchmarks</h1>"]
    for table in tables(runs):
        body += [_table(table)]
    body += ["<h2>Curves</h2>", '<div class="figures">', *_figures(runs, out), "</div>"]
    for number, one in enumerate(runs, start=1):
        body += _worst(one, number, out, n_worst)
    page = out / "index.html"
    head = f"<meta charset='utf-8'><title>Benchmarks</title><style>{STYLE}</style>"
    write_text(page, f"<!doctype html>\n<html lang='en'>{head}\n" + "\n".join(body) + "\n</html>\n")
    return page


def _table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in table.columns)
    rows = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    ]
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in table.notes)
    title = html.escape(table.title)
    return f"<h2>{title}</h2><table><tr>{head}</tr>{''.join(rows)}</table>{notes}"


def _figures(runs: Sequence[Run], out: Path) -> list[str]:
    images: list[str] = []
    for group in groups(runs):
        results = _legend(group)
        for what, make in (("iou", iou_figure), ("time", time_figure)):
            name = _file_name(f"{group.title}-{group.task}-{what}", images)
            task = group.task.upper() if group.task == "mist" else "NoC"
            figure = make(results, f"{group.title}, {task}")
            figure.savefig(out / f"{name}.png", dpi=150)
            figure.savefig(out / f"{name}.svg")
            images.append(f'<img src="{html.escape(name)}.svg" alt="{html.escape(name)}">')
    return images


def _file_name(title: str, taken: Sequence[str]) -> str:
    """A name for a file, and for a link to it, of letters, digits, dots and dashes."""
    name = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-.")
    return f"{name}-{len(taken)}" if any(f'"{name}.svg"' in image for image in taken) else name


def _legend(group: Group) -> Results:
    return {
        name if strategy == ALONE else f"{name}, {strategy}": result
        for one, name in zip(group.runs, group.names, strict=True)
        for strategy, result in one.results.items()
    }


def _worst(one: Run, number: int, out: Path, n: int) -> list[str]:
    body = [f"<h2>Worst of {html.escape(str(one.path))}: {html.escape(one.title)}</h2>"]
    body.append(
        "<p>White: the truth. Colours: the answer and its clicks, numbered in time; "
        "black: background clicks.</p>"
    )
    try:
        settings = one.settings
        scenes = open_scenes(settings.data, settings.layout, settings.split)
    except ValueError as error:
        return [*body, f"<p>No pictures: {html.escape(str(error))}</p>"]
    for strategy, result in one.results.items():
        labelled = result.images if isinstance(result, MistResult) else result.samples
        body += [f"<h3>{html.escape(strategy)}</h3>", '<div class="worst">']
        for rank, scene in enumerate(worst(labelled, n)):
            name = f"worst-{number}-{strategy}-{rank}.jpg"
            caption = f"{scene.name}: IoU {np.mean(scene.ious):.2f}, {len(scene.clicks)} clicks"
            try:
                Image.fromarray(picture(scene, scenes)).save(out / name, quality=88)
                shown = f'<a href="{name}"><img src="{name}" alt=""></a>'
            except ValueError as error:
                shown = f"<p>No picture: {html.escape(str(error))}</p>"
            caption = f"<figcaption>{html.escape(caption)}</figcaption>"
            body.append(f"<figure>{shown}{caption}</figure>")
        body.append("</div>")
    return body
