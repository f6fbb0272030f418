"""Who adds to a folder of labels does so alone: two exports at once would mix up its lists."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import RLock

if sys.platform != "win32":
    import fcntl

FILE_NAME = ".exporting.lock"
"""It is in the folder while somebody writes there."""
PATIENCE_SECONDS = 600
"""So long is waited for another process: an export of many thousand images takes minutes."""

_in_this_process = RLock()


@contextmanager
def alone_adding_to(folder: Path) -> Iterator[None]:
    """Keep other threads and processes from adding to a folder meanwhile.

    Where the system has no locks on files (Windows, some network drives), other threads only. The
    folder is made; if it is still empty in the end, it goes again.

    Args:
        folder: that lists are read from and written to.

    Raises:
        TimeoutError: if another process does so for too long.
        OSError: if the folder cannot be made or written to.
    """
    # A file and not the folder is locked: sessions that are saved there need not wait.
    with ExitStack() as stack:
        stack.enter_context(_in_this_process)
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        stack.callback(_remove_empty, made)
        if sys.platform == "win32":
            folder.mkdir(parents=True, exist_ok=True)
        else:
            stack.enter_context(_locked(folder))
        yield


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders, innermost first, until one is not empty."""
    with suppress(OSError):
        for each in folders:
            each.rmdir()


if sys.platform != "win32":

    @contextmanager
    def _locked(folder: Path) -> Iterator[None]:
        path = folder / FILE_NAME
        end = time.monotonic() + PATIENCE_SECONDS
        while (descriptor := _taken(path)) is None:
            if time.monotonic() > end:
                raise TimeoutError(
                    f"another process has been exporting to {str(folder)!r} for "
                    f"{PATIENCE_SECONDS} seconds"
                )
            time.sleep(0.01)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()
            os.close(descriptor)  # ends the lock, as the end of the process would

    def _taken(path: Path) -> int | None:
        """Make and lock a file; return its descriptor, or None if somebody else has it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # whoever was here has just removed the empty folder
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except (BlockingIOError, FileNotFoundError):  # another one has it, or has removed it
            pass
        except OSError:
            return descriptor  # no locks on this file system
        os.close(descriptor)
        return None
