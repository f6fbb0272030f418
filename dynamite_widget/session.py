"""`Session`: one image being labelled, with its objects, clicks, edits, history and label map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NoReturn, Self, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.answering import Snapshot
from dynamite_widget.asking import Asker
from dynamite_widget.commands.checking import is_writable
from dynamite_widget.exporting import ExportingLabelling
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.session_file import SavedSession
from dynamite_widget.image_identity import SourceFile
from dynamite_widget.images import to_rgb
from dynamite_widget.importing import MasksLike, annotations_of, check_annotations
from dynamite_widget.keeping import read_session, recover_session
from dynamite_widget.labelling import Change
from dynamite_widget.objects import AttributeValue, SegmentedObject
from dynamite_widget.segmenting import SupportsSegmentation

__all__ = ["Change", "SegmentedObject", "Session", "Snapshot"]


class Session(ExportingLabelling):
    """One image being labelled. Safe to use from several threads.

    Everything the mouse can do has a method here. A method that needs the model waits for its
    answer. Whoever must not wait (a screen) uses the four steps the methods are made of:

    1. `apply(act)` changes the state at once and never calls the model,
    2. `pending` is the `Snapshot` of clicks that wait for an answer, or None,
    3. `compute(snapshot)` asks the model, on any thread,
    4. `install(snapshot, answer)` shows the answer, unless newer clicks have come: then it is kept
       for undo only. `reject(snapshot, error)` takes the clicks back instead.

    and reads `view`, which does not wait. `label_map`, `masks`, `objects`, `to_frame` and the like
    wait until every click is answered.

    Args:
        image: anything `dynamite_widget.images.to_rgb` takes.
        segmenter: whatever has `encode` and `segment`; None for the embedded model, loaded when
            the first click needs it.
        labels: labels to choose from, without repetition; None if any text will do.
        path: file that the session saves itself to after every act. If it is there already, the
            session goes on where that file stopped. If saving fails the session goes on, with a
            `NotSavedWarning`, and `unsaved` says why; the next act tries again.
        channel_order: order of the colours if the image is an array or tensor.

    Raises:
        TypeError: if the image or a label cannot be one.
        ValueError: if the image cannot be read, labels repeat, or `path` holds something else than
            a session of this image; the file stays as it was.
    """

    def __init__(
        self,
        image: Any,  # noqa: ANN401 - see to_rgb
        segmenter: SupportsSegmentation | None = None,
        labels: Iterable[str] | None = None,
        path: str | PathLike[str] | None = None,
        *,
        channel_order: Literal["rgb", "bgr"] = "rgb",
    ) -> None:
        if isinstance(segmenter, type) or not isinstance(segmenter, SupportsSegmentation | None):
            raise TypeError(
                f"a segmenter is an object with the methods encode and segment, not {segmenter!r}; "
                "Segmenter.load makes one from a model's name"
            )
        rgb = to_rgb(image, channel_order=channel_order).copy()
        rgb.flags.writeable = False
        asker = Asker(rgb, lambda: segmenter or _embedded_segmenter())
        super().__init__(rgb, SourceFile.of(image), asker, checked_labels(labels), path)

    def __repr__(self) -> str:
        height, width = self.size
        state = self._view.state
        counts = f"{len(state.objects)} objects, {len(state.clicks)} clicks"
        return f"<Session of {width} x {height} pixels: {counts}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "a Session is neither copied nor pickled, as two of them would write the same file. "
            "Session.from_saved(session.to_saved(), session.image) makes another; to_saved(), "
            "objects and label_map are values that can go to other processes; save() and "
            "Session.load take a file"
        )

    # What there is to read -----------------------------------------------------------------------

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8, read-only."""
        return self._image

    # What comes in -------------------------------------------------------------------------------

    @classmethod
    def from_masks(
        cls,
        image: Any,  # noqa: ANN401 - see to_rgb
        masks: MasksLike,
        *,
        ids: Sequence[int] | None = None,
        labels: Sequence[str | None] | None = None,
        names: Sequence[str] | None = None,
        attributes: Sequence[Mapping[str, AttributeValue]] | None = None,
        colors: Sequence[str | None] | None = None,
        choices: Iterable[str] | None = None,
        **session: Any,  # noqa: ANN401 - see Session
    ) -> Self:
        """Begin with masks from elsewhere; see `import_annotations`.

        Args:
            image: anything `dynamite_widget.images.to_rgb` takes.
            masks: (N, H, W), what is not zero belongs to the object; or one label map (H, W).
            ids: of each object; None for 1 to N, or the numbers in the label map.
            labels: of each object.
            names: of each object.
            attributes: of each object, values by name.
            colors: of each object, "#RRGGBB".
            choices: labels to choose from, which `Session` calls `labels`.
            **session: further keywords of `Session`. If `path` is there already, the session goes
                on from that file, and the masks are not imported again.

        Raises:
            TypeError: if a value is of the wrong kind.
            ValueError: if a mask has another size than the image, there are not as many values as
                objects, or one is none that an object may have.
        """
        begun = cls(image, labels=choices, **session)
        annotations = annotations_of(
            masks,
            size=begun.size,
            ids=ids,
            labels=labels,
            names=names,
            attributes=attributes,
            colors=colors,
        )
        begun._import_into_new(annotations)
        return begun

    @classmethod
    def from_annotations(
        cls,
        image: Any,  # noqa: ANN401 - see to_rgb
        annotations: Annotations,
        *,
        choices: Iterable[str] | None = None,
        **session: Any,  # noqa: ANN401 - see Session
    ) -> Self:
        """Begin with annotations from elsewhere; see `import_annotations`.

        Args:
            image: anything `dynamite_widget.images.to_rgb` takes.
            annotations: as every reader in `dynamite_widget.formats` returns them.
            choices: labels to choose from; None for those of the annotations, if they list some.
            **session: further keywords of `Session`; `path` as in `from_masks`.

        Raises:
            TypeError: if they are no `Annotations`, but the name of a file, for instance.
            ValueError: if they are of another size, or a label is not one of the choices.
        """
        check_annotations(annotations)
        if choices is None and annotations.categories:
            choices = annotations.used_labels
        begun = cls(image, labels=choices, **session)
        begun._import_into_new(annotations)
        return begun

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        image: Any = None,  # noqa: ANN401 - see to_rgb
        segmenter: SupportsSegmentation | None = None,
        *,
        channel_order: Literal["rgb", "bgr"] = "rgb",
    ) -> Self:
        """Go on where a saved session stopped, without saving to its file from now on.

        Args:
            path: of the session file.
            image: the image; None to read the file that the session was made from.
            segmenter: whatever has `encode` and `segment`; None for the embedded model.
            channel_order: order of the colours if the image is an array or tensor.

        Raises:
            ValueError: if there is no such file, it is no session file, its image is not found, or
                the image is another.
        """
        saved, file = read_session(path)
        session = cls._opened(saved, file.path, image, segmenter, channel_order)
        session._known_files[file.path] = file
        return session

    @classmethod
    def recover(
        cls,
        path: str | PathLike[str],
        image: Any = None,  # noqa: ANN401 - see to_rgb
        segmenter: SupportsSegmentation | None = None,
        *,
        channel_order: Literal["rgb", "bgr"] = "rgb",
    ) -> tuple[Self, tuple[str, ...]]:
        """Go on with what can be read of a file that is cut off, damaged or of a newer version.

        The file stays as it is; save the session to another one.

        Args:
            path: of the session file.
            image: the image; None to read the file that the session was made from.
            segmenter: whatever has `encode` and `segment`; None for the embedded model.
            channel_order: order of the colours if the image is an array or tensor.

        Returns:
            The session, and what was lost, one text each; none if the file is in order.

        Raises:
            ValueError: if there is no such file, nothing can be read of it, its image is not found,
                or the image is another.
        """
        saved, file, lost = recover_session(path)
        session = cls._opened(saved, file.path, image, segmenter, channel_order)
        if not lost:  # otherwise the file stays as it is
            session._known_files[file.path] = file
        return session, lost

    @classmethod
    def from_saved(
        cls,
        saved: SavedSession,
        image: Any,  # noqa: ANN401 - see to_rgb
        segmenter: SupportsSegmentation | None = None,
        labels: Iterable[str] | None = None,
        *,
        channel_order: Literal["rgb", "bgr"] = "rgb",
    ) -> Self:
        """Go on where `to_saved` was called.

        Raises:
            ValueError: if the image is another.
        """
        session = cls(image, segmenter, labels, channel_order=channel_order)
        session._go_on_from(saved, Path("what was kept"))
        return session

    @classmethod
    def _opened(
        cls,
        saved: SavedSession,
        place: Path,
        image: Any,  # noqa: ANN401 - see to_rgb
        segmenter: SupportsSegmentation | None,
        channel_order: Literal["rgb", "bgr"],
    ) -> Self:
        if image is None:
            image = saved.image.found_from(place.parent)
        session = cls(image, segmenter, channel_order=channel_order)
        session._go_on_from(saved, place)
        return session

    def close(self) -> None:
        """Give back the memory of features and answers; whatever is needed is computed anew."""
        self.forget()

    def _import_into_new(self, annotations: Annotations) -> None:
        if not self.resumed:
            self.import_annotations(annotations)


def checked_labels(labels: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return labels to choose from, checked, as plain `str`.

    Raises:
        TypeError: if it is one text instead of several, a set, which has no order, or a label is
            not text.
        ValueError: if a label is blank, has control characters, or stands there twice.
    """
    if labels is None:
        return None
    ordered = isinstance(labels, Iterable) and not isinstance(labels, str | set | frozenset)
    found = tuple(labels) if ordered else ()
    if not ordered or not all(isinstance(label, str) for label in found):
        raise TypeError(
            'labels are a list of texts such as ["car", "person"], in the order of their keys, not '
            f"{list(found) if ordered else labels!r}"
        )
    if not all(map(is_writable, found)) or len(set(found)) != len(found):
        raise ValueError(
            "labels are more than white space, have no line breaks or other control characters, "
            f"and each stands there once, not {list(found)}"
        )
    return tuple(map(str.__str__, found))


@cache
def _embedded_segmenter() -> SupportsSegmentation:
    """Load the embedded model, once for all sessions."""
    from dynamite_widget.segmenter import Segmenter  # torch comes with it, and only when needed

    return Segmenter.load("dynamite-lite")
