"""`Session`: one image being labelled, with its objects, clicks, edits, history and label map."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.answering import Snapshot
from dynamite_widget.asking import Asker
from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.commands import (
    Act,
    AddClick,
    AddObject,
    DeleteClick,
    Erase,
    Import,
    Lock,
    MoveClick,
    Paint,
    PromptBox,
    Release,
    RemoveObject,
    Rename,
    Reset,
    SetAttribute,
    SetBound,
    SetColor,
    SetLabel,
    SetVisible,
    Unlock,
)
from dynamite_widget.formats import coco
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.session_file import SavedSession
from dynamite_widget.image_identity import SourceFile
from dynamite_widget.images import to_rgb
from dynamite_widget.importing import MasksLike, annotations_of, imported_objects, replacing
from dynamite_widget.keeping import KeptLabelling, read_session
from dynamite_widget.labelling import Change
from dynamite_widget.objects import AttributeValue, SegmentedObject
from dynamite_widget.regions import Points, Region
from dynamite_widget.segmenting import SupportsSegmentation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Change", "SegmentedObject", "Session", "Snapshot"]


class Session(KeptLabelling):
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
        labels: Sequence[str] | None = None,
        path: str | PathLike[str] | None = None,
        *,
        channel_order: Literal["rgb", "bgr"] = "rgb",
    ) -> None:
        if not isinstance(segmenter, SupportsSegmentation | None):
            raise TypeError(
                f"a segmenter has the methods encode and segment, {type(segmenter).__name__} not; "
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

    # What there is to read -----------------------------------------------------------------------

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8, read-only."""
        return self._image

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        height, width, _ = self._image.shape
        return height, width

    @property
    def clicks(self) -> tuple[Click, ...]:
        """All clicks, in order of time; a click's place here is its index."""
        return self._view.state.clicks

    @property
    def label_map(self) -> NDArray[np.uint16]:
        """(H, W), 0 background, k object k; read-only, and never changed later.

        A label map that is set makes object k have the pixels k, exactly, as an imported object.
        Objects that it does not have go; those it does keep their labels, names and colours.
        """
        return self.settle().label_map

    @label_map.setter
    def label_map(self, label_map: NDArray[Any]) -> None:
        self._import_pixels(label_map)

    @property
    def masks(self) -> NDArray[np.bool_]:
        """(N, H, W), one plane for each of `objects`, in their order; read-only.

        Masks that are set become the objects' pixels, exactly, as those of imported objects; where
        they overlap, later ones lie on earlier ones. If their number is another than that of the
        objects, new objects take the place of all that were there.
        """
        return self.settle().masks

    @masks.setter
    def masks(self, masks: MasksLike) -> None:
        self._import_pixels(masks)

    @property
    def objects(self) -> tuple[SegmentedObject, ...]:
        """Every object, ids rising."""
        return self.settle().objects

    # What a person can do ------------------------------------------------------------------------

    def add_object(
        self,
        label: str | None = None,
        *,
        name: str = "",
        color: str | None = None,
        attributes: Mapping[str, AttributeValue] | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> int:
        """Start a new object, if wanted from a box (x, y, width, height) that holds it.

        Returns:
            Its id: positive, never changed and never used again.
        """
        object_id = self.start_object(AddObject(label, name, color, attributes or {}, box=box))
        if box is not None:
            self.settle()
        return object_id

    def click(self, x: float, y: float, object_id: int = BACKGROUND) -> NDArray[np.uint16]:
        """Say that the pixel at (x, y) belongs to an object, or to the background.

        Returns:
            The new label map, (H, W) uint16, read-only.

        Raises:
            ValueError: if the point is outside the image, there is no such object, it is locked,
                or the pixel belongs to a locked object.
            Exception: whatever the segmenter raises; the click is then taken back.
        """
        return self._do(AddClick(Click(x, y, object_id)))

    def move_click(self, index: int, x: float, y: float) -> NDArray[np.uint16]:
        """Move the click at a time step to another pixel; return the new label map."""
        return self._do(MoveClick(index, x, y))

    def delete_click(self, index: int) -> NDArray[np.uint16]:
        """Take back the click at a time step; return the new label map."""
        return self._do(DeleteClick(index))

    def prompt_box(
        self, object_id: int, box: tuple[float, float, float, float]
    ) -> NDArray[np.uint16]:
        """Show where an object is by a box (x, y, width, height); return the new label map.

        The model gets a click in the middle, and may not put the object outside the box until
        somebody clicks it there.
        """
        return self._do(PromptBox(object_id, box))

    def set_bound(
        self, object_id: int, bound: tuple[float, float, float, float] | None
    ) -> NDArray[np.uint16]:
        """Keep the model from putting an object outside a box, or lift the bound with None."""
        return self._do(SetBound(object_id, bound))

    def brush(self, object_id: int, path: Points, radius: float) -> NDArray[np.uint16]:
        """Paint an object by hand along (x, y) points; return the new label map."""
        return self._do(Paint(object_id, Region.brush(path, radius, size=self.size)))

    def polygon(self, object_id: int, points: Points) -> NDArray[np.uint16]:
        """Paint a polygon or lasso by hand; return the new label map."""
        return self._do(Paint(object_id, Region.polygon(points, size=self.size)))

    def erase(self, path: Points, radius: float, object_id: int = BACKGROUND) -> NDArray[np.uint16]:
        """Erase by hand along (x, y) points one object, or any with 0; return the new label map."""
        return self._do(Erase(Region.brush(path, radius, size=self.size), object_id))

    def paint(self, object_id: int, mask: NDArray[Any]) -> NDArray[np.uint16]:
        """Paint by hand the pixels of a mask, (H, W); return the new label map."""
        return self._do(Paint(object_id, self._region_of(mask)))

    def release(self, mask: NDArray[Any]) -> NDArray[np.uint16]:
        """Give hand-drawn pixels of a mask, (H, W), back to the model; return the new label map."""
        return self._do(Release(self._region_of(mask)))

    def set_label(self, object_id: int, label: str | None) -> None:
        """Say what kind of thing an object is; None takes the label away."""
        self.apply(SetLabel(object_id, label))

    def rename(self, object_id: int, name: str) -> None:
        """Give an object a name of its own; "" takes it away."""
        self.apply(Rename(object_id, name))

    def set_color(self, object_id: int, color: str) -> None:
        """Draw an object in another colour, "#RRGGBB"."""
        self.apply(SetColor(object_id, color))

    def set_attribute(self, object_id: int, name: str, value: AttributeValue | None) -> None:
        """Note something about an object; it becomes a column of `to_frame`. None takes it away."""
        self.apply(SetAttribute(object_id, name, value))

    def set_visible(self, object_id: int, visible: bool) -> None:
        """Show an object on the screen, or hide it; its pixels stay."""
        self.apply(SetVisible(object_id, visible))

    def lock(self, object_id: int) -> None:
        """Freeze an object's pixels as they are now, whatever is clicked or drawn later."""
        self.settle()
        self.apply(Lock(object_id))

    def unlock(self, object_id: int) -> NDArray[np.uint16]:
        """Let an object follow its clicks again; return the new label map."""
        return self._do(Unlock(object_id))

    def remove_object(self, object_id: int) -> NDArray[np.uint16]:
        """Remove an object with its clicks and hand edits; return the new label map."""
        return self._do(RemoveObject(object_id))

    def reset(self) -> NDArray[np.uint16]:
        """Start over: remove all that is not locked, in one step; return the new label map."""
        return self._do(Reset())

    def undo(self) -> NDArray[np.uint16]:
        """Take back the last act; return the new label map. With nothing done, nothing happens."""
        self.step_back()
        return self.label_map

    def redo(self) -> NDArray[np.uint16]:
        """Do the act undone last once more; return the new label map."""
        self.step_forward()
        return self.label_map

    def import_annotations(self, annotations: Annotations) -> NDArray[np.uint16]:
        """Start over with objects from elsewhere, in one step; return the new label map.

        Their masks show exactly, later ones on earlier ones where they overlap. The first click on
        one refines it: the model answers for the surroundings of the click, all else stays.

        Args:
            annotations: as every reader in `dynamite_widget.formats` returns them.

        Raises:
            ValueError: if they are of another size, an object here is locked, an id was that of an
                object which is gone, or a label is not one of the labels here.
        """
        return self._do(Import(imported_objects(annotations, size=self.size)))

    # What goes out and comes back ----------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the objects; see `dynamite_widget.formats.frame.to_frame`."""
        from dynamite_widget.formats import frame  # pandas takes half a second to import

        return frame.to_frame(self.objects)

    def to_coco(self) -> dict[str, Any]:
        """Write the objects as COCO annotations; see `dynamite_widget.formats.coco.to_coco`."""
        name = "image" if self._source is None else os.path.basename(self._source.path)
        return coco.to_coco(self.objects, size=self.size, file_name=name, labels=self.labels)

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
        choices: Sequence[str] | None = None,
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
        choices: Sequence[str] | None = None,
        **session: Any,  # noqa: ANN401 - see Session
    ) -> Self:
        """Begin with annotations from elsewhere; see `import_annotations`.

        Args:
            image: anything `dynamite_widget.images.to_rgb` takes.
            annotations: as every reader in `dynamite_widget.formats` returns them.
            choices: labels to choose from; None for those of the annotations, if they have a list.
            **session: further keywords of `Session`; `path` as in `from_masks`.

        Raises:
            ValueError: if they are of another size, or a label is not one of the choices.
        """
        if choices is None and annotations.categories is not None:
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
        saved, place = read_session(path)
        if image is None:
            image = saved.image.found_from(place.parent)
        session = cls(image, segmenter, channel_order=channel_order)
        session._go_on_from(saved, place)
        return session

    @classmethod
    def from_saved(
        cls,
        saved: SavedSession,
        image: Any,  # noqa: ANN401 - see to_rgb
        segmenter: SupportsSegmentation | None = None,
        labels: Sequence[str] | None = None,
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

    def close(self) -> None:
        """Give back the memory of features and answers; whatever is needed is computed anew."""
        self._answers.forget()

    def _do(self, act: Act) -> NDArray[np.uint16]:
        self.apply(act)
        return self.label_map

    def _import_pixels(self, masks: MasksLike) -> None:
        self.apply(Import(replacing(masks, self._view.state, size=self.size)))

    def _import_into_new(self, annotations: Annotations) -> None:
        if not self.resumed:
            self.import_annotations(annotations)

    def _region_of(self, mask: NDArray[Any]) -> Region:
        pixels = np.asarray(mask)
        if pixels.shape != self.size:
            raise ValueError(f"a mask here is {self.size}, not {pixels.shape}")
        return Region.from_array(pixels.astype(bool))


def checked_labels(labels: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return labels to choose from, checked.

    Raises:
        TypeError: if it is one text instead of several, or a label is not text.
        ValueError: if a label is empty or stands there twice.
    """
    if labels is None:
        return None
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise TypeError(f'labels are a list of texts such as ["car", "person"], not {labels!r}')
    if "" in labels or len(set(labels)) != len(labels):
        raise ValueError(f"labels are not empty and each stands there once, not {list(labels)}")
    return tuple(labels)


@cache
def _embedded_segmenter() -> SupportsSegmentation:
    """Load the embedded model, once for all sessions."""
    from dynamite_widget.segmenter import Segmenter  # torch comes with it, and only when needed

    return Segmenter.load("dynamite-lite")
