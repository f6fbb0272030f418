"""Files that are whole at any moment, and never overwrite what somebody else wrote."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import ClassVar
from weakref import WeakValueDictionary


class AtomicFile:
    """A file that one owner writes again and again.

    Whoever kills the process at any moment leaves either the old content or the new. A file that
    somebody else has changed since is not overwritten.

    Args:
        path: of the file; its folder must be there. A link is followed.

    Raises:
        ValueError: if there is no such folder, or the path is that of a folder.
    """

    _keepers: ClassVar[WeakValueDictionary[Path, AtomicFile]] = WeakValueDictionary()
    _lock = RLock()

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(os.path.realpath(path))
        if not self.path.parent.is_dir():
            raise ValueError(f"there is no folder {str(self.path.parent)!r} to save into")
        if self.path.is_dir():
            raise ValueError(f"{str(self.path)!r} is a folder, not a file")
        self._known = self._signature()

    def keep(self) -> None:
        """Be the only one in this process that writes the file, until somebody else keeps it."""
        with self._lock:
            self._keepers[self.path] = self

    def release(self) -> None:
        """Keep the file no longer."""
        with self._lock:
            if not self.given_up:
                self._keepers.pop(self.path, None)

    @property
    def given_up(self) -> bool:
        """Whether somebody else in this process keeps the file."""
        return self._keepers.get(self.path, self) is not self

    def read(self) -> bytes | None:
        """Return what is in the file, or None if there is none."""
        with self._lock:
            self._known = self._signature()
            return None if self._known is None else self.path.read_bytes()

    def write(self, data: bytes) -> None:
        """Put new content in place of the old.

        Raises:
            ValueError: if somebody else keeps the file, or has changed it since it was read or
                written here.
            OSError: if it cannot be written; the old content stays.
        """
        with self._lock:
            if self.given_up:
                raise ValueError(
                    f"{str(self.path)!r} belongs to something opened later in this process "
                    "(the same cell, run again?) and is left as it is; go on there"
                )
            if self._signature() != self._known:
                raise ValueError(
                    f"{str(self.path)!r} was changed by somebody else and is left as it is; "
                    "save to another file, or open that one anew"
                )
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
            try:
                with beside.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(beside, self.path)
            except BaseException:
                beside.unlink(missing_ok=True)
                raise
            self._known = self._signature()

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
