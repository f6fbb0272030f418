"""`SegmentationWidget`: a session on screen, in a notebook cell."""

from __future__ import annotations

import difflib
import itertools
import os
import threading
import traceback
from collections.abc import Iterable, Mapping
from functools import wraps
from inspect import getattr_static
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import anywidget
import traitlets

from dynamite_widget import images, protocol, protocol_traits
from dynamite_widget.background_jobs import BackgroundJobs
from dynamite_widget.cells import MadeInCells, current_run
from dynamite_widget.click_log import ClickLog
from dynamite_widget.collection import Collection
from dynamite_widget.collection_on_screen import BrokenImage, CollectionOnScreen
from dynamite_widget.collection_requests import CollectionRequest
from dynamite_widget.commands.checking import ObjectIsLockedError
from dynamite_widget.formats.folders import distinct_names
from dynamite_widget.latency import Latency
from dynamite_widget.many_images import ManyImages
from dynamite_widget.photographs import Photographs
from dynamite_widget.run_lengths import Runs
from dynamite_widget.screen_settings import SETTINGS, ScreenSettings, kept_settings
from dynamite_widget.session import Session
from dynamite_widget.session_on_screen import OneOnScreen, SessionOnScreen

if TYPE_CHECKING:
    from dynamite_widget.segmenting import SupportsSegmentation

_STATIC = Path(__file__).parent / "static"
VIEWS_REMEMBERED = 16

_SETTINGS = (*SETTINGS, "layout", "tooltip", "tabbable")
"""Keywords that are about the screen."""


_MADE: MadeInCells[SegmentationWidget] = MadeInCells()


