"""The kernel's side of the contract: every message as a type, checked on arrival.

The contract is written in docs/contract.md and mirrored in js/src/protocol.ts and js/src/acts.ts;
the traits, in the other direction, are in `protocol_traits`.
A message is read into a frozen dataclass; what it asks for is checked against the session only
where it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from dynamite_widget.collection_requests import CollectionRequest
from dynamite_widget.message_fields import CHECKS, FieldError

PointRow = tuple[float, float]
"""x, y in pixels of the original image."""
BoxRow = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

# Browser to kernel: one message for each committed act -----------------------------------------


@dataclass(frozen=True, slots=True)
class AddClick:
    """A pixel belongs to an object; 0 is the background, None the active object or a new one."""

    x: float
    y: float
    object_id: int | None


@dataclass(frozen=True, slots=True)
class Aim:
    """The pointer rests at a pixel: a click may follow."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Press:
    """The button is down at a pixel: unless the pointer moves, an `AddClick` of these follows."""

    x: float
    y: float
    object_id: int | None


@dataclass(frozen=True, slots=True)
class MoveClick:
    """The click at a time step, which is at `at`, belongs to another pixel."""

    index: int
    at: PointRow
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DeleteClick:
    """The click at a time step, which is at `at`, is taken back."""

    index: int
    at: PointRow


@dataclass(frozen=True, slots=True)
class AddObject:
    """A new object is started and becomes the active one."""


@dataclass(frozen=True, slots=True)
class PromptBox:
    """An object lies in a box; None: the active object or a new one."""

    object_id: int | None
    box: BoxRow


@dataclass(frozen=True, slots=True)
class SetBound:
    """The model must not put an object outside a box; None lifts that."""

    object_id: int
    bound: BoxRow | None


@dataclass(frozen=True, slots=True)
class RemoveObject:
    """An object, or the active one, goes with its clicks and hand edits."""

    object_id: int | None


@dataclass(frozen=True, slots=True)
class Activate:
    """Clicks belong to this object from now on; None: the next click starts a new one."""

    object_id: int | None


@dataclass(frozen=True, slots=True)
class SetLabel:
    """An object, or the active one, is of a kind; objects to come will be, too."""

    object_id: int | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Rename:
    """An object, or the active one, has a name of its own."""

    object_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class SetColor:
    """An object is drawn in a colour."""

    object_id: int
    color: str


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """Something is noted about an object; None takes it away."""

    object_id: int
    name: str
    value: str | float | bool | None


@dataclass(frozen=True, slots=True)
class SetVisible:
    """An object, or the active one, is shown or hidden."""

    object_id: int | None
    visible: bool


@dataclass(frozen=True, slots=True)
class Lock:
    """The pixels of an object, or of the active one, no longer change."""

    object_id: int | None


@dataclass(frozen=True, slots=True)
class Unlock:
    """An object, or the active one, follows its clicks again."""

    object_id: int | None


@dataclass(frozen=True, slots=True)
class Brush:
    """Pixels along a path are an object's; None: the active object's or a new one's."""

    object_id: int | None
    path: tuple[PointRow, ...]
    radius: float


@dataclass(frozen=True, slots=True)
class Erase:
    """Pixels along a path are no longer an object's, or nobody's with 0; None: the active one's."""

    object_id: int | None
    path: tuple[PointRow, ...]
    radius: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """Pixels inside a closed line are an object's; None: the active object's or a new one's."""

    object_id: int | None
    points: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """The last act is taken back."""


@dataclass(frozen=True, slots=True)
class Redo:
    """The act undone last is done once more."""


@dataclass(frozen=True, slots=True)
class Reset:
    """All that is not locked goes."""


@dataclass(frozen=True, slots=True)
class SavePictures:
    """Overlay, masks, clicks and binary masks are wanted as files."""


@dataclass(frozen=True, slots=True)
class DismissError:
    """The error has been read."""


@dataclass(frozen=True, slots=True)
class SendImage:
    """A view found no image or no label map among the traits and asks for them."""


