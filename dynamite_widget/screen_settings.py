"""Screen settings: how a screen shows things, changed in Python and on the screen alike."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import traitlets


class Within(traitlets.Float[float, float]):
    """A number between two bounds; another one raises ValueError, which says what is allowed."""

    def validate(self, obj: Any, value: Any) -> float:  # noqa: ANN401 - anything may be assigned
        """Check a value."""
        try:
            return super().validate(obj, value)
        except traitlets.TraitError:
            raise ValueError(
                f"{self.name} is a number from {self.min} to {self.max}, not {value!r}"
            ) from None


class Switch(traitlets.Bool[bool, bool]):
    """True or False; anything else raises ValueError."""

    def validate(self, obj: Any, value: Any) -> bool:  # noqa: ANN401 - anything may be assigned
        """Check a value."""
        try:
            return super().validate(obj, value)
        except traitlets.TraitError:
            raise ValueError(f"{self.name} is True or False, not {value!r}") from None


class ScreenSettings(traitlets.HasTraits):
    """How a screen shows things.

    Attributes:
        opacity: of masks, from 0 (only the photograph) to 1.
        click_radius: of dots, in CSS pixels, from 0 to 10.
        masks_only: dots are not shown.
        outline: masks have a border.
        numbers: objects carry their number.
        brightness: of the photograph, 1 as it is, from 0 to 2.
        contrast: of the photograph, 1 as it is, from 0 to 2.
        height: of canvas and object list, in CSS pixels.
    """

    opacity = Within(0.5, min=0, max=1).tag(sync=True)
    click_radius = Within(4, min=0, max=10).tag(sync=True)
    masks_only = Switch(False).tag(sync=True)
    outline = Switch(True).tag(sync=True)
    numbers = Switch(False).tag(sync=True)
    brightness = Within(1, min=0, max=2).tag(sync=True)
    contrast = Within(1, min=0, max=2).tag(sync=True)
    height = Within(520, min=120, max=10_000).tag(sync=True)


SETTINGS: tuple[str, ...] = tuple(
    name for name in ScreenSettings.class_own_traits() if not name.startswith("_")
)
"""Names of the settings."""


def kept_settings(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Take over settings that were kept; what a screen no longer knows or allows is left out."""
    settings = {}
    for name in SETTINGS:
        if name in kept:
            with suppress(ValueError):
                ScreenSettings(**{name: kept[name]})
                settings[name] = kept[name]
    return settings
