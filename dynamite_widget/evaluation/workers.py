"""Work through the scenes of a bench, in this process or spread over several."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.connection import Connection

from dynamite_widget.evaluation.benches import Bench, BenchSettings, Outcome
from dynamite_widget.evaluation.strategies import Shuffler

Todo = Mapping[str, tuple[Sequence[int], Shuffler | None]]
"""For each strategy the numbers of the scenes left to do, and the source of chance as the scenes
before have left it; None where each scene has its own."""


def work(bench: Bench, todo: Todo, workers: int = 1) -> Iterator[tuple[str, Outcome]]:
    """Label scenes, and give each one out as soon as it is done.

    Scenes of a strategy that must go in order do so, one at a time, in whatever process.

    Args:
        bench: opened in every process anew.
        todo: what is left.
        workers: number of processes; with 1 it is this one.

    Yields:
        The strategy and what came of a scene.

    Raises:
        ValueError: if the number of workers is less than 1, or as the bench does.
        ChildProcessError: if a worker was killed.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers were asked for; it must be at least 1")
    if workers == 1:
        yield from _here(bench, todo)
    else:
        yield from _spread(bench, todo, workers)


def _here(bench: Bench, todo: Todo) -> Iterator[tuple[str, Outcome]]:
    for strategy, (indices, shared) in todo.items():
        for index in indices:
            shuffler = shared or bench.settings.shuffler(bench.scenes.names[index])
            yield strategy, bench.label(strategy, index, shuffler)[0]


def _spread(bench: Bench, todo: Todo, workers: int) -> Iterator[tuple[str, Outcome]]:
    names = bench.scenes.names
    running: dict[Future[tuple[Outcome, Shuffler]], str] = {}
    in_order: dict[str, Iterator[int]] = {}
    context = get_context("spawn")  # a forked PyTorch may hang
    # Nothing is ever sent. The system closes this end when the process is gone, however it ended.
    watched, here = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_open_bench,
        initargs=(bench.settings, workers, watched),
    )
    try:
        for strategy, (indices, shared) in todo.items():
            if shared is None:
                for index in indices:
                    chance = bench.settings.shuffler(names[index])
                    running[pool.submit(_label, strategy, index, chance)] = strategy
            else:
                in_order[strategy] = iter(indices)
                first = next(in_order[strategy], None)
                if first is not None:
                    running[pool.submit(_label, strategy, first, shared)] = strategy
        while running:
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                strategy = running.pop(done)
                outcome, chance = done.result()
                following = next(in_order.get(strategy, iter(())), None)
                if following is not None:
                    running[pool.submit(_label, strategy, following, chance)] = strategy
                yield strategy, outcome
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "a worker ended before its work was done; perhaps the system killed it because memory "
            "was full, which fewer --workers spare. The same command goes on where this one stopped"
        ) from error
    finally:
        # Scenes that are still being worked at are not waited for: they would not be kept.
        here.close()
        pool.shutdown(wait=True, cancel_futures=True)
        watched.close()


_bench: Bench | None = None
"""In a worker process, the bench it works at."""


def _open_bench(settings: BenchSettings, workers: int, watched: Connection) -> None:
    global _bench
    # Ctrl-C goes to all processes at once; the first one ends the others in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()
    # PyTorch is not loaded yet; all workers together shall use the cores once.
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // workers))
    _bench = Bench(settings)


def _end_with(watched: Connection) -> None:
    """End this process as soon as the first one is gone, or wants no more."""
    watched.poll(None)
    os._exit(1)


def _label(strategy: str, index: int, shuffler: Shuffler) -> tuple[Outcome, Shuffler]:
    assert _bench is not None  # the pool has opened it
    return _bench.label(strategy, index, shuffler)
