"""Fields of messages: what each may hold, wherever it stands; a name means the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from dynamite_widget.image_list import STATUSES
from dynamite_widget.objects import MAX_OBJECT_ID

MAX_POINTS = 20_000
"""Points of one stroke or polygon."""
MAX_TEXT = 1_000
"""Characters of one text."""
MAX_WHOLE = 2**53
"""JavaScript's largest whole number."""

MAX_DETAIL = 4096
"""Long side of a part of the photograph that a view may ask for."""

Size = tuple[int, int]
"""(H, W) of the image."""


class FieldError(ValueError):
    """Says what a field must be, and what came."""


def _refused(allowed: str, value: object) -> FieldError:
    return FieldError(f"{allowed}, not {value!r:.80}")


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise _refused("a whole number", value)
    if not low <= value <= high:
        raise _refused(f"from {low} to {high}", value)
    return int(value)


def _number(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _refused("a finite number", value)
    if not low <= value <= high:
        raise _refused(f"from {low} to {high}", value)
    return float(value)


def _coordinate(value: object, length: int) -> float:
    number = _number(value, 0, length)
    if number == length:
        raise _refused(f"inside the image, from 0 to below {length}", value)
    return number


def _numbers(value: object, count: int) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != count:
        raise _refused(f"{count} numbers", value)
    return list(value)


def _point(value: object, size: Size) -> tuple[float, float]:
    x, y = _numbers(value, 2)
    return _coordinate(x, size[1]), _coordinate(y, size[0])


def _points(value: object, size: Size) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_POINTS:
        count = len(value) if isinstance(value, list | tuple) else value
        raise _refused(f"1 to {MAX_POINTS} points", count)
    # A hand may leave the image and come back, but not farther than the widest brush reaches.
    height, width = size
    far = max(size)
    pairs = (_numbers(point, 2) for point in value)
    return tuple((_number(x, -far, width + far), _number(y, -far, height + far)) for x, y in pairs)


def _box(value: object, size: Size) -> tuple[float, ...]:
    x, y, width, height = _numbers(value, 4)
    return (
        _coordinate(x, size[1]),
        _coordinate(y, size[0]),
        _number(width, 1, size[1]),
        _number(height, 1, size[0]),
    )


def _text(value: object, size: Size) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _refused(f"text of at most {MAX_TEXT} characters", value)
    return value


def _truth(value: object, size: Size) -> bool:
    if not isinstance(value, bool):
        raise _refused("true or false", value)
    return value


def _color(value: object, size: Size) -> str:
    if not isinstance(value, str) or not re.fullmatch("#[0-9A-Fa-f]{6}", value):
        raise _refused('a colour as "#RRGGBB"', value)
    return value


def _value(value: object, size: Size) -> str | float | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _whole(value, -MAX_WHOLE, MAX_WHOLE)
    if isinstance(value, float):
        return _number(value, float("-inf"), float("inf"))
    return _text(value, size)


def _status(value: object, size: Size) -> str:
    if value not in STATUSES:
        raise _refused(f"one of {', '.join(STATUSES)}", value)
    return str(value)


CHECKS: Mapping[str, Callable[[object, Size], Any]] = {
    "id": lambda value, _: _whole(value, 0, MAX_WHOLE),
    "view": _text,
    "place": lambda value, _: _whole(value, 0, MAX_WHOLE),
    "to": lambda value, _: _whole(value, 0, MAX_WHOLE),
    "status": _status,
    "x": lambda value, size: _coordinate(value, size[1]),
    "y": lambda value, size: _coordinate(value, size[0]),
    "at": _point,
    "index": lambda value, _: _whole(value, 0, MAX_WHOLE),
    "object_id": lambda value, _: _whole(value, 0, MAX_OBJECT_ID),
    "path": _points,
    "points": _points,
    "radius": lambda value, size: _number(value, 0, max(size)),
    "box": _box,
    "bound": _box,
    "label": _text,
    "name": _text,
    "value": _value,
    "color": _color,
    "visible": _truth,
    "image": _truth,
    "pixels": lambda value, _: _whole(value, 1, MAX_DETAIL),
}
"""What a field's value becomes, or a FieldError; by the field's name."""
