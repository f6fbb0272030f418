"""`KeptLabelling`: a labelling that saves itself after every act, and goes on from a file."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.answering import Answer, Answers, Snapshot
from dynamite_widget.asking import Asker
from dynamite_widget.formats import session_file, session_recovery
from dynamite_widget.formats.session_file import SavedSession
from dynamite_widget.image_identity import ImageIdentity, SourceFile
from dynamite_widget.labelling import Change, Labelling
from dynamite_widget.saving import AtomicFile


class NotSavedWarning(UserWarning):
    """What was done is done, but the file does not have it."""


class KeptLabelling(Labelling):
    """What people said about one image, in memory and, if wanted, in a file.

    Who only reads writes nothing: an answer is saved once somebody has acted here. A failure to
    save takes nothing back and stops nobody: it is shown (`Change.error`, and a `NotSavedWarning`),
    `unsaved` says it, and the next act tries again.

    Args:
        image: (H, W, 3) uint8, never changed later.
        source: the file that the image came from, or None.
        asker: asks the model.
        labels: labels to choose from; None if any text will do.
        path: file that is saved to after every act, and gone on from if it is there; None for none.
    """

    def __init__(
        self,
        image: NDArray[np.uint8],
        source: SourceFile | None,
        asker: Asker,
        labels: tuple[str, ...] | None,
        path: str | PathLike[str] | None,
    ) -> None:
        super().__init__(Answers(asker), asker.size, labels)
        self._image = image
        self._source = source
        self._saving = threading.Lock()
        self._screen: Mapping[str, Any] = MappingProxyType({})
        self._unsaved: Exception | None = None
        self._resumed = False
        self._acted = False
        self._file = None if path is None else AtomicFile(path)
        self._known_files: dict[Path, AtomicFile] = {}
        if self._file is not None:
            self._resume(self._file)

    @property
    def resumed(self) -> bool:
        """Whether the session went on from a file."""
        return self._resumed

    @property
    def unsaved(self) -> Exception | None:
        """Why the newest state is not in the file; None if it is, or there is no file."""
        return self._unsaved

    @property
    def screen(self) -> Mapping[str, Any]:
        """How a screen last showed the session; only kept here, and read by screens.

        Takes whatever JSON can hold, by name; it is saved at once and no part of the history.
        """
        return self._screen

    @screen.setter
    def screen(self, settings: Mapping[str, Any]) -> None:
        settings = plain_settings(settings)
        if settings != self._screen:
            self._screen = settings
            if self._file is not None and not self._file.given_up:
                self._autosave(self._file)

    def to_saved(self) -> SavedSession:
        """Return what a session file holds: everything but the image, small enough to be kept."""
        return self._saved(Path())

    def save(self, path: str | PathLike[str]) -> None:
        """Save everything but the image to a file, conventionally named *.session.json.

        Raises:
            ValueError: if the file holds something else than a session of this image, or somebody
                else has changed it since it was read or written here; it stays as it was.
            OSError: if it cannot be written.
        """
        file = AtomicFile(path)
        if self._file is not None and self._file.path == file.path:
            file = self._file
        elif file.path in self._known_files:
            file = self._known_files[file.path]
        elif (data := file.read()) is not None:
            self._check_image(_loads(data, file.path), file.path)
        self._save_to(file)
        self._known_files[file.path] = file

    def _tell(self, change: Change) -> Snapshot | None:
        self._acted |= change.cause == "act"
        try:
            super()._tell(change)  # first, as screens show it while the file is written
        finally:  # whatever a listener raises
            if self._file is not None and self._is_to_be_saved(change, self._file):
                self._autosave(self._file)
        return self.pending

    def _is_to_be_saved(self, change: Change, file: AtomicFile) -> bool:
        """Whether a change goes to the file; who only looks leaves it to those who work on it."""
        return change.cause == "act" or (self._acted and not file.given_up)

    def _autosave(self, file: AtomicFile) -> None:
        try:
            self._save_to(file)
        except (OSError, ValueError) as error:
            self._unsaved = error
            try:
                super()._tell(Change(frozenset(), frozenset(), "saving", error))
            finally:
                warnings.warn(f"not saved: {error}", NotSavedWarning, stacklevel=2)

    def _save_to(self, file: AtomicFile) -> None:
        with self._saving:  # whoever saves last saves the newest state
            file.write(session_file.dumps(self._saved(file.path)))
            if file is self._file:
                self._unsaved = None

    def _saved(self, path: Path) -> SavedSession:
        with self._lock:
            view = self._view
            return SavedSession(
                image=self._identity.seen_from(path.parent),
                labels=self._labels,
                next_id=self._next_id,
                screen=self._screen,
                state=view.state,
                history=self._history,
                label_map=view.runs,
                answer=self._answer.runs,
                refined=self._answer.refined,
                answered=view.answered,
            )

    def _resume(self, file: AtomicFile) -> None:
        file.keep()  # before it is read: who kept it until now must not write any more
        try:
            data = file.read()
            if data is not None:
                self._go_on_from(_loads(data, file.path), file.path)
        except BaseException:
            file.release()
            raise

    def _go_on_from(self, saved: SavedSession, path: Path) -> None:
        self._check_image(saved, path)
        if self._labels is None:
            self._labels = saved.labels
        self._screen = saved.screen
        self._resumed = True
        answer = Answer(saved.answer, saved.refined)
        if saved.answered:
            self._answers.take_over(Snapshot.of(saved.state), answer)
        self._start(
            saved.state,
            saved.history,
            answer,
            next_id=saved.next_id,
            answered=saved.answered,
        )

    def _check_image(self, saved: SavedSession, path: Path) -> None:
        if not saved.image.same_image(self._identity):
            raise ValueError(
                f"{str(path)!r} is about another image ({saved.image.source or 'no file'}, "
                f"{saved.image.width} x {saved.image.height}); it is left as it is"
            )

    @cached_property
    def _identity(self) -> ImageIdentity:
        return ImageIdentity.of(self._image, self._source)


def plain_settings(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return settings of a screen as a read-only copy that JSON can hold.

    Raises:
        TypeError, ValueError: if JSON cannot hold them.
    """
    settings = dict(settings)
    try:
        json.dumps(settings, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f"settings of a screen are plain JSON: {error}") from error
    return MappingProxyType(settings)