@dataclass(frozen=True, slots=True)
class SendClicks:
    """A view does not know the clicks before the last change and asks for all of them."""


@dataclass(frozen=True, slots=True)
class SendDetail:
    """A view has zoomed into a large photograph and asks for a part of it, so large at most."""

    box: BoxRow
    pixels: int
    image: bool


SessionRequest = (
    AddClick
    | MoveClick
    | DeleteClick
    | AddObject
    | PromptBox
    | SetBound
    | RemoveObject
    | Activate
    | SetLabel
    | Rename
    | SetColor
    | SetAttribute
    | SetVisible
    | Lock
    | Unlock
    | Brush
    | Erase
    | Polygon
    | Undo
    | Redo
    | Reset
    | Aim
    | Press
    | SavePictures
    | SendDetail
)
"""What a view can ask about the image it shows."""

ScreenRequest = DismissError | SendImage | SendClicks
"""What a view can ask about itself."""

Request = SessionRequest | CollectionRequest | ScreenRequest
"""Whatever a view can ask for."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came.

    Attributes:
        id: rises with every message of a view.
        view: which view sent it.
        place: of the image that the view showed, in the list; 0 for the only one.
        request: what it asks for.
    """

    id: int
    view: str
    place: int
    request: Request


def command_of(request: type) -> str:
    """Return the name a request has on the wire: AddClick is "add_click"."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in request.__name__).lstrip("_")


REQUESTS: Mapping[str, type[Any]] = {command_of(kind): kind for kind in get_args(Request)}
"""Every request by its name on the wire."""


def sender_of(content: object) -> tuple[str, int] | None:
    """Return view and id of a message, however bad the rest is; None if they are not there."""
    if not isinstance(content, dict):
        return None
    try:
        return CHECKS["view"](content.get("view"), (0, 0)), CHECKS["id"](content.get("id"), (0, 0))
    except FieldError:
        return None


def request_of(content: object) -> type[Any] | None:
    """Return the kind of request that a message names, however bad the rest is; None for none."""
    command = content.get("command") if isinstance(content, dict) else None
    return REQUESTS.get(command) if isinstance(command, str) else None


def image_asked_about(content: object) -> int | None:
    """Return the place of the image whose session a message is for; None if it is for none.

    Raises:
        ProtocolError: if the message does not say which image its view showed.
    """
    if not isinstance(content, dict) or request_of(content) not in get_args(SessionRequest):
        return None
    return int(_checked("place", content, (0, 0)))


class ProtocolError(ValueError):
    """A message breaks the contract; nothing of it is done."""


def read_message(content: object, size: tuple[int, int]) -> Message:
    """Check a message from the browser.

    Args:
        content: as it came, any JSON.
        size: (H, W) of the image it is about; any for one that `image_asked_about` nothing.

    Raises:
        ProtocolError: if the command is unknown, a field is missing, too much, of the wrong kind or
            too large, or a coordinate is not finite or outside the image.
    """
    if not isinstance(content, dict):
        raise ProtocolError(f"a message is an object, not {type(content).__name__}")
    command, kind = content.get("command"), request_of(content)
    if kind is None:
        raise ProtocolError(f"unknown command {command!r:.80}; known: {', '.join(REQUESTS)}")
    expected = {field.name for field in fields(kind)}
    given = set(content) - {"id", "view", "place", "command"}
    if expected != given:
        raise ProtocolError(
            f"{command} has the fields {sorted(expected)}, not {sorted(map(str, given))}"
        )
    optional = {field.name for field in fields(kind) if "None" in str(field.type)}
    values = {
        name: None if content[name] is None and name in optional else _checked(name, content, size)
        for name in expected
    }
    sender = {name: _checked(name, content, size) for name in ("id", "view", "place")}
    return Message(**sender, request=kind(**values))


def _checked(name: str, content: dict[str, Any], size: tuple[int, int]) -> Any:  # noqa: ANN401
    try:
        return CHECKS[name](content.get(name), size)
    except FieldError as error:
        raise ProtocolError(f"{content['command']}: {name} must be {error}") from None
