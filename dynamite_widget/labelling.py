"""`Labelling`: the state of one image and its history, changed at once and answered in own time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import RLock
from typing import Literal, NamedTuple

from dynamite_widget.answering import Answer, Answers, Snapshot
from dynamite_widget.asking import nothing
from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.commands import Act, AddObject, Command, Scene
from dynamite_widget.composing import compose
from dynamite_widget.edits import Overlay
from dynamite_widget.extents import Box
from dynamite_widget.history import History, Step
from dynamite_widget.run_lengths import Runs
from dynamite_widget.state import State, pixel_of
from dynamite_widget.view import View

OBJECTS_REMEMBERED = 20
"""A new object is expected to be as large as one of so many others."""

TAKEN_BACK = (
    "Clicks since the last answer are taken back; all else is as it was. "
    "Click again when the cause is mended."
)
STILL_WAITING = (
    "The session was broken off before these clicks were answered: they stay and still wait for "
    "their answer, clicks made since are taken back. Ask again when the cause is mended."
)


@dataclass(frozen=True, slots=True)
class Change:
    """What listeners are told after every change.

    Attributes:
        changed: ids of the objects whose pixels changed.
        acted_on: ids of the objects that people named since the last answer.
        cause: an act of a person, the model's answer, its failure to give one, or a failure to
            save.
        error: why clicks were taken back or nothing was saved.
    """

    changed: frozenset[int]
    acted_on: frozenset[int]
    cause: Literal["act", "answer", "failure", "saving"]
    error: BaseException | None = None

    @property
    def others(self) -> frozenset[int]:
        """Ids of the objects that changed although nobody named them."""
        return self.changed - self.acted_on


Listener = Callable[[Change], None]


class _Firm(NamedTuple):
    """What a failure goes back to: the state answered last, or the one a session was opened with.

    Attributes:
        state: what was said.
        history: how it came to be.
        answered: whether the answer that is shown is one to its clicks; a session that was broken
            off may be opened with clicks that no answer has reached.
    """

    state: State
    history: History
    answered: bool


class Labelling:
    """What people said about one image, what the model made of it, and the way back.

    Safe to use from several threads. Saying and answering are apart: `apply`, `step_back` and
    `step_forward` change the state at once and never call the model; `pending` then tells what
    waits for an answer, `compute` asks the model on any thread, and `install` shows the answer
    unless newer clicks have come.

    Args:
        answers: asks the model.
        size: (H, W) of the image.
        labels: labels to choose from; None if any text will do.
    """

    def __init__(
        self, answers: Answers, size: tuple[int, int], labels: tuple[str, ...] | None
    ) -> None:
        self._answers = answers
        self._labels = labels
        self._lock = RLock()
        self._listeners: list[Listener] = []
        self._start(State(), History(), Answer(nothing(size)), next_id=1, answered=True)

    def _start(
        self,
        state: State,
        history: History,
        answer: Answer,
        *,
        next_id: int,
        answered: bool,
    ) -> None:
        """Begin, anew or where an earlier session stopped.

        Args:
            state: what has been said.
            history: how it came to be.
            answer: what the model said last.
            next_id: the id the next new object gets.
            answered: whether that was said to the state's clicks.
        """
        overlay = Overlay().with_edits(state.edits)
        self._next_id = next_id
        self._history = history
        self._answer = answer
        self._view = _seen(state, answer, overlay, answered=answered)
        self._firm = _Firm(state, history, answered)
        self._acted_on: frozenset[int] = frozenset()

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the image."""
        return self._view.runs.size

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Labels to choose from; None if any text will do."""
        return self._labels

    @property
    def view(self) -> View:
        """All there is to read at this moment, as people see it; does not wait for the model."""
        return self._view

    @property
    def next_id(self) -> int:
        """The id that the next new object gets; ids are never used again."""
        return self._next_id

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._history.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._history.undone)

    def apply(self, act: Act) -> Snapshot | None:
        """Change the state by an act, at once and without the model.

        Returns:
            What now waits for the model's answer, or None.

        Raises:
            TypeError: if a value is of the wrong kind.
            ValueError: if the act names what is not there or asks what is not allowed. Either way
                the session stays as it was.
        """
        with self._lock:
            _, change = self._apply(act)
        return self._tell(change)

    def start_object(self, act: AddObject) -> int:
        """Apply the start of a new object as `apply` does; return the object's id."""
        with self._lock:
            object_id, change = self._apply(act)
        self._tell(change)
        return object_id

    def step_back(self) -> Snapshot | None:
        """Undo one step without waiting; return what now waits for the model's answer."""
        with self._lock:
            change = self._move_to(*self._history.undo(self._view.state))
        return self._tell(change)

    def step_forward(self) -> Snapshot | None:
        """Redo one step without waiting; return what now waits for the model's answer."""
        with self._lock:
            change = self._move_to(*self._history.redo(self._view.state))
        return self._tell(change)

    @property
    def pending(self) -> Snapshot | None:
        """The clicks that wait for the model's answer, or None if all are answered."""
        view = self._view
        return None if view.answered else Snapshot.of(view.state)

    @property
    def asked(self) -> Snapshot:
        """What the model is asked, or was, about the state as it is."""
        return Snapshot.of(self._view.state)

    def encode(self) -> None:
        """Compute now what the model needs of the image, so that the first click is quick."""
        self._answers.encode()

    def look_ahead(self, x: float, y: float, object_id: int | None = None) -> None:
        """Compute now what a click at a pixel would need of the image, where that is more.

        Args:
            x: of the pixel.
            y: of the pixel.
            object_id: whose click it would be; None for that of a new object, which may be as
                large as any other, or small.
        """
        at = Box(int(x), int(y), 1, 1)
        boxes = {one.id: one.box for one in self._view.objects if one.area}
        if object_id in boxes:
            self._answers.look_ahead([at.with_(boxes[object_id])])
        else:
            latest = list(boxes.values())[-OBJECTS_REMEMBERED:]
            self._answers.look_ahead([*(box.moved_around(at.x, at.y) for box in latest), at])

    def expected(self, act: Act) -> Snapshot | None:
        """Return what would wait for the model's answer after an act; changes nothing.

        Returns:
            What to `compute` now so that the act is answered when it comes, or None if it would
            take no model or is not allowed.
        """
        with self._lock:
            state = self._view.state
            try:
                after = self._completed(act)[0].apply(state)
            except (TypeError, ValueError):
                return None  # the act itself will say so
        snapshot = Snapshot.of(after)
        return snapshot if self._answers.remembered(snapshot) is None else None

    def guess(self, snapshot: Snapshot) -> bool:
        """Ask the model ahead, on this thread, for what an act would ask; changes nothing.

        Returns:
            Whether it was answered; the answer is given up when something else is asked.
        """
        self._answers.guess(snapshot)
        return self._answers.remembered(snapshot) is not None

    def give_up_guess(self, unless: Snapshot | None = None) -> None:
        """Let the guess that another thread makes end early, unless it is at this."""
        self._answers.give_up_guess(unless)

    @property
    def encoded(self) -> bool:
        """Whether what the model needs of the image is at hand."""
        return self._answers.encoded

    def remembered(self, snapshot: Snapshot) -> Answer | None:
        """Return what `compute` would, if that takes no model, or None."""
        return self._answers.remembered(snapshot)

    def compute(self, snapshot: Snapshot) -> Answer:
        """Ask the model, on this thread; changes nothing.

        Returns:
            What the model makes of it, for `install`.

        Raises:
            ValueError: if what the segmenter gives is no label map of the image.
            Exception: whatever the segmenter raises.
        """
        return self._answers.answer(snapshot)

    def install(self, snapshot: Snapshot, answer: Answer) -> Change | None:
        """Show an answer if it is one to the newest clicks.

        Returns:
            What changed, or None if newer clicks have come since and nothing was done.
        """
        with self._lock:
            view = self._view
            if snapshot != Snapshot.of(view.state):
                return None
            change = self._show(self._history, view.state, answer, answered=True, cause="answer")
        self._tell(change)
        return change

    def reject(self, snapshot: Snapshot, error: BaseException) -> Change | None:
        """Take back the clicks that the model could not answer; all else that was done stays.

        So do clicks that came with the session, from one that was broken off: nothing is known
        without them. They are `pending` again, for whoever asks once more.

        Returns:
            What changed, or None if newer clicks have come since and nothing was done.
        """
        with self._lock:
            if self._view.answered or snapshot != Snapshot.of(self._view.state):
                return None
            state, history, answered = self._firm
            asked = Snapshot.of(state)
            for step in self._history.done[_common(history.done, self._history.done) :]:
                try:
                    replayed, after = history.do(step.command, state)
                except ValueError:
                    continue  # it names an object that goes with the clicks
                if Snapshot.of(after) == asked:
                    history, state = replayed, after
            change = self._show(
                history, state, self._answer, answered=answered, cause="failure", error=error
            )
        self._tell(change)
        return change

    def forget(self) -> None:
        """Give back features and answers, but for the last one: the next click goes on from it."""
        self._answers.forget()
        with self._lock:
            if self._firm.answered:
                self._answers.take_over(Snapshot.of(self._firm.state), self._answer)

    def settle(self) -> View:
        """Wait until every click is answered; return what there is to read then.

        Raises:
            Exception: whatever the segmenter raises; the clicks without an answer are taken back,
                but for those that came with the session.
        """
        while not (view := self._view).answered:
            snapshot = Snapshot.of(view.state)
            try:
                answer = self.compute(snapshot)
            except BaseException as error:
                error.add_note(TAKEN_BACK if self._firm.answered else STILL_WAITING)
                self.reject(snapshot, error)
                raise
            self.install(snapshot, answer)
        return view

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call a function after every change, on the thread that made it; return what stops that.

        Changes made on several threads at once may be told in any order: `view` is the newest. What
        a listener raises comes out of the act, which is done and saved, once all others were told.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _apply(self, act: Act) -> tuple[int, Change]:
        """Return the id that a new object got if there is one, and what changed."""
        object_id = self._next_id
        command, self._next_id = self._completed(act)
        return object_id, self._move_to(*self._history.do(command, self._view.state))

    def _completed(self, act: Act) -> tuple[Command, int]:
        """Return the command that an act is here and now, and the id of the next new object."""
        view = self._view
        scene = Scene(view.state, view.label_map, view.overlay, self._labels, self._next_id)
        command = act.completed(scene)
        return command, scene.after(command).next_id

    def _tell(self, change: Change) -> Snapshot | None:
        tell_all(self._listeners, change)
        return self.pending

    def _move_to(self, history: History, state: State) -> Change:
        view, answer, firm = self._view, self._answer, self._firm
        snapshot = Snapshot.of(state)
        answered = firm.answered and snapshot == Snapshot.of(firm.state)
        if not answered:
            remembered = self._answers.remembered(snapshot)
            if remembered is not None:
                answer, answered = remembered, True
        self._acted_on |= _named(view, state)
        return self._show(history, state, answer, answered=answered, cause="act")

    def _show(
        self,
        history: History,
        state: State,
        answer: Answer,
        *,
        answered: bool,
        cause: Literal["act", "answer", "failure"],
        error: BaseException | None = None,
    ) -> Change:
        before = self._view
        overlay = before.overlay.with_edits(state.edits)
        if answer is self._answer and state.same_pixels(before.state):
            view = replace(before, state=state, answered=answered)
            changed: frozenset[int] = frozenset()
        else:
            view = _seen(state, answer, overlay, answered=answered)
            changed = view.runs.labels_differing(before.runs) - {BACKGROUND}
        change = Change(changed, self._acted_on, cause, error)
        self._history, self._answer, self._view = history, answer, view
        if answered:
            self._firm, self._acted_on = _Firm(state, history, True), frozenset()
        elif not self._firm.answered and Snapshot.of(state) == Snapshot.of(self._firm.state):
            self._firm = _Firm(state, history, False)  # the act was none that the model answers
        return change


