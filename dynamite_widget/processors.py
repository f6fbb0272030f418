"""How many processors a computation in the background takes: one is left to page and kernel."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def leaving_one_processor() -> Iterator[None]:
    """Compute on one processor less than there are, if this is not the main thread.

    A network's small steps are shared out and waited for hundreds of times in an answer. Where
    the page, its server or another program needs a processor too, all threads wait for the one
    that has lost its place (docs/performance.md). PyTorch's number of threads is each thread's
    own: here it is lowered for this one alone, and only for as long as this lasts.
    """
    threads = torch.get_num_threads()
    fewer = max(1, _processors() - 1)
    if threads <= fewer or threading.current_thread() is threading.main_thread():
        yield
        return
    torch.set_num_threads(fewer)
    # That also is what threads would begin with that compute for the first time from now on.
    others = threading.Thread(target=torch.set_num_threads, args=(threads,))
    others.start()
    others.join()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
