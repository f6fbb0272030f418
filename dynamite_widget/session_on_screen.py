"""`SessionOnScreen`: one session as screens see it, and the thread that answers its clicks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

from dynamite_widget import images, protocol_traits
from dynamite_widget.answering_thread import AnsweringThread
from dynamite_widget.click_log import ClickLog
from dynamite_widget.collection_requests import CollectionRequest
from dynamite_widget.latency import Latency
from dynamite_widget.protocol import Press
from dynamite_widget.run_lengths import Runs
from dynamite_widget.screen_requests import ScreenRequests
from dynamite_widget.session import Change, Session
from dynamite_widget.view import View

SCREEN_SIDE = 2048
"""Long side of preview and label map on the screen; larger images are shown smaller."""
OBJECTS_BEFORE_A_PAGE = 16
"""So many objects travel with every answer at most."""


class SessionOnScreen:
    """What screens are told about one session, and what they ask of it.

    Args:
        session: what is labelled.
        name: what its image is called.
        place: where its image stands in a list; 0 for the only one.
        latency: how long answers take, of this and other sessions.
        publish: tells screens what is new; called often, on any thread.
        failed: shows an error on screens.

    Attributes:
        requests: carries out what screens ask for.
        answering: answers clicks in the background.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        place: int,
        *,
        latency: Latency,
        publish: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.session = session
        self.place = place
        self.requests = ScreenRequests(session)
        self.answering = AnsweringThread(session, latency, publish=publish, failed=failed)
        self._failed = failed
        height, width = session.size
        self.image_info = protocol_traits.ImageInfo(width, height, name, place).to_json()
        self._newest_lock = threading.Lock()
        self._newest = _Newest(0, session.view, ())
        self._objects = protocol_traits.ObjectPage(0, ())
        self._drawn: View | None = None
        self._label_map = b""
        self._mapped: tuple[Runs, bytes] | None = None
        self._answered = -1  # no version is
        self._stop_listening = session.listen(self._session_changed)

    @property
    def version(self) -> int:
        """Number of the newest change; what screens are told of it carries the same."""
        return self._newest.version

    @cached_property
    def preview(self) -> bytes:
        """The image encoded for screens; computed when first asked for."""
        return images.preview(self.session.image, SCREEN_SIDE).data

    def prepare(self) -> None:
        """Compute now what screens need first, and not when somebody waits for it."""
        _ = self.preview, self._map_of(self.session.view)

    @property
    def ready(self) -> bool:
        """Whether it can be shown without anything being computed."""
        return "preview" in self.__dict__

    def forget_preview(self) -> None:
        """Give back the memory of the preview."""
        self.__dict__.pop("preview", None)

    def traits(self, clicks: ClickLog, received: Mapping[str, int]) -> dict[str, Any]:
        """Return what screens are told, by trait and in the order in which it is to be sent.

        One thread at a time may ask.

        Args:
            clicks: that screens know of; it follows those of the session.
            received: the last message of each view that is part of it.
        """
        (version, view, others), requests = self._newest, self.requests
        change = clicks.follow(tuple(map(protocol_traits.click_row, view.state.clicks)))
        objects = tuple(map(protocol_traits.object_row, view.objects))
        self._objects, changed = self._objects.followed_by(objects, at_most=OBJECTS_BEFORE_A_PAGE)
        scene = protocol_traits.Scene(
            version=version,
            recent_objects=changed,
            objects_page=self._objects.page,
            active=requests.active,
            labels=self.session.labels,
            next_label=requests.next_label,
            next_id=self.session.next_id,
            can_undo=self.session.can_undo,
            can_redo=self.session.can_redo,
            click_change=change.to_json(),
            others=others,
            received=dict(received),
        )
        # Before the answer only a hand's strokes show: a map for a few dots would be waste.
        if self._drawn is None or view.answered or view.overlay is not self._drawn.overlay:
            self._label_map = self._map_of(view)
            self._drawn = view
        if view.answered or self.answering.gave_up(view.state):
            self._answered = version  # or nobody is to wait any more
        return {
            "_objects": self._objects.to_json(),
            "_scene": scene.to_json(),
            "_label_map": self._label_map,
            "_status": self.answering.status(self._answered).to_json(),
        }

    def encode(self) -> None:
        """Begin to encode the image if it is not, so that the first click is quick.

        Clicks that wait for an answer, in a session that was broken off there, are answered.
        """
        if not self.session.encoded:
            self.answering.encode()
        if self.session.pending is not None:
            self.answering.wake()

    def look_ahead(self, x: float, y: float) -> None:
        """Make ready for a click of the active object, or of a new one, that may come here."""
        snapshot = self.requests.expected(Press(x, y, None))
        self.answering.look_ahead(x, y, self.requests.active, snapshot)

    def answer_ahead(self, press: Press) -> None:
        """Begin to answer the click that a press may become."""
        snapshot = self.requests.expected(press)
        if snapshot is not None:
            self.answering.answer_ahead(snapshot)

    def stop(self) -> None:
        """Follow the session no longer; what is being computed is waited for."""
        stop_listening, self._stop_listening = self._stop_listening, lambda: None
        stop_listening()
        self.answering.finish()

    def _map_of(self, view: View) -> bytes:
        mapped = self._mapped
        if mapped is None or mapped[0] is not view.runs:
            self._mapped = mapped = (view.runs, _for_screen(view))
        return mapped[1]

    def _session_changed(self, change: Change) -> None:
        self.requests.follow()
        with self._newest_lock:
            others = tuple(sorted(change.others)) if change.changed else self._newest.others
            self._newest = _Newest(self._newest.version + 1, self.session.view, others)
        if change.error is not None:
            self._failed(change.error)
        self.answering.wake(again=change.cause == "act")


