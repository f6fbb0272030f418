"""The few sessions of a collection that are in memory: opened, encoded ahead, and let go again."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary, WeakValueDictionary, ref

from dynamite_widget.background_jobs import BackgroundJobs
from dynamite_widget.edits import Overlay
from dynamite_widget.formats import session_file
from dynamite_widget.formats.session_file import SavedSession
from dynamite_widget.image_identity import ImageIdentity
from dynamite_widget.image_list import ListedImage
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.segmenting import SupportsSegmentation
from dynamite_widget.session import Change, Session
from dynamite_widget.state import State
from dynamite_widget.view import View

SPARE = 2
"""So many more images than wanted may wait for a pause before they are let go."""

Signature = tuple[int, int, int] | None
"""Differs when a file does; None where there is none to be seen."""
_NOTHING_DONE = (0, 0, 0)

Opened = Callable[[int, Session], object]
LetGo = Callable[[int], object]


class OpenSessions:
    """Opens the sessions of listed images when they are asked for, and keeps only those wanted.

    What is let go waits for its answers first. It is then in its file or, without a folder, kept
    without pixels and features. If somebody still holds it and changes it, it is in memory again
    until the next move. Safe to use from several threads.

    Args:
        images: the list; a place in it stands for an image from here on.
        folder: that sessions save themselves to; None to keep what was done in memory.
        segmenter: whatever has `encode` and `segment`; None for the embedded model.
        labels: labels to choose from; None if any text will do.
        channel_order: order of the colours of images that are arrays or tensors.

    Attributes:
        opened: called in the background with a place and its session, opened ahead.
        let_go: called in the background with a place whose session was let go.
        pause: seconds after a move in which nothing is done in the background.
    """

    opened: Opened
    let_go: LetGo
    pause: float

    def __init__(
        self,
        images: Sequence[ListedImage],
        folder: Path | None,
        segmenter: SupportsSegmentation | None,
        labels: Sequence[str] | None,
        channel_order: Literal["rgb", "bgr"],
    ) -> None:
        self._images = images
        self._folder = folder
        self._segmenter = segmenter
        self._labels = labels
        self._channel_order = channel_order
        self.opened = lambda place, session: None
        self.let_go = lambda place: None
        self.pause = 0.0
        self._open: dict[int, Session] = {}
        # Somebody may hold a session that was let go: an image never has two.
        self._left: WeakValueDictionary[int, Session] = WeakValueDictionary()
        self._kept: dict[int, SavedSession] = {}
        # Of the file when a session changed last: if it is still the same, the change is not in it.
        self._file_then: WeakKeyDictionary[Session, Signature] = WeakKeyDictionary()
        self._wanted: tuple[int, ...] = ()
        self._wanted_anew = threading.Event()
        self._lock = threading.RLock()
        self._turns: WeakValueDictionary[int, threading.Lock] = WeakValueDictionary()
        self._jobs: BackgroundJobs[None] = BackgroundJobs()
        self._following: Future[None] | None = None

    @property
    def places(self) -> frozenset[int]:
        """Of the images that are in memory now."""
        with self._lock:
            return frozenset(self._open)

    def session(self, place: int) -> Session:
        """Return the session of an image, opened if it is not.

        Raises:
            ValueError, TypeError, OSError: if the image or its session's file cannot be read.
        """
        with self._turn_of(place):
            session = self._in_memory(place)
            if session is None:
                session = self._opened(place)
                self._listen_to(place, session)
            with self._lock:
                self._open[place] = session
            return session

    @contextmanager
    def holding(self, place: int) -> Iterator[Session]:
        """Give the session of an image, which is not let go inside the block.

        Nobody may wait inside it for a model or a file to be decoded.
        """
        while True:
            session = self.session(place)
            with self._lock:
                if self._open.get(place) is session:
                    yield session
                    return

    def want(self, places: Sequence[int], ahead: int | None) -> None:
        """Keep these images in memory, and no others; returns at once.

        Args:
            places: the current one first.
            ahead: the one of them to be opened and encoded in the background, if any.
        """
        with self._lock:
            self._wanted = tuple(places)
            self._wanted_anew.set()
            if self._following is not None:
                self._following.cancel()
            self._following = self._jobs.submit(lambda: self._follow(ahead))

    def objects(self, place: int) -> tuple[ImageIdentity, tuple[SegmentedObject, ...]] | None:
        """Return an image of which something was said, with its objects, or None.

        What somebody else saved since is as good as what is in memory. Neither images nor models
        are loaded for one that is not open, unless its file has clicks without an answer, as
        somebody else waits for it or was broken off: then they are. Nothing is written.

        Raises:
            ValueError: if its session's file cannot be read.
            Exception: whatever opening it or the segmenter raises.
        """
        with self._lock:
            session, saved = self._in_memory(place), self._kept.get(place)
        path = self._path(place)
        if session is not None:
            saved = self._newer(place, session, path)
            if saved is None and _said_something(session):
                return session.to_saved().image, session.objects
        elif path is not None:
            saved = self._read(path)
        if saved is None:
            return None
        if path is not None and not saved.answered:
            return self._answered_apart(self._images[place], path)
        overlay = Overlay().with_edits(saved.state.edits)
        label_map = saved.label_map.to_array()
        view = View(saved.state, label_map, saved.label_map, overlay, saved.answered)
        return saved.image, view.objects

    def size(self, place: int) -> tuple[int, int] | None:
        """Return (H, W) of an image that is in memory, or None."""
        session = self._in_memory(place)
        return None if session is None else session.size

    def wait(self) -> None:
        """Wait for what was begun in the background."""
        self._jobs.submit(lambda: None).result()

    def close(self) -> None:
        """Give back the memory of features and answers; whatever is needed is computed anew."""
        for session in dict(self._open).values():
            session.close()

    def _turn_of(self, place: int) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(place, threading.Lock())

    def _in_memory(self, place: int) -> Session | None:
        with self._lock:
            return self._open.get(place) or self._left.get(place)

    def _path(self, place: int) -> Path | None:
        """Of the file that an image's session is saved to."""
        return None if self._folder is None else self._folder / self._images[place].session_file

    def _opened(self, place: int) -> Session:
        listed, saved = self._images[place], self._kept.get(place)
        order = self._channel_order
        if saved is not None:
            return Session.from_saved(
                saved, listed.image, self._segmenter, self._labels, channel_order=order
            )
        path = self._path(place)
        return Session(listed.image, self._segmenter, self._labels, path, channel_order=order)

    def _newer(self, place: int, session: Session, path: Path | None) -> SavedSession | None:
        """Return what somebody else saved who went on from what a session had saved, or None.

        Nobody overwrites what he has not read: what this session could save is part of it. What it
        could not save is nowhere else, and goes out with a warning.
        """
        then = self._file_then.get(session, _NOTHING_DONE)
        if path is None or (session.unsaved is None and _signature(path) == then):
            return None
        kept = f"{self._images[place].name!r} is taken as it is in memory"
        try:
            saved = self._read(path)
        except (OSError, ValueError) as error:
            warnings.warn(f"{kept}: {error}", stacklevel=2)
            return None
        if saved is None or saved.state == session.view.state:
            return None
        if session.unsaved is not None:
            warnings.warn(
                f"{kept}, and its file holds something else: {session.unsaved}", stacklevel=2
            )
            return None
        return saved

    def _answered_apart(
        self, listed: ListedImage, path: Path
    ) -> tuple[ImageIdentity, tuple[SegmentedObject, ...]]:
        """Answer the clicks in a file for this once: it may be somebody else's, who waits, too."""
        order = self._channel_order
        session = Session.load(path, listed.image, self._segmenter, channel_order=order)
        try:
            return session.to_saved().image, session.objects
        finally:
            session.close()

    def _listen_to(self, place: int, session: Session) -> None:
        """Take a session back that is changed after it was let go; note what its file was then."""
        path = self._path(place)
        ours, its = ref(self), ref(session)  # listening keeps neither in memory

        def changed(_: Change) -> None:
            sessions, session = ours(), its()
            if sessions is not None and session is not None:
                file = None if path is None else _signature(path)  # it is told, and then saved
                with sessions._lock:
                    sessions._open[place] = session
                    sessions._file_then[session] = file

        session.listen(changed)

    def _follow(self, ahead: int | None) -> None:
        """Bring what is in memory in line with what is wanted, until something else is."""
        self._wanted_anew.clear()
        wanted = self._wanted
        # Letting go takes its time, too; but whoever leafs fast must not fill the memory.
        crowded = len(self.places - {*wanted}) > SPARE
        if not crowded and self._wanted_anew.wait(self.pause):
            return
        for place in self.places - {*wanted}:
            self._let_go(place)
        if ahead is None or (crowded and self._wanted_anew.wait(self.pause)):
            return
        with suppress(Exception):  # who comes there opens it again, and is told
            session = self.session(ahead)
            self.opened(ahead, session)
            self.session(wanted[0]).encode()  # first of all the image that is looked at
            if wanted is self._wanted:
                session.encode()

    def _let_go(self, place: int) -> None:
        session = self._open[place]
        with suppress(Exception):  # whoever listens is told; the clicks are taken back
            session.settle()
        path = self._path(place)
        if path is None:
            session.to_saved()  # the image's digest takes its time: not under the lock
        elif session.unsaved is not None:
            with suppress(OSError, ValueError):  # what cannot be saved stays in memory
                session.save(path)
        with self._lock:
            if place in self._wanted or session.pending or session.unsaved:
                return
            if path is None and _said_something(session):
                self._kept[place] = session.to_saved()
            self._left[place] = self._open.pop(place)
        self.let_go(place)
        session.close()

    @staticmethod
    def _read(path: Path) -> SavedSession | None:
        try:
            return session_file.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ValueError(
                f"{str(path)!r} cannot be read: {error}. Session.recover reads what is left of it"
            ) from error


def _signature(path: Path) -> Signature:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _said_something(session: Session) -> bool:
    return session.can_undo or session.can_redo or session.view.state != State()
