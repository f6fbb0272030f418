"""Files that are whole at any moment, and never overwrite what somebody else wrote."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EACCES
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import ClassVar
from weakref import WeakValueDictionary

if sys.platform != "win32":
    import fcntl

_MAY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

PATIENCE_SECONDS = 5
"""So long is waited for another process that saves in the same folder."""

_BESIDE = re.compile(r"(\.[0-9a-f]{12}\.)[0-9a-f]{12}\.tmp")
"""Names of files that are to take another's place; the group says whose."""
_ABANDONED_SECONDS = 3600
"""Nobody takes so long to write one."""


class AtomicFile:
    """A file that one owner writes again and again.

    Whoever kills the process at any moment leaves either the old content or the new. A file that
    somebody else has changed since is not overwritten; one that was removed is written anew. Where
    the system has no locks on folders (Windows, some network drives), two processes that write
    within the same millisecond may not notice each other.

    Args:
        path: of the file; its folder must be there. A link is followed, and "~" is one's home.

    Raises:
        ValueError: if there is no such folder, or the path is that of a folder.
    """

    _keepers: ClassVar[WeakValueDictionary[str, AtomicFile]] = WeakValueDictionary()
    _lock = RLock()

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(os.path.realpath(at_home(path)))
        if not self.path.parent.is_dir():
            raise ValueError(f"there is no folder {str(self.path.parent)!r} to save into")
        if self.path.is_dir():
            raise ValueError(f"{str(self.path)!r} is a folder, not a file")
        # Text, as paths cannot be compared any more when Python ends and the last of them goes.
        self._key = os.path.normcase(self.path)
        self._known = self._signature()
        self._digests: frozenset[bytes] = frozenset()  # of what was read or written here
        self._tidy = False

    def keep(self) -> None:
        """Be the only one in this process that writes the file, until somebody else keeps it."""
        with self._lock:
            self._keepers[self._key] = self

    def release(self) -> None:
        """Keep the file no longer."""
        with self._lock:
            if not self.given_up:
                self._keepers.pop(self._key, None)

    @property
    def given_up(self) -> bool:
        """Whether somebody else in this process keeps the file."""
        return self._keepers.get(self._key, self) is not self

    def read(self) -> bytes | None:
        """Return what is in the file, or None if there is none."""
        with self._lock:
            self._known = self._signature()
            data = None if self._known is None else self.path.read_bytes()
            self._digests = frozenset() if data is None else frozenset([_digest(data)])
            return data

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
            with _naming(self.path), _alone_in(self.path.parent):
                self._replace(data)

    def _replace(self, data: bytes) -> None:
        if self._is_foreign():
            raise ValueError(
                f"{str(self.path)!r} was changed by somebody else and is left as it is; "
                "save to another file and go on from that one, or open this one anew"
            )
        if not self._tidy:
            self._remove_leftovers()
        beside = _beside(self.path)
        try:
            with _as_open_as(self.path, beside), beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._digests |= {_digest(data)}  # before: Ctrl-C may come when it is in place already
            os.replace(beside, self.path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        self._known, self._digests = self._signature(), frozenset([_digest(data)])

    def _is_foreign(self) -> bool:
        """Whether the file holds what was neither read nor written here."""
        now = self._signature()
        if now is None or now == self._known:
            return False
        return not self._digests or _digest(self.path.read_bytes()) not in self._digests

    def _remove_leftovers(self) -> None:
        """Remove what processes left that were killed in the middle of writing."""
        for leftover in self.path.parent.glob(f"{_beginning(self.path)}*.tmp"):
            with suppress(OSError):
                leftover.unlink()
        self._tidy = True

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Have errors name the file that is written, where they name what is beside it, or nothing."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = str(path)
            del error.filename2  # None would be part of the text: "'a.png' -> None"
        raise


@contextmanager
def _as_open_as(path: Path, beside: Path) -> Iterator[None]:
    """Give what is written to take a file's place the permissions of that one, if it is there.

    Raises:
        PermissionError: if nobody may write to that one: taking its place asks no permission of it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        yield
        return
    if not mode & _MAY_WRITE:
        raise PermissionError(EACCES, "The file is read-only", str(path))
    beside.touch(0o600)  # nobody reads meanwhile what was not for him
    yield
    with suppress(OSError):  # some file systems know no permissions
        beside.chmod(mode)


def _beside(path: Path) -> Path:
    """Name what is to take a file's place: another name for every call, and never a long one."""
    return path.with_name(f"{_beginning(path)}{token_hex(6)}.tmp")


def _beginning(path: Path) -> str:
    return f".{blake2b(os.fsencode(path.name), digest_size=6).hexdigest()}."


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def at_home(path: str | PathLike[str]) -> Path:
    """Return a path in which a leading "~" is one's home, as on the command line."""
    return Path(os.path.expanduser(path))


def remove_leftovers(files: Iterable[Path]) -> None:
    """Remove what writers left that were killed, from the folders of files about to be written.

    Only one writer at a time may be at these files. Of other files, which somebody may be saving
    there at this moment, only what has lain there for an hour goes.

    Args:
        files: about to be written.
    """
    beginnings: dict[Path, set[str]] = {}
    for path in files:
        beginnings.setdefault(path.parent, set()).add(_beginning(path))
    for folder, own in beginnings.items():
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if (found := _BESIDE.fullmatch(entry.name)) is not None:
                    with suppress(OSError):
                        age = time.time() - entry.stat(follow_symlinks=False).st_mtime
                        if found[1] in own or age > _ABANDONED_SECONDS:
                            os.unlink(entry.path)


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files: those that are there stay as they are until all new ones are whole.

    Then they are replaced in the order given: whoever is killed meanwhile leaves the first ones new
    and the others old.

    Args:
        contents: by path; folders are made.

    Raises:
        OSError: if one cannot be written; then none of them is, and folders made for them go.
    """
    beside = {_beside(path): path for path in contents}
    made: list[Path] = []
    if folder := next(filter(Path.is_dir, contents), None):
        raise IsADirectoryError(f"{str(folder)!r} is a folder where a file should be written")
    try:
        for new, path in beside.items():
            made += _make_folder(path.parent)
            with _naming(path), _as_open_as(path, new):
                new.write_bytes(contents[path])
        for new, path in beside.items():
            with _naming(path):
                os.replace(new, path)
    except BaseException:
        for new in beside:
            with suppress(OSError):
                new.unlink(missing_ok=True)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder with those around it; return those that were not there, outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from writing in a folder meanwhile, where the system can.

    Raises:
        TimeoutError: if another one does so for too long.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)  # ends the lock, as the end of the process would


if sys.platform != "win32":

    def _lock(descriptor: int, folder: Path) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError(
                        f"another process has been saving in {str(folder)!r} for "
                        f"{PATIENCE_SECONDS} seconds"
                    ) from None
                time.sleep(0.005)
            except OSError:
                return  # no locks on this file system
            else:
                return