class OneOnScreen:
    """The only image on screen; the counterpart of `CollectionOnScreen`.

    Attributes:
        collection: there is none.
        place: always 0.
        ready: the only image is always there.
    """

    collection = None
    place = 0
    ready = True

    def __init__(self, shown: SessionOnScreen) -> None:
        self._shown = shown
        self._keeping: Future[object] = Future()

    @property
    def session(self) -> Session:
        """What is labelled."""
        return self._shown.session

    def current(self) -> SessionOnScreen:
        """Return what screens show."""
        return self._shown

    @contextmanager
    def holding(self, place: int) -> Iterator[SessionOnScreen]:
        """Give what screens show, for acts on it."""
        if place:
            raise ValueError(f"there is no image at place {place}: there is only one")
        yield self._shown

    def carry_out(self, request: CollectionRequest, place: int) -> None:
        """Refuse what is about a list of images."""
        raise ValueError("there is only one image here; SegmentationWidget(images=[...]) has many")

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the screen showed things when the session was seen last."""
        return self.session.screen

    def keep(self, settings: Mapping[str, Any]) -> None:
        """Keep settings with the session; while a slider moves, its last place alone matters."""
        self._keeping.cancel()
        self._keeping = self._shown.answering.do(lambda: setattr(self.session, "screen", settings))

    def info(self, shown: object, held_in: str, held: bytes) -> dict[str, Any]:
        """Return what screens are told about a list of images: nothing."""
        return {}

    def follow(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Nothing ever changes; return what stops following."""
        return lambda: None

    def release(self) -> None:
        """Give back memory while nobody looks; what is needed is computed anew."""
        self.session.close()
        self._shown.forget_preview()

    def close(self) -> None:
        """Follow the session no longer and give its memory back."""
        self._shown.stop()
        self.release()


class _Newest(NamedTuple):
    """What a session said last: these three belong together."""

    version: int
    view: View
    others: tuple[int, ...]


def _for_screen(view: View) -> bytes:
    """The label map as run-lengths, with no more pixels than the preview has."""
    step = -(-max(view.label_map.shape) // SCREEN_SIDE)
    return (view.runs if step == 1 else Runs.of(view.label_map[::step, ::step])).pack()
