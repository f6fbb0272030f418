"""`SegmentationWidget`: a session on screen, in a notebook cell."""

from __future__ import annotations

import difflib
import itertools
import os
import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import Future
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import anywidget
import traitlets

from dynamite_widget import images, protocol, run_lengths
from dynamite_widget.answering_thread import AnsweringThread
from dynamite_widget.cells import MadeInCells, current_run
from dynamite_widget.screen_requests import ScreenRequests
from dynamite_widget.screen_settings import SETTINGS, ScreenSettings, kept_settings
from dynamite_widget.session import Change, Session

if TYPE_CHECKING:
    from dynamite_widget.segmenting import SupportsSegmentation
    from dynamite_widget.view import View

_STATIC = Path(__file__).parent / "static"
SCREEN_SIDE = 2048
"""Long side of preview and label map on the screen; larger images are shown smaller."""
CLICKS_BEFORE_A_PAGE = 64
"""So many clicks travel with every answer at most, however many there are."""
VIEWS_REMEMBERED = 16


_MADE: MadeInCells[SegmentationWidget] = MadeInCells()


class SegmentationWidget(ScreenSettings, anywidget.AnyWidget):
    """A photograph to click on, and the masks that follow.

    Shows itself in a notebook cell. Everything the mouse can do has a method of `session`, a
    `Session`, and every public name of a session can be used on the widget itself: `masks`,
    `label_map`, `objects`, `to_frame()`, `click(...)`, `undo()`, `save(...)` and so on. What reads
    masks waits for the answer to every click that has arrived. When its cell is run again, the
    widget that stood there closes; its session stays readable.

    Args:
        image: anything `dynamite_widget.images.to_rgb` takes, or a `Session` to go on with.
        labels: labels to choose from, with the keys 1 to 9; None if any text will do.
        segmenter: whatever has `encode` and `segment`; None for the embedded model.
        path: file that the session saves itself to after every act, and goes on from if it is
            there; conventionally named *.session.json.
        channel_order: order of the colours if the image is an array or tensor.
        **settings: see `ScreenSettings`, such as `opacity=0.3` or `height=700`. Those not given
            are as they were when the session was seen last.

    Raises:
        TypeError: if a keyword is unknown, or something is of the wrong kind.
        ValueError: if the image cannot be read or a setting is out of its bounds.
    """

    _esm = (_STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (_STATIC / "widget.css").read_text(encoding="utf-8")

    _image = traitlets.Bytes().tag(sync=True)
    _image_info = traitlets.Dict().tag(sync=True)
    _label_map = traitlets.Bytes().tag(sync=True)
    _scene = traitlets.Dict().tag(sync=True)
    _clicks = traitlets.Dict().tag(sync=True)
    _status = traitlets.Dict().tag(sync=True)
    _detail = traitlets.Bytes().tag(sync=True)
    _detail_labels = traitlets.Bytes().tag(sync=True)
    _detail_info = traitlets.Dict().tag(sync=True)
    _error = traitlets.Dict().tag(sync=True)

    session: Session

    def __init__(
        self,
        image: Any,  # noqa: ANN401 - see dynamite_widget.images.to_rgb
        labels: Sequence[str] | None = None,
        *,
        segmenter: SupportsSegmentation | None = None,
        path: str | os.PathLike[str] | None = None,
        channel_order: Literal["rgb", "bgr"] = "rgb",
        **settings: Any,  # noqa: ANN401 - checked by their traits
    ) -> None:
        _check_names(settings)
        if isinstance(image, Session):
            session = image
        else:
            session = Session(image, segmenter, labels, path, channel_order=channel_order)
        self.session = session
        self._requests = ScreenRequests(session)
        self._answering = AnsweringThread(session, publish=self._publish, failed=self._fail)
        self._wire = threading.RLock()  # one thread at a time changes what is synchronised
        self._newest_lock = threading.Lock()
        self._newest = _Newest(0, session.view, ())
        self._received: dict[str, int] = {}
        self._page = protocol.ClickPage(0, ())
        self._drawn: View | None = None
        self._failures = itertools.count(1)
        self._keeping: Future[None] = Future()
        height, width = session.size
        name = os.path.basename(image) if isinstance(image, str | os.PathLike) else ""
        super().__init__(
            _image=self._preview(),
            _image_info=protocol.ImageInfo(width, height, name).to_json(),
            **kept_settings(session.screen) | settings,
        )
        self._view_count = 0  # from now on screens keep it up to date
        self._replaced = self._seen_before = False
        self._publish()
        self.on_msg(self._on_message)
        self.observe(self._keep_settings, SETTINGS)
        self._stop_listening = session.listen(self._session_changed)
        self._answering.encode()
        for earlier in _MADE.add(self, current_run()):
            earlier._replaced = True
            earlier._unseen()

    def close(self) -> None:
        """Take the widget off every screen and give its memory back; the session stays readable."""
        stop_listening = self.__dict__.pop("_stop_listening", None)
        if stop_listening is not None:
            stop_listening()
            self._answering.finish()
            self.session.close()
        super().close()
        self._drop_pictures()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over settings that a screen changed; a bad one is shown there as an error."""
        with self._wire:
            try:
                super().set_state(sync_data)
            except (ValueError, traitlets.TraitError) as error:
                self._fail(error)

    def _keep_settings(self, _change: Any) -> None:  # noqa: ANN401
        """Keep them with the session; while a slider moves, its last place alone matters."""
        self._keeping.cancel()
        self._keeping = self._answering.do(
            lambda: setattr(
                self.session, "screen", {name: getattr(self, name) for name in SETTINGS}
            )
        )

    @traitlets.observe("_view_count")
    def _views_changed(self, change: dict[str, Any]) -> None:
        if change["old"] and not change["new"]:
            self._seen_before = True
            self._unseen()

    def _unseen(self) -> None:
        """Give memory back while no screen shows the widget; one that its cell replaced closes."""
        if self._view_count or not self._seen_before:
            return
        if self._replaced:
            self.close()
        else:
            self.session.close()
            self._drop_pictures()

    def _drop_pictures(self) -> None:
        self._image = self._detail = self._detail_labels = b""
        self._detail_info = {}

    def _preview(self) -> bytes:
        return images.preview(self.session.image, SCREEN_SIDE).data

    # From the session to screens -----------------------------------------------------------------

    def _session_changed(self, change: Change) -> None:
        self._requests.follow()
        with self._newest_lock:
            others = tuple(sorted(change.others)) if change.changed else self._newest.others
            self._newest = _Newest(self._newest.version + 1, self.session.view, others)
        if change.error is not None:
            self._fail(change.error)
        self._answering.wake()

    def _publish(self) -> None:
        """Bring the synchronised traits up to date; those that did not change are not sent."""
        with self._wire:
            (version, view, others), requests = self._newest, self._requests
            clicks = tuple(map(protocol.click_row, view.state.clicks))
            self._page, recent = self._page.followed_by(clicks, at_most=CLICKS_BEFORE_A_PAGE)
            self._clicks = self._page.to_json()
            self._scene = protocol.Scene(
                version=version,
                objects=tuple(map(protocol.object_row, view.objects)),
                active=requests.active,
                labels=self.session.labels,
                next_label=requests.next_label,
                can_undo=self.session.can_undo,
                can_redo=self.session.can_redo,
                recent_clicks=recent,
                clicks_page=self._page.page,
                others=others,
                received=dict(self._received),
            ).to_json()
            # Before the answer only a hand's strokes show: a map for a few dots would be waste.
            if self._drawn is None or view.answered or view.overlay is not self._drawn.overlay:
                if self._drawn is None or view.label_map is not self._drawn.label_map:
                    self._label_map = _for_screen(view)
                self._drawn = view
            answered = version if view.answered else self._status.get("answered", 0)
            self._status = self._answering.status(answered).to_json()

    def _fail(self, error: BaseException) -> None:
        with self._wire:
            details = "".join(traceback.format_exception(error))
            message = f"{type(error).__name__}: {error}" if not str(error) else str(error)
            self._error = protocol.Failure(next(self._failures), message, details).to_json()

    # From screens to the session -----------------------------------------------------------------

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:  # noqa: ANN401
        try:
            self._carry_out(protocol.read_message(content, self.session.size))
        except Exception as error:  # whatever it is, the person sees it, and the work goes on
            self._fail(error)
        sender = protocol.sender_of(content)
        if sender is not None:
            view, number = sender
            with self._newest_lock:
                others = [item for item in self._received.items() if item[0] != view]
                self._received = dict([*others[1 - VIEWS_REMEMBERED :], (view, number)])
        self._publish()

    def _carry_out(self, message: protocol.Message) -> None:
        match message.request:
            case protocol.SendImage():
                self._image = self._image or self._preview()
                self.send_state(["_image", "_label_map"])
            case protocol.DismissError():
                self._error = {}
            case protocol.SendDetail() as detail:
                self._send_detail(message, detail)
            case request:
                self._requests.carry_out(request)

    def _send_detail(self, message: protocol.Message, asked: protocol.SendDetail) -> None:
        rows, columns = self.session.size
        x, y = int(asked.box[0]), int(asked.box[1])
        width, height = min(int(asked.box[2]), columns - x), min(int(asked.box[3]), rows - y)
        step = -(-max(width, height) // asked.pixels)
        part = self.session.view.label_map[y : y + height : step, x : x + width : step]
        image = self.session.image
        with self._wire:
            if asked.image:
                picture = images.crop_preview(image, x, y, width, height, asked.pixels)
                self._detail = picture.data
            self._detail_labels = run_lengths.encode(part)
            box = (x, y, width, height)
            self._detail_info = protocol.DetailInfo(message.view, message.id, box).to_json()


class _Newest(NamedTuple):
    """What a session said last: these three belong together."""

    version: int
    view: View
    others: tuple[int, ...]


def _for_screen(view: View) -> bytes:
    """The label map as run-lengths, with no more pixels than the preview has."""
    step = -(-max(view.label_map.shape) // SCREEN_SIDE)
    return view.run_lengths if step == 1 else run_lengths.encode(view.label_map[::step, ::step])


def _check_names(settings: dict[str, Any]) -> None:
    allowed = [*SETTINGS, "layout", "tooltip", "tabbable"]
    for name in settings:
        if name not in allowed:
            near = difflib.get_close_matches(name, [*allowed, "labels", "segmenter", "path"], 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise TypeError(
                f"SegmentationWidget has no keyword {name!r}; {hint}"
                f"settings are {', '.join(SETTINGS)}"
            )


def _forward(name: str) -> Any:  # noqa: ANN401 - a property or a method, as the session has it
    """Make an attribute of the widget that is its session's."""
    member = getattr(Session, name)
    if not callable(member):
        return property(
            lambda widget: getattr(widget.session, name),
            member.fset and (lambda widget, value: setattr(widget.session, name, value)),
            doc=member.__doc__,
        )

    @wraps(member)
    def call(widget: SegmentationWidget, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return getattr(widget.session, name)(*args, **kwargs)

    return call


for _name in dir(Session):
    if not _name.startswith("_") and not hasattr(SegmentationWidget, _name):
        setattr(SegmentationWidget, _name, _forward(_name))