def tell_all(listeners: Iterable[Callable[..., object]], *said: object) -> None:
    """Call every listener, whatever others raise.

    Raises:
        Exception: what the first of those that failed raised.
    """
    failures: list[Exception] = []
    for listener in tuple(listeners):
        try:
            listener(*said)
        except Exception as error:  # raised below, when all are told
            failures.append(error)
    if failures:
        raise failures[0]


def _seen(state: State, answer: Answer, overlay: Overlay, *, answered: bool) -> View:
    label_map = compose(answer.runs, answer.refined, state, overlay)
    return View(state, label_map, Runs.of(label_map), overlay, answered)


def _common(a: tuple[Step, ...], b: tuple[Step, ...]) -> int:
    """Number of steps at the start that two histories share."""
    pairs = zip(a, b, strict=False)
    return next((i for i, (x, y) in enumerate(pairs) if x is not y), min(len(a), len(b)))


def _named(view: View, after: State) -> frozenset[int]:
    """Ids of the objects whose record, clicks or edits differ between a view and the next state.

    A background click names the object that people see at its pixel.
    """
    before = view.state
    clicks = {*before.clicks} ^ {*after.clicks}
    meant = [click.object_id or int(view.label_map[pixel_of(click.x, click.y)]) for click in clicks]
    edits = before.edits[len(after.edits) :] + after.edits[len(before.edits) :]
    ids = {*before.objects, *after.objects}
    records = {k for k in ids if before.objects.get(k) != after.objects.get(k)}
    return frozenset([*meant, *(edit.object_id for edit in edits), *records]) - {BACKGROUND}
