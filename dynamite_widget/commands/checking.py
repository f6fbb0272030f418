"""Checks of what people hand in: each returns the value made plain, or says what is allowed."""

from __future__ import annotations

import re
import unicodedata
from math import isfinite
from typing import Any

import numpy as np

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.extents import Box
from dynamite_widget.objects import AttributeValue
from dynamite_widget.regions import Region
from dynamite_widget.state import State

RESERVED_ATTRIBUTES = frozenset(
    [
        "image",
        "object_id",
        "name",
        "label",
        "color",
        "area",
        "bbox",
        "n_clicks",
        "segmentation",
        "edited_pixels",
        "edited_segmentation",
        "locked",
        "visible",
    ]
)
"""Names that the tables of objects use themselves."""


class ObjectIsLockedError(ValueError):
    """An act would change a locked object: nothing is broken, and unlocking it helps."""


def checked_owner(state: State, object_id: int) -> int:
    """Return the id of an object that is there, or of the background, as a plain int.

    Raises:
        ValueError: if there is no such object.
    """
    return BACKGROUND if object_id == BACKGROUND else state.record(object_id).id


def check_unlocked(state: State, object_id: int) -> None:
    """Check that an object's pixels may change.

    Raises:
        ObjectIsLockedError: if it is locked; the background never is.
        ValueError: if it is not there.
    """
    if object_id != BACKGROUND and state.record(object_id).locked:
        raise ObjectIsLockedError(f"object {object_id} is locked; unlock it to change it")


def checked_label(label: str | None, labels: tuple[str, ...] | None) -> str | None:
    """Return a label if it may be used, as plain `str`.

    Raises:
        TypeError: if it is not text.
        ValueError: if it is empty or not one of the labels to choose from.
    """
    if label is None:
        return None
    if not isinstance(label, str):
        raise TypeError(f"a label is text or None, not {type(label).__name__}")
    if labels is not None and label not in labels:
        raise ValueError(f"{label!r} is not one of the labels here: {', '.join(labels)}")
    if not label:
        raise ValueError("a label is not empty; None stands for no label")
    return str.__str__(label)  # numpy's texts, which yaml cannot write, become plain


def checked_choice(label: str | None, labels: tuple[str, ...] | None) -> str | None:
    """Return a label that somebody gives to an object, as plain `str`.

    Labels to choose from were checked when they came, and files may hold any: those still open.

    Raises:
        TypeError: if it is not text.
        ValueError: if it is empty, one that no file could hold, or not one of those to choose from.
    """
    checked = checked_label(label, labels)
    if checked is not None and labels is None and not is_writable(checked):
        raise ValueError(
            "a label is more than white space and has no line breaks or other control characters, "
            f"unlike {checked!r}"
        )
    return checked


def is_writable(label: str) -> bool:
    """Tell whether a label can stand in a line of any file: not blank, no control characters."""
    kinds = {unicodedata.category(character) for character in label}
    return bool(label.strip()) and not kinds & {"Cc", "Zl", "Zp"}


def checked_name(name: str) -> str:
    """Return a name if it is text, as plain `str`.

    Raises:
        TypeError: if it is not.
    """
    if not isinstance(name, str):
        raise TypeError(f"a name is text, not {type(name).__name__}")
    return str.__str__(name)


def checked_truth(value: bool, what: str) -> bool:
    """Return a truth value, as plain `bool`.

    Args:
        value: True or False, numpy's too.
        what: it says.

    Raises:
        TypeError: if it is anything else.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{what} is True or False, not {value!r}")
    return bool(value)


def checked_color(color: str) -> str:
    """Return a colour in capitals.

    Raises:
        ValueError: if it is not "#RRGGBB".
    """
    if not (isinstance(color, str) and re.fullmatch("#[0-9A-Fa-f]{6}", color)):
        raise ValueError(f'a colour is "#RRGGBB", not {color!r}')
    return color.upper()


def checked_attributes(attributes: dict[str, Any]) -> dict[str, AttributeValue]:
    """Return attributes with numpy's numbers made plain.

    Raises:
        TypeError: if a value is not text, a number or a truth value.
        ValueError: if a name is empty or taken by the table of objects, or a number not finite.
    """
    checked: dict[str, AttributeValue] = {}
    for name, given in attributes.items():
        if not isinstance(name, str) or not name or name in RESERVED_ATTRIBUTES:
            taken = ", ".join(sorted(RESERVED_ATTRIBUTES))
            raise ValueError(f"an attribute cannot be named {name!r}; taken names: {taken}")
        value = given.item() if hasattr(given, "item") else given
        if not isinstance(value, str | int | float | bool):
            raise TypeError(
                f"attribute {name!r} is text, a number or a truth value, not {type(value).__name__}"
            )
        if isinstance(value, float) and not isfinite(value):
            raise ValueError(f"attribute {name!r} must be a finite number, not {value}")
        checked[name] = value
    return checked


def checked_box(box: Any, size: tuple[int, int]) -> Box:  # noqa: ANN401 - anything may be handed in
    """Return the whole pixels that a box (x, y, width, height) covers inside the image.

    Raises:
        ValueError: if it is not four finite numbers or covers no pixel of the image.
    """
    try:
        x, y, width, height = (float(number) for number in box)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a box is (x, y, width, height), not {box!r}") from error
    if not all(map(isfinite, (x, y, width, height))):
        raise ValueError(f"a box needs finite numbers, not {box!r}")
    covered = Region.box(x, y, width, height, size=size)
    if not covered.width:
        raise ValueError(
            f"the box {tuple(box)} covers no pixel of the image of {size[1]} x {size[0]}; "
            "width and height are positive"
        )
    return Box(covered.x, covered.y, covered.width, covered.height)