class SegmentationWidget(ManyImages, Photographs, ScreenSettings, anywidget.AnyWidget):
    """A photograph to click on, and the masks that follow.

    Shows itself in a notebook cell. Everything the mouse can do has a method of `session`, a
    `Session`, and every public name of a session can be used on the widget itself: `masks`,
    `label_map`, `objects`, `to_frame()`, `click(...)`, `undo()`, `save(...)` and so on; only
    `close()` is the widget's own, which takes it off the screen as well. What reads masks waits for
    the answer to every click that has arrived. What makes a session, such as
    `SegmentationWidget.load(path, height=700)`, makes a widget that shows it. When its cell is run
    again, the widget that stood there closes; its session stays readable.

    With `images` it shows one of many at a time, with ways to the others: `session` is that of the
    image shown, `collection` the `Collection` of all, and `to_frame`, `to_coco` and `export` are
    about all.

    Args:
        image: anything `dynamite_widget.images.to_rgb` takes, or a `Session` to go on with, which
            has labels, segmenter and path of its own.
        labels: labels to choose from, with the keys 1 to 9; None if any text will do.
        images: instead of `image`, many: paths, a mapping from names to images, or a `Collection`
            to go on with, which has the same of its own. Those that nobody looks at are not read.
        segmenter: whatever has `encode` and `segment`; None for the embedded model.
        path: file that the session saves itself to after every act, and goes on from if it is
            there; conventionally named *.session.json. With `images`, a folder for such files.
        channel_order: order of the colours if the image is an array or tensor.
        **settings: see `ScreenSettings`, such as `opacity=0.3` or `height=700`. Those not given
            are as they were when the session was seen last.

    Raises:
        TypeError: if a keyword is unknown, something is of the wrong kind, or labels, segmenter,
            path or channel_order come with a `Session` or `Collection`.
        ValueError: if the image cannot be read or a setting is out of its bounds.
    """

    _esm = (_STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (_STATIC / "widget.css").read_text(encoding="utf-8")

    _label_map = traitlets.Bytes().tag(sync=True)
    _scene = traitlets.Dict().tag(sync=True)
    _clicks = traitlets.Dict().tag(sync=True)
    _objects = traitlets.Dict().tag(sync=True)
    _status = traitlets.Dict().tag(sync=True)
    _detail_labels = traitlets.Bytes().tag(sync=True)
    _detail_info = traitlets.Dict().tag(sync=True)
    _collection = traitlets.Dict().tag(sync=True)
    _error = traitlets.Dict().tag(sync=True)
    _saved = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        image: Any = None,  # noqa: ANN401 - see dynamite_widget.images.to_rgb
        labels: Iterable[str] | None = None,
        *,
        images: Iterable[str | os.PathLike[str]] | Mapping[str, Any] | Collection | None = None,
        segmenter: SupportsSegmentation | None = None,
        path: str | os.PathLike[str] | None = None,
        channel_order: Literal["rgb", "bgr"] = "rgb",
        **settings: Any,  # noqa: ANN401 - checked by their traits
    ) -> None:
        _check_names(settings)
        if (image is None) == (images is None):
            raise TypeError(
                "SegmentationWidget shows one image, its first argument, or several: images=[...]; "
                f"{'none' if image is None else 'both'} of them came"
            )
        if isinstance(image, list | tuple | set | Mapping | Collection):
            raise TypeError(
                "SegmentationWidget shows one image, its first argument; several are "
                f"SegmentationWidget(images=...), which takes this {type(image).__name__}"
            )
        given: dict[str, object] = {"labels": labels, "segmenter": segmenter, "path": path}
        given["channel_order"] = None if channel_order == "rgb" else channel_order
        _check_nothing_ignored(
            image if images is None else images, [name for name in given if given[name] is not None]
        )
        self._wire = threading.RLock()  # one thread at a time changes what is synchronised
        self._received_lock = threading.Lock()
        self._received: dict[str, int] = {}
        self._failures = itertools.count(1)
        self._click_log = ClickLog()
        self._latency = Latency()
        self._opening: BackgroundJobs[None] = BackgroundJobs()
        self._closed = False
        self._shown: SessionOnScreen | BrokenImage
        self._images: OneOnScreen | CollectionOnScreen
        if images is not None:
            if not isinstance(images, Collection):
                images = Collection(images, segmenter, labels, path, channel_order=channel_order)
            self._images = CollectionOnScreen(images, self._on_screen, self._ahead, self._fail)
        else:
            name = os.path.basename(image) if isinstance(image, str | os.PathLike) else ""
            if not isinstance(image, Session):
                image = Session(image, segmenter, labels, path, channel_order=channel_order)
            self._images = OneOnScreen(self._on_screen(image, name, 0))
        self._shown = self._images.current()
        super().__init__(
            _image=self._shown.preview,
            _image_info=self._shown.image_info,
            **kept_settings(self._images.settings) | settings,
        )
        self._view_count = 0  # from now on screens keep it up to date
        self._replaced = self._seen_before = False
        self._show()
        self.on_msg(self._on_message)
        self.observe(self._keep_settings, SETTINGS)
        self._stop_following = self._images.follow(self._collection_changed)
        for earlier in _MADE.add(self, current_run()):
            earlier._replaced = True
            earlier._unseen()

    def close(self) -> None:
        """Take the widget off every screen and give its memory back; sessions stay readable."""
        stop_following = self.__dict__.pop("_stop_following", None)
        if stop_following is not None:
            stop_following()
            with self._wire:
                self._closed = True
            self._images.close()
        super().close()
        self._drop_photographs()
        self._drop_detail()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over settings that a screen changed; a bad one is shown there as an error."""
        views = self._view_count
        with self._wire:
            try:
                super().set_state(sync_data)
            except (ValueError, traitlets.TraitError) as error:
                self._fail(error)
        # Without the wire: closing waits for threads that may wait for it.
        if views and not self._view_count:
            self._seen_before = True
            self._unseen()

    def get_state(
        self, key: str | Iterable[str] | None = None, drop_defaults: bool = False
    ) -> dict[str, Any]:
        """The state of the traits that `key` names, or of all of them but for the pictures.

        The list of all clicks is in it, as it belongs to the scene. It is sent in no other way: for
        a click the scene carries what changed.
        """
        with self._wire:
            state: dict[str, Any] = super().get_state(key, drop_defaults)
            if key is None or "_clicks" in state:
                state["_clicks"] = self._click_log.list.to_json()
        return state

    def _keep_settings(self, _change: Any) -> None:  # noqa: ANN401
        self._images.keep({name: getattr(self, name) for name in SETTINGS})

    def _unseen(self) -> None:
        """Give memory back while no screen shows the widget; one that its cell replaced closes."""
        if self._view_count or not self._seen_before:
            return
        if self._replaced:
            self.close()
        else:
            self._images.release()
            self._drop_photographs()
            self._drop_detail()

    def _drop_detail(self) -> None:
        self._detail = self._detail_labels = b""
        self._detail_info = {}

    # From sessions to screens --------------------------------------------------------------------

    def _on_screen(self, session: Session, name: str, place: int) -> SessionOnScreen:
        return SessionOnScreen(
            session,
            name,
            place,
            latency=self._latency,
            publish=self._publish,
            failed=self._fail,
        )

    def _collection_changed(self) -> None:
        if self._shown.place == self._images.place and not isinstance(self._shown, BrokenImage):
            self._publish()
        elif self._images.ready:
            self._show()
        else:
            self._publish()  # screens see that it is under way
            self._opening.submit(self._open)

    def _open(self) -> None:
        try:
            self._show()
        except Exception as error:  # whatever it is, the person sees it
            self._fail(error)

    def _ahead(self, ready: SessionOnScreen) -> None:
        with self._wire:
            if not self._closed and ready is not self._shown:
                with self.hold_sync():
                    self._send_ahead(ready.preview)
                    self._publish()

    def _show(self) -> None:
        """Bring the current image to screens, with all that belongs to it in one message."""
        while True:
            shown = self._images.current()
            picture = shown.preview
            with self._wire:
                if self._closed:
                    return
                if shown.place != self._images.place:
                    continue  # somebody has moved on
                with self.hold_sync():
                    if shown.place != self._shown.place:
                        self._error = {}  # it was about the other image
                    self._shown = shown
                    self._drop_detail()
                    self._show_photograph(picture, shown.image_info)
                    self._publish()
                shown.encode()
                return

    def _publish(self) -> None:
        """Bring the synchronised traits up to date, in one message; only what changed is sent."""
        with self._wire, self.hold_sync():
            traits = self._shown.traits(self._click_log, self._received)
            if self._shown.place != self._images.place:  # that one is being opened
                traits["_status"] |= {"activity": "encoding"}
            for name, value in traits.items():
                setattr(self, name, value)
            self._collection = self._images.info(self._shown, *self._held_beside)

    def _fail(self, error: BaseException) -> None:
        with self._wire:
            refused = isinstance(error, ObjectIsLockedError)  # which is no fault to be traced
            details = "" if refused else "".join(traceback.format_exception(error))
            message = f"{type(error).__name__}: {error}" if not str(error) else str(error)
            self._error = protocol_traits.Failure(next(self._failures), message, details).to_json()

    # From screens to sessions --------------------------------------------------------------------

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:  # noqa: ANN401
        try:
            if protocol.request_of(content) in (protocol.Aim, protocol.Press):
                self._make_ready(content)
                return  # nothing is new
            place = protocol.image_asked_about(content)
            if place is None:
                self._carry_out(protocol.read_message(content, (0, 0)))
            else:
                with self._images.holding(place) as shown:
                    self._take_over(shown)
                    message = protocol.read_message(content, shown.session.size)
                    if not isinstance(message.request, protocol.SendDetail | protocol.SavePictures):
                        shown.requests.carry_out(message.request)
                self._carry_out_beside(shown, message)
        except Exception as error:  # whatever it is, the person sees it, and the work goes on
            self._fail(error)
        sender = protocol.sender_of(content)
        if sender is not None:
            view, number = sender
            with self._received_lock:
                others = [item for item in self._received.items() if item[0] != view]
                self._received = dict([*others[1 - VIEWS_REMEMBERED :], (view, number)])
        self._publish()

    def _take_over(self, shown: SessionOnScreen) -> None:
        """Go on with an image that was let go and opened again while screens showed it."""
        with self._wire:
            if shown.place == self._shown.place:
                self._shown = shown

    def _make_ready(self, content: object) -> None:
        """Make ready for a click on the image shown; no other is opened for that."""
        shown = self._shown
        if isinstance(shown, SessionOnScreen):
            message = protocol.read_message(content, shown.session.size)
            match message.request:
                case _ if message.place != shown.place:
                    pass
                case protocol.Aim(x, y):
                    shown.look_ahead(x, y)
                case protocol.Press() as press:
                    shown.answer_ahead(press)

    def _carry_out(self, message: protocol.Message) -> None:
        match message.request:
            case protocol.SendImage():
                shown = self._hold_again(self._shown.preview)
                self.send_state([shown, self._held_beside[0], "_label_map"])
            case protocol.SendClicks():
                with self._wire:  # no scene comes in between
                    self.send_state("_clicks")
            case protocol.DismissError():
                self._error = {}
            case request if isinstance(request, CollectionRequest):
                self._images.carry_out(request, message.place)

    def _carry_out_beside(self, shown: SessionOnScreen, message: protocol.Message) -> None:
        """Do what changes nothing in the session."""
        match message.request:
            case protocol.SendDetail() as detail if shown is self._shown:
                self._send_detail(shown.session, message, detail)
            case protocol.SavePictures():
                shown.answering.do(lambda: self._save_pictures(shown))

    def _save_pictures(self, shown: SessionOnScreen) -> None:
        many = self.collection
        names = [shown.image_info["name"]] if many is None else many.names
        folder = Path(f"{distinct_names(names)[shown.place]}_pictures")
        try:
            paths = shown.session.save_pictures(folder)
        except Exception as error:  # a full disk, a folder that may not be written
            self._fail(error)
            return
        with self._wire:
            number = self._saved.get("number", 0) + 1
            self._saved = protocol_traits.Saved(number, str(folder), len(paths)).to_json()

    def _send_detail(
        self, session: Session, message: protocol.Message, asked: protocol.SendDetail
    ) -> None:
        rows, columns = session.size
        x, y = int(asked.box[0]), int(asked.box[1])
        width, height = min(int(asked.box[2]), columns - x), min(int(asked.box[3]), rows - y)
        step = -(-max(width, height) // asked.pixels)
        part = session.view.label_map[y : y + height : step, x : x + width : step]
        box = (x, y, width, height)
        detail = {"_detail_labels": Runs.of(part).pack()}
        if asked.image:
            detail["_detail"] = images.crop_preview(session.image, *box, asked.pixels).data
        info = protocol_traits.DetailInfo(message.view, message.id, box).to_json()
        with self._wire:
            # Who asks may be a new page, which does not have what is the same as before.
            self.send_state([name for name, data in detail.items() if getattr(self, name) == data])
            with self.hold_sync():
                for name, data in detail.items():
                    setattr(self, name, data)
                self._detail_info = info


def _check_names(settings: dict[str, Any]) -> None:
    for name in settings:
        if name not in _SETTINGS:
            near = difflib.get_close_matches(
                name, [*_SETTINGS, "images", "labels", "segmenter", "path"], 1
            )
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise TypeError(
                f"SegmentationWidget has no keyword {name!r}; {hint}"
                f"settings are {', '.join(SETTINGS)}"
            )


def _check_nothing_ignored(shown: object, given: list[str]) -> None:
    """Check that who goes on with a session or collection gives nothing that it has already."""
    if given and isinstance(shown, Session | Collection):
        kind = type(shown).__name__
        raise TypeError(
            f"a {kind} brings its own labels, segmenter, path and channel_order; give "
            f"{', '.join(given)} to {kind}(...), not to the widget"
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


class _MakesWidget(classmethod):
    """What makes a session makes a widget around it; an existing widget stays what it is."""

    def __init__(self, name: str) -> None:
        member = getattr(Session, name)

        @wraps(member.__func__)
        def make(cls: type[SegmentationWidget], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            settings = {each: kwargs.pop(each) for each in _SETTINGS if each in kwargs}
            made = member(*args, **kwargs)
            if isinstance(made, Session):
                return cls(made, **settings)
            session, *more = made
            return (cls(session, **settings), *more)

        super().__init__(make)

    def __get__(self, widget: object, owner: type | None = None) -> Any:  # noqa: ANN401
        made = super().__get__(None, type(widget) if owner is None else owner)
        if widget is None:
            return made

        @wraps(made)
        def refuse(*_: object, **__: object) -> NoReturn:
            raise TypeError(
                f"{made.__name__} makes a new widget: SegmentationWidget.{made.__name__}(...); "
                "this one goes on with its image"
            )

        return refuse


for _name in dir(Session):
    if not _name.startswith("_") and not hasattr(SegmentationWidget, _name):
        _makes = isinstance(getattr_static(Session, _name), classmethod)
        setattr(SegmentationWidget, _name, (_MakesWidget if _makes else _forward)(_name))
