"""`Collection`: many images, one session each: order, status, and one table for all."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NoReturn, SupportsIndex

from dynamite_widget.exporting_collection import ExportingCollection
from dynamite_widget.formats import collection_file
from dynamite_widget.formats.collection_file import Mark, SavedCollection
from dynamite_widget.formats.labelled_images import LabelledImage
from dynamite_widget.image_list import (
    STATUSES,
    ImageStatus,
    ListedImage,
    found_respelled,
    listed,
    sessions_elsewhere,
)
from dynamite_widget.images import size_of
from dynamite_widget.keeping import plain_settings
from dynamite_widget.labelling import tell_all
from dynamite_widget.open_sessions import LetGo, Opened, OpenSessions
from dynamite_widget.saving import AtomicFile, at_home
from dynamite_widget.segmenting import SupportsSegmentation
from dynamite_widget.session import Session, checked_labels


class Collection(ExportingCollection):
    """Many images to be labelled one after the other. Safe to use from several threads.

    Nothing is read before somebody looks at it: once moves pause, only the current image, the one
    before and the one after stay in memory. After a move the next image in the same direction is
    opened and encoded in the background.

    With a folder, each image has a session file there, and `collection.json` holds the marks; the
    same list opened again goes on where it stopped. Without one, what was done stays in memory.

    Args:
        images: paths, or a mapping from names to anything `dynamite_widget.images.to_rgb` takes.
        segmenter: whatever has `encode` and `segment`; None for the embedded model.
        labels: labels to choose from, the same for all images; None if any text will do.
        path: folder to save to, made if it is not there; None to save nothing.
        channel_order: order of the colours of images that are arrays or tensors.

    Raises:
        TypeError: if it is no list of images, or a label cannot be one.
        ValueError: if there are no images, one stands there twice, or `path` cannot be a folder of
            sessions.
    """

    def __init__(
        self,
        images: Iterable[str | PathLike[str]] | Mapping[str, Any],
        segmenter: SupportsSegmentation | None = None,
        labels: Iterable[str] | None = None,
        path: str | PathLike[str] | None = None,
        *,
        channel_order: Literal["rgb", "bgr"] = "rgb",
    ) -> None:
        self._labels = checked_labels(labels)
        folder = None if path is None else Path(os.path.realpath(at_home(path)))
        self._images = listed(images, folder)
        self._places = {each.name: place for place, each in enumerate(self._images)}
        if folder is not None:
            _make(folder)
        self._sessions = OpenSessions(self._images, folder, segmenter, self._labels, channel_order)
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], None]] = []
        self._shown: ImageStatus | None = None
        self._place = 0
        self._direction: Literal[1, -1] = 1
        self._marks: Mapping[str, Mark] = {}
        self._counted: tuple[Mapping[str, Mark] | None, dict[ImageStatus, int]] = None, {}
        self._neighbours: dict[int, tuple[tuple[object, ...], int | None]] = {}
        self._screen: Mapping[str, Any] = MappingProxyType({})
        self._file = None if folder is None else AtomicFile(folder / collection_file.FILE_NAME)
        if self._file is not None:
            self._resume(self._file)

    def __len__(self) -> int:
        return len(self._images)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {status}" for status, n in self.counts.items() if n)
        return f"<Collection of {len(self)} images ({counts}), at {self.name!r}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "a Collection is neither copied nor pickled, as two of them would write the same "
            "files; its annotations are values that can go to other processes"
        )

    # What there is to read -----------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Of all images, in order."""
        return tuple(each.name for each in self._images)

    @property
    def place(self) -> int:
        """Where in the list the current image stands, from 0."""
        return self._place

    @property
    def name(self) -> str:
        """Of the current image."""
        return self._images[self._place].name

    @property
    def session(self) -> Session:
        """Of the current image.

        Raises:
            ValueError, TypeError, OSError: if the image or its session's file cannot be read.
        """
        return self._sessions.session(self._place)

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Labels to choose from; None if any text will do."""
        return self._labels

    @property
    def status(self) -> ImageStatus:
        """Of the current image."""
        return self._status_at(self._place)

    def status_at(self, place: str | int) -> ImageStatus:
        """Of the image at a place in the list, from 0, or with a name.

        Raises:
            TypeError: if it is neither.
            ValueError: if there is no such image.
        """
        return self._status_at(self._place_of(place))

    @property
    def statuses(self) -> dict[str, ImageStatus]:
        """Of all images by name, in order."""
        return {each.name: self._status_at(place) for place, each in enumerate(self._images)}

    @property
    def counts(self) -> dict[ImageStatus, int]:
        """How many images have each status."""
        marks, counts = self._counted
        if marks is not self._marks:  # screens ask after every click, of lists of any length
            marks, found = self._marks, list(self.statuses.values())
            counts = {status: found.count(status) for status in STATUSES}
            self._counted = marks, counts
        return dict(counts)

    @property
    def shown(self) -> ImageStatus | None:
        """The only status that moves go to; None for all."""
        return self._shown

    @property
    def has_next(self) -> bool:
        """Whether an image that is shown comes after the current one."""
        return self._neighbour(1) is not None

    @property
    def has_previous(self) -> bool:
        """Whether an image that is shown comes before the current one."""
        return self._neighbour(-1) is not None

    @property
    def neighbours(self) -> tuple[int, ...]:
        """Places of the images that moves go to: the next one, then the previous one."""
        both = self._neighbour(1), self._neighbour(-1)
        return tuple(place for place in both if place is not None)

    @property
    def in_memory(self) -> frozenset[int]:
        """Places in the list of the images whose pixels are in memory now."""
        return self._sessions.places

    @property
    def screen(self) -> Mapping[str, Any]:
        """How a screen last showed the images; only kept here, and read by screens.

        Takes whatever JSON can hold, by name; it is saved at once.

        Raises:
            TypeError, ValueError: if JSON cannot hold it, or the folder's index was changed by
                somebody else.
            OSError: if the index cannot be written.
        """
        return self._screen

    @screen.setter
    def screen(self, settings: Mapping[str, Any]) -> None:
        settings = plain_settings(settings)
        with self._lock:
            if settings != self._screen:
                self._screen = settings
                if self._file is not None and not self._file.given_up:
                    current = self._images[self._place].session_file
                    self._write(SavedCollection(self._marks, current, settings))

    # What a person can do ------------------------------------------------------------------------

    def next(self) -> bool:
        """Go to the next image that is shown; return whether there was one."""
        return self._step(1)

    def previous(self) -> bool:
        """Go to the previous image that is shown; return whether there was one."""
        return self._step(-1)

    def go_to(self, image: str | int) -> None:
        """Go to an image by its name or its place, shown or not.

        Raises:
            TypeError: if it is neither.
            ValueError: if there is no such image.
        """
        with self._lock:
            self._direction = 1
            self._place_at(self._place_of(image))
        self._tell()

    def mark(self, status: ImageStatus, image: str | int | None = None) -> None:
        """Say that an image is done, skipped or flagged, or open again.

        Args:
            status: "open", "done", "skipped" or "flagged".
            image: its name or place; None for the current one.

        Raises:
            ValueError: if there is no such status or image, or the folder's index was changed by
                somebody else; nothing is marked then.
            OSError: if the index cannot be written.
        """
        _check_status(status)
        with self._lock:
            place = self._place if image is None else self._place_of(image)
            each = self._images[place]
            marks = dict(self._marks)
            before = marks.pop(each.session_file, None)
            if status != "open":
                known = None if before is None else before.size
                size = self._sessions.size(place) or known
                marks[each.session_file] = Mark(each.name, status, size)
            self._write(SavedCollection(marks, each.session_file, self._screen))
            self._marks = marks
        self._tell()

    def show_only(self, status: ImageStatus | None) -> None:
        """Let moves go to images of one status only, or to all with None.

        If the current image has another one, the next that has it becomes the current one.

        Raises:
            ValueError: if there is no such status.
        """
        if status is not None:
            _check_status(status)
        with self._lock:
            self._shown = status
            place = self._place
            if not self._is_shown(place):
                others = [self._neighbour(1), self._neighbour(-1), place]
                place = next(other for other in others if other is not None)
            self._direction = 1
            self._place_at(place)
        self._tell()

    # Memory --------------------------------------------------------------------------------------

    def close(self) -> None:
        """Give back the memory of features and answers; all can still be read."""
        self._sessions.close()

    # For screens ---------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin to open and encode the image next to the current one; every move does it, too."""
        self._want(self._place)

    def holding(self, place: int) -> AbstractContextManager[Session]:
        """Give the session of an image, which stays in memory inside the block; do not wait there.

        Raises:
            ValueError, TypeError, OSError: if the image or its session's file cannot be read.
        """
        return self._sessions.holding(place)

    def watch(self, *, opened: Opened, let_go: LetGo, pause: float) -> None:
        """Have functions called in the background, in place of those given before.

        Args:
            opened: gets place and session of an image that was opened ahead.
            let_go: gets the place of an image that is no longer in memory.
            pause: seconds after a move in which nothing is done in the background.
        """
        self._sessions.opened, self._sessions.let_go = opened, let_go
        self._sessions.pause = pause

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a function after every move and mark; return what stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def wait(self) -> None:
        """Wait until nothing is opened, encoded or let go in the background any more."""
        self._sessions.wait()

    # Inside --------------------------------------------------------------------------------------

    def _step(self, direction: Literal[1, -1]) -> bool:
        with self._lock:
            place = self._neighbour(direction)
            if place is not None:
                self._direction = direction
                self._place_at(place)
        if place is not None:
            self._tell()
        return place is not None

    def _place_at(self, place: int) -> None:
        with self._lock:
            self._place = place
            self._want(place)

    def _want(self, place: int) -> None:
        ahead, behind = self._neighbour(self._direction), self._neighbour(-self._direction)
        self._sessions.want([p for p in (place, ahead, behind) if p is not None], ahead)

    def _neighbour(self, direction: int) -> int | None:
        marks, place, shown = now = self._marks, self._place, self._shown
        before, found = self._neighbours.get(direction, ((None,), None))
        if before[0] is not marks or before[1:] != (place, shown):  # screens ask after every click
            places = range(place + 1, len(self)) if direction > 0 else range(place)[::-1]
            found = next(filter(self._is_shown, places), None)
            self._neighbours[direction] = now, found
        return found

    def _is_shown(self, place: int) -> bool:
        return self._shown is None or self._status_at(place) == self._shown

    def _status_at(self, place: int) -> ImageStatus:
        mark = self._marks.get(self._images[place].session_file)
        return "open" if mark is None else mark.status

    def _place_of(self, image: str | int) -> int:
        if isinstance(image, str):
            if image not in self._places:
                raise ValueError(
                    f"there is no image {image!r} in the collection; names are as in `names`, "
                    f"such as {self._images[0].name!r}"
                )
            return self._places[image]
        if isinstance(image, bool) or not hasattr(image, "__index__"):
            raise TypeError(f"an image is named by its name or its place, not {image!r}")
        if not 0 <= image < len(self):
            raise ValueError(f"places of images go from 0 to {len(self) - 1}, not {image}")
        return int(image)

    def _labelled(self) -> Iterator[LabelledImage]:
        replaced: list[str] = []
        for place, each in enumerate(self._images):
            labelled = self._labelled_at(place)
            if labelled is None:
                continue
            yield labelled
            if self._is_newer_than_its_labels(each) and _has_other_size(each, labelled.size):
                replaced.append(each.name)
        if replaced:
            some = ", ".join(map(repr, replaced[:3])) + (", ..." if replaced[3:] else "")
            warnings.warn(
                f"{len(replaced)} of these images had another size when they were labelled, and "
                f"are exported as they were ({some}); were their files replaced?",
                stacklevel=2,
            )

    def _labelled_at(self, place: int) -> LabelledImage | None:
        """An image of which something was said, or that is done; None for all others."""
        each = self._images[place]
        if (found := self._sessions.objects(place)) is not None:
            image = replace(found[0], source=each.path)
            size = image.height, image.width
            return LabelledImage(each.name, size, found[1], each.path, image)
        mark = self._marks.get(each.session_file)
        if mark is None or mark.status != "done":
            return None
        done = mark.size or self._size_now(each)
        return None if done is None else LabelledImage(each.name, done, (), each.path)

    def _is_newer_than_its_labels(self, image: ListedImage) -> bool:
        """Whether an image's file came or changed after the labels were saved, or nobody knows."""
        if self._file is None or image.path is None:
            return True
        try:
            saved = self._file.path.with_name(image.session_file).stat()
            now = os.stat(image.path)
        except OSError:
            return True
        return max(now.st_mtime_ns, now.st_ctime_ns) >= saved.st_mtime_ns

    @staticmethod
    def _size_now(image: ListedImage) -> tuple[int, int] | None:
        """(H, W) of an image that nobody has opened yet, or None with a warning."""
        try:
            return size_of(image.image)
        except (ValueError, TypeError, OSError) as error:
            warnings.warn(
                f"{image.name!r} is marked as done, but left out, since it cannot be read: {error}",
                stacklevel=2,
            )
            return None

    def _write(self, saved: SavedCollection) -> None:
        if self._file is not None:
            self._file.write(collection_file.dumps(saved))

    def _tell(self) -> None:
        tell_all(self._listeners)

    def _resume(self, file: AtomicFile) -> None:
        """Go on with the marks, at the image that somebody labelled or marked last."""
        file.keep()  # before it is read: who kept it until now must not write any more
        try:
            data = file.read()
            saved = SavedCollection() if data is None else collection_file.loads(data)
        except ValueError as error:
            file.release()
            raise ValueError(
                f"{str(file.path)!r} cannot be read and is left as it is; move it away to go on "
                f"without its marks, sessions have files of their own: {error}"
            ) from error
        spelled = found_respelled(self._images, [*saved.marks, saved.current or ""])
        self._marks = {spelled.get(name, name): mark for name, mark in saved.marks.items()}
        self._screen = saved.screen
        touched = _touched(file.path.parent)
        if saved.current is not None:
            current = spelled.get(saved.current, saved.current)
            marked = touched.get(collection_file.FILE_NAME, 0.0)
            touched[current] = max(marked, touched.get(current, marked))
        if lost := sessions_elsewhere(self._images, touched.keys()):
            name, session_file = next(iter(lost.items()))
            warnings.warn(
                f"{len(lost)} of these images have no session here, but images of the same names "
                f"that lay elsewhere have ({name!r}: {session_file!r}). If images and sessions "
                "were moved apart, put them back as they lay to each other to go on",
                stacklevel=3,
            )
        times = [touched.get(each.session_file, 0.0) for each in self._images]
        self._place = times.index(max(times))


def _check_status(status: object) -> None:
    if status not in STATUSES:
        raise ValueError(
            f"an image is {', '.join(STATUSES[:-1])} or {STATUSES[-1]}, not {status!r}"
        )


def _touched(folder: Path) -> dict[str, float]:
    """When each session and the index were last written, by name; others may write meanwhile."""
    touched = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json"):
                with suppress(FileNotFoundError):
                    touched[entry.name] = entry.stat().st_mtime
    return touched


def _has_other_size(image: ListedImage, size: tuple[int, int]) -> bool:
    """Whether an image's file is there, and another than that of the size given."""
    with suppress(ValueError, TypeError, OSError):
        return image.path is not None and size_of(image.path) != size
    return False


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ValueError(
            f"{str(folder)!r} is a file; a list of images is saved to a folder"
        ) from None
