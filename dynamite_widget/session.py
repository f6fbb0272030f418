"""`Session`: one image being labelled, with its objects, clicks, edits, history and label map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from threading import RLock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.answering import Answers, Snapshot
from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.commands import (
    Act,
    AddClick,
    AddObject,
    DeleteClick,
    Erase,
    Lock,
    MoveClick,
    Paint,
    PromptBox,
    Release,
    RemoveObject,
    Rename,
    Reset,
    Scene,
    SetAttribute,
    SetBound,
    SetColor,
    SetLabel,
    SetVisible,
    Unlock,
)
from dynamite_widget.history import History, Step
from dynamite_widget.images import to_rgb
from dynamite_widget.objects import AttributeValue, SegmentedObject
from dynamite_widget.regions import Points, Region
from dynamite_widget.segmenting import SupportsSegmentation
from dynamite_widget.state import State
from dynamite_widget.view import View

__all__ = ["Change", "SegmentedObject", "Session", "Snapshot"]

Listener = Callable[["Change"], None]


@dataclass(frozen=True, slots=True)
class Change:
    """What a session tells its listeners.

    Attributes:
        changed: ids of the objects whose pixels changed.
        acted_on: ids of the objects that people's acts named since the last answer.
        error: what the segmenter raised when clicks were taken back because of it; or None.
    """

    changed: frozenset[int]
    acted_on: frozenset[int]
    error: BaseException | None = None

    @property
    def others(self) -> frozenset[int]:
        """Ids of the objects that changed although nobody named them."""
        return self.changed - self.acted_on


class Session:
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
            session goes on where that file stopped.
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
        self._image = to_rgb(image, channel_order=channel_order).copy()
        self._image.flags.writeable = False
        self._labels = checked_labels(labels)
        self._answers = Answers(self._image, lambda: segmenter or _embedded_segmenter())
        self._lock = RLock()
        self._listeners: list[Listener] = []
        self._next_id = 1
        self._history = History()
        self._answer: NDArray[np.uint16] = np.zeros(self._image.shape[:2], np.uint16)
        self._view = View(State(), State().label_map(self._answer), answered=True)
        self._answered = (self._view.state, self._history)
        self._acted_on: frozenset[int] = frozenset()

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
    def labels(self) -> tuple[str, ...] | None:
        """Labels to choose from; None if any text will do."""
        return self._labels

    @property
    def view(self) -> View:
        """All there is to read at this moment, as people see it; does not wait for the model."""
        return self._view

    @property
    def clicks(self) -> tuple[Click, ...]:
        """All clicks, in order of time; a click's place here is its index."""
        return self._view.state.clicks

    @property
    def label_map(self) -> NDArray[np.uint16]:
        """(H, W), 0 background, k object k; read-only, and never changed later."""
        return self.settle().label_map

    @property
    def masks(self) -> NDArray[np.bool_]:
        """(N, H, W), one plane for each of `objects`, in their order; read-only."""
        return self.settle().masks

    @property
    def objects(self) -> tuple[SegmentedObject, ...]:
        """Every object, ids rising."""
        return self.settle().objects

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._history.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._history.undone)

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
        with self._lock:
            self.apply(AddObject(label, name, color, attributes or {}, box=box))
            object_id = self._next_id - 1
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

    # The steps behind them -----------------------------------------------------------------------

    def apply(self, act: Act) -> Snapshot | None:
        """Change the state by an act, at once and without the model.

        Returns:
            What now waits for the model's answer, or None.

        Raises:
            ValueError: if the act names what is not there or asks what is not allowed; the session
                stays as it was.
        """
        with self._lock:
            state = self._view.state
            scene = Scene(state, self._view.label_map, self._labels, self._next_id)
            command = act.completed(scene)
            history, after = self._history.do(command, state)
            self._next_id = max([self._next_id - 1, *after.objects]) + 1
            return self._replace(history, after)

    def step_back(self) -> Snapshot | None:
        """Undo one step without waiting for the model; return what now waits for an answer."""
        with self._lock:
            return self._replace(*self._history.undo(self._view.state))

    def step_forward(self) -> Snapshot | None:
        """Redo one step without waiting for the model; return what now waits for an answer."""
        with self._lock:
            return self._replace(*self._history.redo(self._view.state))

    @property
    def pending(self) -> Snapshot | None:
        """The clicks that wait for the model's answer, or None if all are answered."""
        view = self._view
        return None if view.answered else Snapshot(view.state.clicks)

    def encode(self) -> None:
        """Compute now what the model needs of the image, so that the first click is quick."""
        self._answers.encode()

    @property
    def encoded(self) -> bool:
        """Whether what the model needs of the image is at hand."""
        return self._answers.encoded

    def compute(self, snapshot: Snapshot) -> NDArray[np.uint16]:
        """Ask the model, on this thread; changes nothing.

        Returns:
            The model's label map, (H, W) uint16, for `install`.
        """
        return self._answers.answer(snapshot)

    def install(self, snapshot: Snapshot, answer: NDArray[np.uint16]) -> Change | None:
        """Show an answer if it is one to the newest clicks.

        Returns:
            What changed, or None if newer clicks have come since and nothing was done.
        """
        with self._lock:
            if snapshot.clicks != self._view.state.clicks:
                return None
            return self._show(self._history, self._view.state, answer, answered=True)

    def reject(self, snapshot: Snapshot, error: BaseException) -> Change | None:
        """Take back the clicks that the model could not answer; all else that was done stays.

        Returns:
            What changed, or None if newer clicks have come since and nothing was done.
        """
        with self._lock:
            if snapshot.clicks != self._view.state.clicks or self._view.answered:
                return None
            state, history = self._answered
            for step in self._history.done[_common(history.done, self._history.done) :]:
                try:
                    replayed = history.do(step.command, state)
                except ValueError:
                    continue  # it names an object or edit that goes with the clicks
                if replayed[1].clicks == state.clicks:
                    history, state = replayed
            return self._show(history, state, self._answer, answered=True, error=error)

    def settle(self) -> View:
        """Wait until every click is answered; return what there is to read then.

        Raises:
            Exception: whatever the segmenter raises; the clicks without an answer are taken back.
        """
        while not (view := self._view).answered:
            snapshot = Snapshot(view.state.clicks)
            try:
                answer = self.compute(snapshot)
            except BaseException as error:
                error.add_note("What was clicked since the last answer is taken back.")
                self.reject(snapshot, error)
                raise
            self.install(snapshot, answer)
        return view

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call a function after every change, on the thread that made it; return what stops that.

        Changes made on several threads at once may be told in any order: read `view` then.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Give back the memory of features and answers; whatever is needed is computed anew."""
        self._answers.forget()

    def _do(self, act: Act) -> NDArray[np.uint16]:
        self.apply(act)
        return self.label_map

    def _region_of(self, mask: NDArray[Any]) -> Region:
        pixels = np.asarray(mask)
        if pixels.shape != self.size:
            raise ValueError(f"a mask here is {self.size}, not {pixels.shape}")
        return Region.from_array(pixels.astype(bool))

    def _replace(self, history: History, state: State) -> Snapshot | None:
        before = self._view
        answered = before.answered and state.clicks == before.state.clicks
        answer = self._answer
        if not answered:
            known = self._answers.remembered(state.clicks)
            if known is not None:
                answer, answered = known, True
        self._acted_on |= _acted_on(before.state, state)
        self._show(history, state, answer, answered=answered)
        return self.pending

    def _show(
        self,
        history: History,
        state: State,
        answer: NDArray[np.uint16],
        *,
        answered: bool,
        error: BaseException | None = None,
    ) -> Change:
        before = self._view
        label_map = before.label_map
        if answer is not self._answer or not state.same_pixels(before.state):
            label_map = state.label_map(answer)
        change = Change(_changed(before.label_map, label_map), self._acted_on, error)
        self._history, self._answer = history, answer
        self._view = View(state, label_map, answered)
        if answered:
            self._answered, self._acted_on = (state, history), frozenset()
        for listener in tuple(self._listeners):
            listener(change)
        return change


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


def _embedded_segmenter() -> SupportsSegmentation:
    from dynamite_widget.segmenter import Segmenter  # torch comes with it, and only when needed

    return Segmenter.load("dynamite-lite")


def _common(a: tuple[Step, ...], b: tuple[Step, ...]) -> int:
    """Number of steps at the start that two histories share."""
    pairs = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x is not y), min(len(a), len(b)))


def _changed(before: NDArray[np.uint16], after: NDArray[np.uint16]) -> frozenset[int]:
    """Ids of the objects whose pixels differ between two label maps."""
    if before is after:
        return frozenset()
    differs = before != after
    ids = np.union1d(np.unique(before[differs]), np.unique(after[differs]))
    return frozenset(ids.tolist()) - {BACKGROUND}


def _acted_on(before: State, after: State) -> frozenset[int]:
    """Ids of the objects whose record, clicks or edits differ between two states."""
    clicks = set(before.clicks) ^ set(after.clicks)
    records = {
        k
        for k in {*before.objects, *after.objects}
        if before.objects.get(k) != after.objects.get(k)
    }
    edits = before.edits[len(after.edits) :] + after.edits[len(before.edits) :]
    said = [*(click.object_id for click in clicks), *(edit.object_id for edit in edits), *records]
    return frozenset(said) - {BACKGROUND}
