"""`dynamite-widget evaluate`: run MIST or NoC on a data set, and go on after an interruption."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from dynamite_widget.evaluation.benches import TASKS, Bench, BenchSettings
from dynamite_widget.evaluation.readers import LAYOUTS, describe
from dynamite_widget.evaluation.report_tables import results_table
from dynamite_widget.evaluation.runs import Run
from dynamite_widget.evaluation.segmenter_source import REFERENCES, SegmenterSource
from dynamite_widget.evaluation.strategies import STRATEGIES, Shuffler
from dynamite_widget.evaluation.workers import Todo, work


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "--model",
        default="dynamite-lite",
        help=f"a model's name, {' or '.join(REFERENCES)} (no weights needed), or MODULE:NAME of "
        "your own segmenter (default: %(default)s)",
    )
    parser.add_argument("--checkpoint", help="file of the model's weights")
    parser.add_argument("--device", help="such as cpu or cuda (default: the best there is)")
    parser.add_argument("--short-side", type=int, help="of the model's input (default: its own)")
    parser.add_argument("--long-side", type=int, help="bound of the model's input")
    parser.add_argument("--data", required=True, help="folder of the data set, or a tar of it")
    parser.add_argument("--layout", choices=LAYOUTS, help="of the data set (default: find out)")
    parser.add_argument("--split", default="val", help="of the data set (default: %(default)s)")
    parser.add_argument("--limit", type=int, help="only so many images, spread evenly")
    parser.add_argument("--task", choices=TASKS, default="mist", help="default: %(default)s")
    parser.add_argument(
        "--strategy",
        default="random",
        help=f"for mist, one or several of {','.join(STRATEGIES)} (default: %(default)s)",
    )
    parser.add_argument(
        "--tau", type=int, default=10, help="mist: clicks an object on average (default: 10)"
    )
    parser.add_argument(
        "--max-clicks", type=int, default=20, help="noc: clicks an object at most (default: 20)"
    )
    parser.add_argument(
        "--iou-threshold", type=float, help="at which an object is done (mist: 0.85, noc: 0.90)"
    )
    parser.add_argument("--seed-id", type=int, default=0, help="number of the repetition")
    parser.add_argument(
        "--seed-each",
        action="store_true",
        help="seed random and round_robin for each image, so that workers can share them; the "
        "published evaluation seeds once and runs on from image to image",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--out", required=True, type=Path, help="directory for the results")


def run(args: argparse.Namespace) -> None:
    """Evaluate, or go on where the same command stopped, and print the table."""
    alone = args.task == "noc"
    threshold = args.iou_threshold
    if threshold is None:
        threshold = 0.90 if alone else 0.85
    settings = BenchSettings(
        source=SegmenterSource(
            args.model, args.checkpoint, args.device, args.short_side, args.long_side
        ),
        data=str(Path(args.data).resolve()),
        layout=args.layout,
        split=args.split,
        limit=args.limit,
        task=args.task,
        strategies=tuple(args.strategy.split(",")),
        clicks=args.max_clicks if alone else args.tau,
        iou_threshold=threshold,
        seed_id=args.seed_id,
        seed_each=args.seed_each,
    )
    try:
        with ended_like_ctrl_c():
            finished = evaluate(settings, args.out, args.workers, show_progress=True)
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. The same command goes on where this one stopped.\n")
        raise
    told = f"results.json, results.csv and scenes.csv are in {finished.path}"
    sys.stdout.write(f"{results_table([finished])}\n\n{told}\n")


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM, by which systems end a process, end what is going on as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def evaluate(
    settings: BenchSettings, out: Path, workers: int = 1, *, show_progress: bool = False
) -> Run:
    """Label all scenes that a run lacks, keep each one as it is done, and write the results.

    Interrupted, it has lost no more than the scene each worker was at; called again with the
    same settings it goes on there, and comes to the same results.

    Args:
        settings: what to run.
        out: directory of the run.
        workers: number of processes.
        show_progress: draw a bar with the time left on the standard error stream.

    Raises:
        ValueError: if `out` holds something else, the settings or a file of the data set are
            wrong, or the segmenter's answer is no label map.
    """
    bench = Bench(settings)
    kept = Run.begin(out, bench.scenes, settings)
    todo = left_to_do(kept, bench)
    if show_progress:
        sys.stderr.write(f"{settings.data}: {describe(bench.scenes)}\n")
    total = len(bench.scenes) * len(settings.strategies)
    left = sum(len(indices) for indices, _ in todo.values())
    bar = tqdm(
        total=total, initial=total - left, unit="scene", disable=not show_progress, smoothing=0.05
    )
    with bar:
        for strategy, outcome in work(bench, todo, workers):
            kept.add(strategy, outcome)
            bar.set_postfix_str(f"{strategy} {outcome.scene}", refresh=False)
            bar.update()
    kept.write_results(bench.scenes.names)
    return kept


def left_to_do(kept: Run, bench: Bench) -> Todo:
    """Numbers of the scenes that a run lacks, and chance as the finished ones have left it.

    Raises:
        ValueError: if a finished scene is not in the data set, or a strategy that must go in
            order has gaps.
    """
    settings, names = kept.settings, bench.scenes.names
    todo: dict[str, tuple[list[int], Shuffler | None]] = {}
    for strategy in settings.strategies:
        finished = kept.finished(strategy)
        done = {outcome.scene for outcome in finished}
        if not done <= set(names):
            strange = sorted(done - set(names))[0]
            raise ValueError(f"{kept.path} has results of {strange!r}, which is not in the data")
        indices = [index for index, name in enumerate(names) if name not in done]
        if not settings.in_order(strategy):
            todo[strategy] = indices, None
            continue
        if indices and indices[0] != len(finished):
            raise ValueError(f"{kept.path}: {strategy} must go in order, but has gaps; begin anew")
        shuffler = settings.shuffler()
        for outcome in finished:
            for labelled in outcome.labelled:
                shuffler.skip(len(labelled.ious), labelled.shuffles)
        todo[strategy] = indices, shuffler
    return todo