def read_session(path: str | PathLike[str]) -> tuple[SavedSession, AtomicFile]:
    """Read what a session file holds; return the file, too, which knows what was read.

    Raises:
        ValueError: if there is no such file, it is no session file, of another version, cut off or
            broken.
    """
    data, file = _bytes_of(path)
    return _loads(data, file.path), file


def recover_session(
    path: str | PathLike[str],
) -> tuple[SavedSession, AtomicFile, tuple[str, ...]]:
    """Read what is left of a session file; return the file, too, and say what is lost.

    Raises:
        ValueError: if there is no such file, or it does not say which image it is about.
    """
    data, file = _bytes_of(path)
    try:
        saved, lost = session_recovery.recover(data)
    except ValueError as error:
        raise ValueError(f"{str(file.path)!r} cannot be read: {error}") from error
    return saved, file, lost


def _bytes_of(path: str | PathLike[str]) -> tuple[bytes, AtomicFile]:
    file = AtomicFile(path)
    data = file.read()
    if data is None:
        raise ValueError(f"there is no file {str(path)!r}")
    return data, file


def _loads(data: bytes, path: Path) -> SavedSession:
    try:
        return session_file.loads(data)
    except ValueError as error:
        raise ValueError(
            f"{str(path)!r} cannot be read and is left as it is: {error}. "
            "If it was a session file, Session.recover reads what is left of it"
        ) from error
