"""`CollectionOnScreen`: many images on one screen, one at a time, and what people do with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

from dynamite_widget import collection_requests, protocol_traits
from dynamite_widget.answering_thread import FINISH_SECONDS
from dynamite_widget.background_jobs import BackgroundJobs
from dynamite_widget.click_log import ClickLog
from dynamite_widget.collection import Collection
from dynamite_widget.session import Session
from dynamite_widget.session_on_screen import SessionOnScreen

Show = Callable[[Session, str, int], SessionOnScreen]


PAUSE_SECONDS = 0.2
"""So long after a move nothing is made ready: the processor is for painting what was moved to."""


class BrokenImage:
    """Stands on screens where an image or its session cannot be read.

    Attributes:
        error: why.
        place: where the image stands in the list.
        preview: nothing.
        version: always 0, since nothing changes.
    """

    preview = b""
    version = 0

    def __init__(self, name: str, place: int, error: Exception) -> None:
        self.error = error
        self.place = place
        self.image_info = protocol_traits.ImageInfo(1, 1, name, place).to_json()

    def encode(self) -> None:
        """There is nothing to encode."""

    def traits(self, clicks: ClickLog, received: Mapping[str, int]) -> dict[str, Any]:
        """Return what screens are told: there is nothing to see."""
        return {
            "_objects": protocol_traits.ObjectPage(0, ()).to_json(),
            "_scene": protocol_traits.empty_scene(clicks.follow(()), received).to_json(),
            "_label_map": b"",
            "_status": protocol_traits.Status("idle", 0, None, None, None).to_json(),
        }


class CollectionOnScreen:
    """Which session of a collection screens show, and those that are ready to be shown.

    Args:
        collection: what is labelled.
        show: makes what screens are told of a session, its image's name and place.
        ahead: gets what screens may show next, made ready in the background.
        failed: shows an error on screens.
    """

    def __init__(
        self,
        collection: Collection,
        show: Show,
        ahead: Callable[[SessionOnScreen], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.collection = collection
        self._show = show
        self._ahead = ahead
        self._failed = failed
        self._keeping_jobs: BackgroundJobs[None] = BackgroundJobs()
        self._keeping: Future[None] = Future()
        self._lock = threading.Lock()
        self._ready: dict[int, SessionOnScreen] = {}
        collection.watch(opened=self._prepare, let_go=self._let_go, pause=PAUSE_SECONDS)

    @property
    def place(self) -> int:
        """Of the current image, in the list."""
        return self.collection.place

    @property
    def session(self) -> Session:
        """Of the current image.

        Raises:
            ValueError, TypeError, OSError: if the image or its session's file cannot be read.
        """
        return self.collection.session

    @property
    def ready(self) -> bool:
        """Whether the current image can be shown at once."""
        with self._lock:
            made = self._ready.get(self.place)
        return made is not None and made.ready

    def current(self) -> SessionOnScreen | BrokenImage:
        """Return what screens show of the current image, opened if it is not."""
        place = self.collection.place
        try:
            with self.collection.holding(place) as session:
                return self._of(place, session)
        except (ValueError, TypeError, OSError) as error:
            return BrokenImage(self.collection.names[place], place, error)

    @contextmanager
    def holding(self, place: int) -> Iterator[SessionOnScreen]:
        """Give what screens show of an image, for acts on it; nobody may wait inside the block."""
        if place >= len(self.collection):
            raise ValueError(f"there is no image at place {place}")
        with self.collection.holding(place) as session:
            yield self._of(place, session)

    def carry_out(self, request: collection_requests.CollectionRequest, place: int) -> None:
        """Do what a screen asks for; marks are for the image at the place that it showed."""
        match request:
            case collection_requests.NextImage():
                self.collection.next()
            case collection_requests.PreviousImage():
                self.collection.previous()
            case collection_requests.GoToImage(to):
                self.collection.go_to(to)
            case collection_requests.MarkImage(status):
                self.collection.mark(status, place)
            case collection_requests.ShowImages(status):
                self.collection.show_only(status)

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the screen showed things when the collection was seen last."""
        return self.collection.screen

    def keep(self, settings: Mapping[str, Any]) -> None:
        """Keep settings with the collection; while a slider moves, only its last place matters."""
        self._keeping.cancel()
        self._keeping = self._keeping_jobs.submit(lambda: self._keep(settings))

    def info(
        self, shown: SessionOnScreen | BrokenImage, held_in: str, held: bytes
    ) -> dict[str, Any]:
        """Return what screens are told about the collection.

        Args:
            shown: the image that they show.
            held_in: the trait with the photograph that they hold besides its.
            held: that photograph.
        """
        collection = self.collection
        return protocol_traits.CollectionInfo(
            count=len(collection),
            status=collection.status_at(shown.place),
            shown=collection.shown,
            counts=collection.counts,
            has_next=collection.has_next,
            has_previous=collection.has_previous,
            at_hand=self._at_hand(held_in, held) if shown.place == collection.place else None,
            problem=str(shown.error) if isinstance(shown, BrokenImage) else None,
        ).to_json()

    def _at_hand(self, held_in: str, held: bytes) -> dict[str, Any] | None:
        """Return what is known of the neighbour whose photograph it is, None if it is another's."""
        for place in self.collection.neighbours:
            with self._lock:
                made = self._ready.get(place)
            if made is not None and made.ready and made.preview == held:
                return made.image_info | {"held_in": held_in}
        return None

    def follow(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Begin to look ahead; call a function after every move and mark; return what stops it."""
        self.collection.begin()
        return self.collection.listen(changed)

    def release(self) -> None:
        """Give back memory while nobody looks; what is needed is computed anew."""
        self.collection.close()
        for ready in dict(self._ready).values():
            ready.forget_preview()

    def close(self) -> None:
        """Follow no session any more, keep the last settings, and give memory back."""
        wait([self._keeping_jobs.submit(lambda: None)], FINISH_SECONDS)
        for ready in dict(self._ready).values():
            ready.stop()
        self.release()

    def _of(self, place: int, session: Session) -> SessionOnScreen:
        with self._lock:
            ready = self._ready.get(place)
            if ready is None or ready.session is not session:
                ready = self._show(session, self.collection.names[place], place)
                self._ready[place] = ready
            return ready

    def _keep(self, settings: Mapping[str, Any]) -> None:
        try:
            self.collection.screen = settings
        except (OSError, ValueError) as error:
            self._failed(error)

    def _prepare(self, place: int, session: Session) -> None:
        ready = self._of(place, session)
        ready.prepare()
        self._ahead(ready)

    def _let_go(self, place: int) -> None:
        with self._lock:
            ready = self._ready.pop(place, None)
        if ready is not None:
            ready.stop()
