"""The thread that answers a session's clicks, alive only while there is something to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial

from dynamite_widget.answering import Answer, Snapshot
from dynamite_widget.background_jobs import BackgroundJobs
from dynamite_widget.latency import Latency
from dynamite_widget.protocol_traits import Activity, Status
from dynamite_widget.session import Session
from dynamite_widget.state import State

FINISH_SECONDS = 10


class AnsweringThread:
    """Encodes a session's image ahead of the first click, and answers clicks in the background.

    Clicks that come while an answer is computed are answered together by the next one.

    Args:
        session: what is labelled.
        latency: takes note of how long things take.
        publish: tells screens what is new; called often, on any thread.
        failed: shows an error on screens.
    """

    def __init__(
        self,
        session: Session,
        latency: Latency,
        *,
        publish: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._session = session
        self._publish = publish
        self._failed = failed
        self._jobs: BackgroundJobs[object] = BackgroundJobs()
        self._ahead: list[Future[object]] = []
        self._guessed: tuple[Snapshot, float] | None = None
        self._latency = latency
        self._activity: Activity = "idle"
        self._woken = False
        self._given_up: Snapshot | None = None
        self._finishing = False
        self._at_work: int | None = None
        self._lock = threading.Lock()

    def status(self, answered: int) -> Status:
        """What is being done, how fast it was, and which version of the scene is answered."""
        latency, activity = self._latency, self._activity
        if activity == "idle" and self._is_about_to_answer:
            activity = "segmenting"  # said with the click itself: screens need one message less
        return Status(activity, answered, latency.encode, latency.last, latency.median)

    @property
    def _is_about_to_answer(self) -> bool:
        heard = self._woken or self._at_work is not None
        return heard and not self._finishing and self._to_answer is not None

    @property
    def _to_answer(self) -> Snapshot | None:
        """What waits for an answer; not what failed, as long as nobody has acted since."""
        pending = self._session.pending
        return None if pending == self._given_up else pending

    def gave_up(self, state: State) -> bool:
        """Whether no answer comes to a state: the segmenter failed at it, nobody acted since."""
        given_up = self._given_up
        return given_up is not None and given_up == Snapshot.of(state)

    def encode(self) -> None:
        """Begin to encode the image, so that the first click is quick."""
        self._jobs.submit(self._encode)

    def wake(self, *, again: bool = True) -> None:
        """Let what is new be published, and what waits be answered; returns at once.

        Args:
            again: whether to ask once more for what the segmenter has failed at.
        """
        with self._lock:
            woken, self._woken = self._woken, True
            if again:
                self._given_up = None
        pending = self._session.pending
        if pending is not None:
            self._overtake(pending)  # the click is here, and is answered itself
        else:
            self._count_guess(self._session.asked)
        if not woken:
            self._jobs.submit(self._answer)

    def look_ahead(
        self, x: float, y: float, object_id: int | None, snapshot: Snapshot | None
    ) -> None:
        """Make ready for a click that may come here; of such places the newest alone matters.

        What fails here fails again, and is told, when the click comes.

        Args:
            x: of the pixel.
            y: of the pixel.
            object_id: whose click it would be; None for that of a new object.
            snapshot: what the click would ask; None if that is nothing. Where the segmenter gives
                an answer up that is not wanted, it is answered before the click.
        """
        jobs: list[Callable[[], object]] = [lambda: self._session.look_ahead(x, y, object_id)]
        if snapshot is not None:
            jobs.append(lambda: self._make_guess(snapshot))
        self._make_ready(snapshot, jobs)

    def answer_ahead(self, snapshot: Snapshot) -> None:
        """Answer what may be asked next; the session remembers it until it is."""
        self._make_ready(snapshot, [lambda: self._compute(snapshot)])

    def _make_ready(self, snapshot: Snapshot | None, jobs: list[Callable[[], object]]) -> None:
        self._overtake(snapshot)
        self._ahead = [self._jobs.submit(partial(self._unless_finishing, job)) for job in jobs]

    def _unless_finishing(self, job: Callable[[], object]) -> None:
        if not self._finishing:
            job()

    def _overtake(self, snapshot: Snapshot | None) -> None:
        """Give up what was made ready for anything else than this."""
        for job in self._ahead:
            job.cancel()
        self._session.give_up_guess(unless=snapshot)

    def _make_guess(self, snapshot: Snapshot) -> None:
        began = time.perf_counter()
        if self._session.guess(snapshot):
            self._guessed = snapshot, time.perf_counter() - began

    def _count_guess(self, snapshot: Snapshot) -> None:
        """Where somebody asked for what was guessed, its time is that of an answer."""
        guessed = self._guessed
        if guessed is not None and guessed[0] == snapshot:
            self._guessed = None
            self._latency.add_answer(guessed[1])

    def do(self, job: Callable[[], None]) -> Future[object]:
        """Do something else in between; cancelling its future takes it off again."""
        return self._jobs.submit(job)

    def finish(self) -> None:
        """Begin nothing new, and wait for what is being computed and saved, but not for ever."""
        self._finishing = True
        self._session.give_up_guess()
        if threading.get_ident() != self._at_work:
            wait([self._jobs.submit(lambda: None)], FINISH_SECONDS)

    def _encode(self) -> None:
        try:
            with self._doing("encoding"), self._latency.of_encoding():
                self._session.encode()
        except Exception as error:  # a click will try again, and be taken back if it fails
            self._failed(error)
        self._publish()

    def _answer(self) -> None:
        self._at_work = threading.get_ident()
        try:
            with self._lock:
                self._woken = False
            # The first thing said is what the network works at, the last what came of it all.
            while not self._finishing and (snapshot := self._to_answer) is not None:
                with self._doing("segmenting"):
                    answer, failure = self._attempt(snapshot)
                try:
                    if answer is not None:
                        self._session.install(snapshot, answer)
                    elif failure is not None:  # the session tells it to its listeners
                        self._given_up = snapshot
                        self._session.reject(snapshot, failure)
                except Exception as error:  # one of them raised it; the answer is there
                    self._failed(error)
            self._publish()
        finally:
            self._at_work = None

    def _attempt(self, snapshot: Snapshot) -> tuple[Answer | None, Exception | None]:
        try:
            return self._compute(snapshot), None
        except Exception as error:
            return None, error

    def _compute(self, snapshot: Snapshot) -> Answer:
        known = self._session.remembered(snapshot)
        if known is not None:
            self._count_guess(snapshot)
            return known
        with self._latency.of_answer():
            return self._session.compute(snapshot)

    @contextmanager
    def _doing(self, activity: Activity) -> Iterator[None]:
        self._activity = activity
        try:
            self._publish()
            yield
        finally:
            self._activity = "idle"
